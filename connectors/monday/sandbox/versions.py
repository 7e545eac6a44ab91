"""Versions: four a year, each current for a quarter."""

from connectors.monday.sandbox.errors import ApiError

CURRENT = "2026-10"
_KINDS = {
    "2025-07": "deprecated",
    "2025-10": "deprecated",
    "2026-01": "old__maintenance",
    "2026-04": "previous_maintenance",
    "2026-07": "maintenance",
    "2026-10": "current",
    "2027-01": "release_candidate",
    "dev": "dev",
}
VERSIONS = tuple(_KINDS)
OLDEST_RESOLVER_ERRORS = "2025-07"
"""The first version whose errors stand beside data; earlier ones give one error for the whole request."""
OLDEST_GRAPHQL_JS = "2025-07"
_FORM_CHARS = 7


def resolve(asked: str | None) -> str:
    """Say which version answers a header; ApiError for one that has not the form of a version."""
    if asked is None or asked in _KINDS:
        return asked or CURRENT
    year, dash, month = asked.partition("-")
    if len(asked) != _FORM_CHARS or not (dash and year.isdigit() and month in {"01", "04", "07", "10"}):
        raise ApiError("InvalidVersionException", f"Invalid version: {asked}", 400)
    # What is too old still speaks its old words; what does not exist yet is the current one.
    return asked if asked < min(_KINDS) else CURRENT


def shown(value: str) -> dict[str, str]:
    """Give a version as the schema has it."""
    kind = _KINDS.get(value, "deprecated")
    return {"value": value, "kind": kind, "display_name": kind.replace("_", " ").strip().capitalize()}
