"""Views: monday.com's records as they are compared and written (`connectors.writing`). Pure.

Columns go by the ids of their records, `<board>/<column>`: an id that the app chose itself no client can choose again,
so a column may come back under another one.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from connectors.monday import kinds, values
from connectors.monday.split import instant
from store.record import JsonObject, Record

_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_COLUMN_IN_FORMULA = re.compile(r"\{([^{}]+)\}")
_LABEL_EXTRAS = ("description", "is_done")


def local_id(name: Any) -> str:
    """Return the app's own id of a column or group from that of its record."""
    return str(name).rpartition("/")[2]


def board_of(record: Record) -> str:
    """Name the board that an item or a column is on: of subitems often a hidden one beside the workspace's."""
    if record.kind in {kinds.COLUMN, kinds.SUBITEM_COLUMN, kinds.GROUP}:
        return record.external_id.partition("/")[0]
    board = record.content.get("board")
    found = board.get("id") if isinstance(board, dict) else None
    return str(found or record.workspace_id)


def workspace(record: Record) -> JsonObject:
    """View a workspace: people by ids."""
    view = dict(record.content)
    for name in ("owners_subscribers", "users_subscribers", "teams_subscribers", "team_owners_subscribers"):
        view[name] = [each.get("id") for each in _objects(record.content.get(name))]
    return view


def folder(record: Record) -> JsonObject:
    """View a folder: where it is, by ids."""
    view = _without(record, "parent", "workspace")
    return {**view, "parent_folder": _inner(record, "parent"), "workspace": _inner(record, "workspace")}


def board(record: Record) -> JsonObject:
    """View a board: people by ids."""
    view = _without(record, "state", "type")
    for name in ("owners", "subscribers", "team_owners", "team_subscribers"):
        view[name] = [each.get("id") for each in _objects(record.content.get(name))]
    return {**view, "archived": record.content.get("state") == "archived"}


def tag(record: Record) -> JsonObject:
    """View a tag."""
    return dict(record.content)


def group(record: Record) -> JsonObject:
    """View a group: its place says only in what order groups are made."""
    view = _without(record, "position", "deleted")
    return {**view, "archived": record.content.get("archived") is True}


def column(record: Record) -> JsonObject:
    """View a column: what of its settings a request can say, and what it cannot."""
    content = record.content
    board_id = board_of(record)
    capabilities = content.get("capabilities")
    adds_up = capabilities.get("calculated") if isinstance(capabilities, dict) else None
    given = content.get("settings")
    settings, others = _settings(board_id, str(content.get("type")), given if isinstance(given, dict) else {})
    return {
        **_without(record, "position", "capabilities", "settings", "archived"),
        "settings": settings,
        "other_settings": others,
        "function": adds_up.get("function") if isinstance(adds_up, dict) else None,
        "visibility": capabilities.get("visibility") if isinstance(capabilities, dict) else None,
    }


def item(record: Record) -> JsonObject:
    """View an item: its values by the type of their columns, as requests write them."""
    content = record.content
    board_id = board_of(record)
    view = _without(record, "state", "board", "group", "parent_item", "description", "column_values")
    view |= {"archived": content.get("state") == "archived", "file_values": {}}
    if record.kind == kinds.ITEM:
        view["group"] = f"{board_id}/{_inner(record, 'group')}"
    for column_id, value in _cells(content):
        _add_value(view, f"{board_id}/{column_id}", value)
    return view


def update(record: Record) -> JsonObject:
    """View an update or a reply."""
    view = _without(record, "text_body", "item_id", "kind", "pinned_to_top", "original_creation_date")
    if record.kind == kinds.UPDATE:
        view["original_creation_date"] = _day(record.content.get("original_creation_date"))
        view["pinned"] = bool(_objects(record.content.get("pinned_to_top")))
    return view


def signed(record: Record) -> JsonObject:
    """Put author and time in front: the app names the owner of the grant, and the time of the restore."""
    view = update(record)
    creator = record.content.get("creator")
    name = creator.get("name") if isinstance(creator, dict) else None
    created = instant(record.content.get("created_at"))
    said = f", {created:%Y-%m-%d %H:%M} UTC" if created is not None else ""
    head = f"<p><strong>{escape(str(name or 'Somebody'))}</strong>{said}:</p>"
    view["body"] = f"{head}{record.content.get('body') or ''}"
    if view.get("original_creation_date") is None and created is not None:
        view["original_creation_date"] = f"{created:%d-%m-%Y}"
    return view


def asset(record: Record) -> JsonObject:
    """View an upload."""
    return dict(record.content)


def doc(record: Record) -> JsonObject:
    """View a document."""
    view = _without(record, "doc_folder_id")
    return {**view, "folder": record.content.get("doc_folder_id")}


def doc_block(record: Record) -> JsonObject:
    """View a block; older answers write its type with spaces."""
    return {**record.content, "type": str(record.content.get("type")).replace(" ", "_")}


def number(record: Record) -> tuple[int, str]:
    """Sort by number: ids grow in the order in which things were made."""
    return (int(record.external_id) if record.external_id.isdigit() else 0, record.external_id)


def time(record: Record) -> tuple[str, tuple[int, str]]:
    """Sort by time of creation."""
    return (str(record.content.get("created_at") or ""), number(record))


def place(record: Record) -> tuple[float, str]:
    """Sort by place, the first first."""
    return (_float(record.content.get("position")), record.external_id)


def last_place(record: Record) -> tuple[float, str]:
    """Sort by place, the last first: the app puts what is new on top."""
    return (-_float(record.content.get("position")), record.external_id)


def _add_value(view: JsonObject, name: str, value: JsonObject) -> None:
    column_type = str(value.get("type"))
    if column_type == "file":
        entries = values.files(value)
        if not values.is_uploads_only(entries):
            view["file_values"][name] = entries
        return
    given = values.written(value) if column_type in values.WRITABLE else value
    if column_type not in values.WRITABLE and column_type not in kinds.LOST_VALUES:
        column_type = "unsupported"
    if given is not None:
        view.setdefault(values.field_of(column_type), {})[name] = given
    more = values.details(value)
    if more is not None:
        view.setdefault(f"{column_type}_details", {})[name] = more
    when = values.changed_at(value)
    if when is not None and column_type in values.WRITABLE:
        view.setdefault("changed_at", {})[name] = when


def _settings(board_id: str, column_type: str, given: Mapping[str, Any]) -> tuple[JsonObject, JsonObject]:
    """Part a column's settings into those that a request can say and those that it cannot."""
    settings: JsonObject
    match column_type:
        case "status":
            labels = [_status_label(label) for label in _objects(given.get("labels"))]
            settings = {"labels": sorted(labels, key=lambda label: _float(label["index"]))}
        case "dropdown":
            limits = {name: given[name] for name in ("limit_select", "label_limit_count") if given.get(name)}
            settings = {**limits, "labels": [label.get("label") for label in _objects(given.get("labels"))]}
        case "subtasks":
            return {}, {}
        case "board_relation":
            settings = {name: part for name, part in given.items() if name != "allowCreateReflectionColumn"}
        case "mirror":
            settings = _mirror(board_id, given)
        case "formula":
            text = _COLUMN_IN_FORMULA.sub(rf"{{{board_id}/\1}}", str(given.get("formula") or ""))
            settings = {**given, "formula": text}
        case _:
            settings = dict(given)
    others = {name: part for name, part in given.items() if name not in settings}
    unused = [label.get("label") for label in _objects(given.get("labels")) if label.get("is_deactivated")]
    return settings, {**others, **({"deactivated": unused} if unused else {})}


def bare_settings(column_type: str, settings: Mapping[str, Any]) -> JsonObject:
    """Return a view's settings with columns by the app's own ids again."""
    found = dict(settings)
    if column_type == "formula":
        found["formula"] = _COLUMN_IN_FORMULA.sub(lambda name: f"{{{local_id(name[1])}}}", str(found.get("formula")))
    if column_type == "mirror":
        found["relation_column"] = {local_id(name): part for name, part in found.get("relation_column", {}).items()}
        found["displayed_linked_columns"] = [
            {**each, "column_ids": [local_id(name) for name in each.get("column_ids", ())]}
            for each in found.get("displayed_linked_columns", ())
        ]
    return found


def _mirror(board_id: str, given: Mapping[str, Any]) -> JsonObject:
    """Name the columns of a mirror by their boards; older answers have them by board in an object."""
    settings = dict(given)
    relation, shown = given.get("relation_column"), given.get("displayed_linked_columns")
    if isinstance(relation, dict):
        settings["relation_column"] = {f"{board_id}/{name}": part for name, part in relation.items()}
    if isinstance(shown, dict):
        shown = [{"board_id": name, "column_ids": ids} for name, ids in shown.items()]
    settings["displayed_linked_columns"] = [
        {**each, "column_ids": [f"{each.get('board_id')}/{name}" for name in each.get("column_ids") or ()]}
        for each in _objects(shown)
    ]
    return settings


def _status_label(label: Mapping[str, Any]) -> JsonObject:
    found = {name: label.get(name) for name in ("label", "color", "index")}
    return {**found, **{name: label[name] for name in _LABEL_EXTRAS if label.get(name)}}


def _day(value: Any) -> str | None:
    """Write a day as the app takes it, DD-MM-YYYY."""
    if not isinstance(value, str):
        return None
    found = _ISO_DAY.match(value)
    return f"{found[3]}-{found[2]}-{found[1]}" if found else value


def _cells(content: JsonObject) -> Iterable[tuple[str, JsonObject]]:
    found = content.get("column_values")
    return (
        [(name, value) for name, value in found.items() if isinstance(value, dict)] if isinstance(found, dict) else []
    )


def _without(record: Record, *names: str) -> JsonObject:
    return {name: part for name, part in record.content.items() if name not in names}


def _inner(record: Record, name: str) -> Any:
    found = record.content.get(name)
    return found.get("id") if isinstance(found, dict) else None


def _objects(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
