"""Page: what is kept of an app, what a restore brings back, and what cannot be had, as its folder's README says it.

`python -m connectors.page` writes every app's from its spec, and a test compares them, so that no page says what the
code does not.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.base import AppSpec, AuthMethod, KindSpec
from connectors.registry import SPECS


def path_of(spec: AppSpec) -> Path:
    """Say where an app's page lies."""
    return Path(__file__).parent / spec.app / "README.md"


def page(spec: AppSpec) -> str:
    """Write an app's page."""
    kinds = list(spec.kinds.values())
    sections = [
        f"# {spec.title}",
        "Written by `make pages` from `kinds.py` and `spec.py`: change those.",
        "## Connect",
        *map(_method, spec.auth_methods),
        "## What is kept",
        "Every record is kept as the app gives it, every field, known to Holdfast or not, and every version of it.",
        _kinds(kinds),
    ]
    if volatile := list(_fields(kinds, "volatile")):
        sections += [
            "## What is left out",
            "Fields that change without the record changing. Kept, each would make a new version of what is the same.",
            *volatile,
        ]
    if lost := list(_fields(kinds, "lost_on_restore")):
        sections += [
            "## What a restore cannot bring back",
            "A restore plan says so beforehand, record by record, and its report says it again afterwards.",
            *lost,
        ]
    sections += ["## What cannot be had", "\n".join(f"- {sentence}" for sentence in spec.not_reachable)]
    return "\n\n".join(sections) + "\n"


def _method(method: AuthMethod) -> str:
    typed = ", ".join(field.title if field.required else f"{field.title} (if you like)" for field in method.fields)
    asked = f" Asked for: {typed}." if typed else ""
    return f"**{method.title}.** {method.help}{asked}"


def _kinds(kinds: list[KindSpec]) -> str:
    rows = [
        f"| {spec.title} | `{spec.kind}` | {_yes(spec.backed_up)} | {_yes(spec.restorable)} | {_about(spec)} |"
        for spec in kinds
    ]
    return "\n".join(["| record | kind | backed up | restored | |", "|---|---|---|---|---|", *rows])


def _yes(is_so: bool) -> str:  # noqa: FBT001 - the one thing it says
    return "yes" if is_so else "no"


def _about(spec: KindSpec) -> str:
    return spec.description if spec.why_not is None else f"{spec.description} {spec.why_not}"


def _fields(kinds: list[KindSpec], attribute: str) -> Iterator[str]:
    """For each kind, its fields by the reason that they have in common."""
    for spec in kinds:
        reasons: dict[str, list[str]] = {}
        fields: Mapping[str, str] = getattr(spec, attribute)
        for field, reason in fields.items():
            reasons.setdefault(reason, []).append(f"`{field}`")
        if reasons:
            lines = [f"- {', '.join(names)}: {reason}" for reason, names in reasons.items()]
            yield "\n".join([f"**{spec.title}**", "", *lines])


def main() -> None:
    """Write every app's page."""
    for spec in SPECS.values():
        path_of(spec).write_text(page(spec), encoding="utf-8")


if __name__ == "__main__":
    main()
