"""Bodies: what is sent to make or change a record, and what an answer is read back as."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import Refused
from connectors.redmine import split
from connectors.redmine.client import RedmineClient
from connectors.redmine.identity import number_in
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, JsonObject, Kind, Record, WorkspaceId


def project_body(content: Mapping[str, Any]) -> JsonObject:
    """Write a project."""
    return {
        "name": content.get("name"),
        "description": content.get("description"),
        "homepage": content.get("homepage"),
        "is_public": content.get("is_public"),
        "inherit_members": content.get("inherit_members"),
        "tracker_ids": ids_of(content.get("trackers")),
        "enabled_module_names": content.get("enabled_modules") or [],
        "issue_custom_field_ids": ids_of(content.get("issue_custom_fields")),
        "custom_fields": field_values(content),
    }


def version_body(content: Mapping[str, Any]) -> JsonObject:
    """Write a version, but for its status."""
    names = ("name", "description", "due_date", "sharing", "wiki_page_title")
    return {**{name: content.get(name) for name in names}, "custom_fields": field_values(content)}


def category_body(content: Mapping[str, Any]) -> JsonObject:
    """Write a category."""
    return {"name": content.get("name"), "assigned_to_id": id_of(content.get("assigned_to")) or ""}


def news_body(content: Mapping[str, Any]) -> JsonObject:
    """Write a piece of news."""
    return {name: content.get(name) for name in ("title", "summary", "description")}


def issue_body(content: Mapping[str, Any]) -> JsonObject:
    """Write every field, empty ones too: what is left out is filled in by the app."""
    plain = ("subject", "description", "start_date", "due_date", "done_ratio", "is_private", "estimated_hours")
    named = ("tracker", "status", "priority", "assigned_to", "category", "fixed_version")
    return {
        **{name: content.get(name) for name in plain},
        **{f"{name}_id": id_of(content.get(name)) or "" for name in named},
        "parent_issue_id": id_of(content.get("parent")) or "",
        "custom_fields": field_values(content),
    }


def time_body(content: Mapping[str, Any]) -> JsonObject:
    """Write a time entry."""
    return {
        **{name: content.get(name) for name in ("hours", "comments", "spent_on")},
        **{f"{name}_id": id_of(content.get(name)) for name in ("issue", "user", "activity")},
        "custom_fields": field_values(content),
    }


def page_parent(content: Mapping[str, Any]) -> JsonObject:
    """Write what a wiki page lies in; nothing where it lies at the top."""
    above = content.get("parent")
    return {"parent_title": above.get("title") if isinstance(above, dict) else ""}


def field_values(content: Mapping[str, Any]) -> list[JsonObject]:
    """Write custom field values; no value is written as an empty one, or a default would take its place."""
    found = content.get("custom_fields")
    values = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    return [
        {"id": part["id"], "value": part["value"] if part.get("value") is not None else ""}
        for part in values
        if part.get("id") is not None
    ]


def to_change(body: Mapping[str, Any], change: Change) -> JsonObject:
    """Keep of a body what is to be changed."""
    return {name: part for name, part in body.items() if field_of(name) in change.fields}


_FIELD_OF = {
    "tracker_ids": "trackers",
    "enabled_module_names": "enabled_modules",
    "issue_custom_field_ids": "issue_custom_fields",
    "parent_issue_id": "parent",
}


def field_of(name: str) -> str:
    """Name the field of a record that a parameter sets."""
    return _FIELD_OF.get(name, name.removesuffix("_id"))


def id_of(value: Any) -> int | None:
    """Return the number in a reference; None where it names nothing."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, int) else None


def ids_of(values: Any) -> list[int]:
    """Return the numbers in a list of references."""
    found = [id_of(value) for value in values] if isinstance(values, list) else []
    return [number for number in found if number is not None]


def role_ids(content: Mapping[str, Any]) -> list[int]:
    """Return the numbers of a membership's own roles."""
    return ids_of([role for role in content.get("roles") or () if isinstance(role, dict) and not role.get("inherited")])


def place_of(creation: Creation) -> tuple[WorkspaceId, int]:
    """Return where a record goes: the project, and its number. Raises Refused where that is not there."""
    if creation.workspace_id is None:
        raise Refused("the project that this goes in is not there")
    return creation.workspace_id, number_in(creation.workspace_id)


def issue_of(creation: Creation) -> int:
    """Return the number of the issue that a record hangs below. Raises Refused where that is not there."""
    if creation.parent is None:
        raise Refused("the issue that this belongs to is not there")
    return number_in(creation.parent.external_id)


_NESTED = frozenset({"journals", "watchers", "attachments", "relations"})


def bare_issue(value: Mapping[str, Any]) -> JsonObject:
    """Return an issue less what hangs below it."""
    return {name: part for name, part in value.items() if name not in _NESTED}


def record_of(workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId, value: Mapping[str, Any]) -> Record:
    """Make a record of an answer."""
    return split.record(workspace_id, kind, external_id, value, None)


def made_of(workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId, value: Mapping[str, Any]) -> Made:
    """Say what a write has made, by what the app answered."""
    content = split.without(kind, value)
    return Made(workspace_id=workspace_id, external_id=external_id, content=content)


async def again(client: RedmineClient, change: Change, path: str, name: str) -> Made:
    """Ask for what was changed."""
    value = await client.get(path, name)
    return made_of(change.workspace_id, change.kind, change.external_id, value)
