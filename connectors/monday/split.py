"""Split: monday.com's nested answers taken apart into records. Pure: no request, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.monday import kinds
from connectors.monday.kinds import KINDS
from store.canonical import decode
from store.errors import Invalid
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId

PEOPLE = WorkspaceId("")
"""Where people, teams, tags and the account live: they belong to the connection, not to one board."""
_SPACE = "workspace-"
_ID_CHARS = 256
_LOG_UNITS = 10_000_000
"""A log's time counts so many units a second."""
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)
_OF_VALUE = frozenset({"id", "type", "text", "value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something that is not what monday.com's contract says. What is held of it stays as it is."""

    kind: Kind
    where: str
    message: str
    external_id: ExternalId | None = None
    """Which it is, where that much can be told: then only this one is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An asset whose bytes monday.com holds."""

    workspace_id: WorkspaceId
    asset_id: str
    name: str
    size_bytes: int | None
    revision: str


Piece = Record | Upload | Bad


class _Unfit(Exception):  # noqa: N818 - never leaves this file
    pass


def space_id(workspace_id: str) -> WorkspaceId:
    """Name a workspace as a unit of scope. Boards have bare ids, and the two kinds of number could meet."""
    return WorkspaceId(f"{_SPACE}{workspace_id}")


def bare_id(workspace_id: WorkspaceId) -> str:
    """Return monday.com's own id of a unit of scope."""
    return workspace_id.removeprefix(_SPACE)


def is_space(workspace_id: WorkspaceId) -> bool:
    """Whether a unit of scope is a workspace, not a board."""
    return workspace_id.startswith(_SPACE)


def each(workspace_id: WorkspaceId, kind: Kind, values: Any, parent: ParentRef | None = None) -> Iterator[Piece]:
    """Make records of a list of things that hold nothing of their own."""
    where = f"{parent.kind}/{parent.external_id}/{kind}" if parent else f"{workspace_id or 'account'}/{kind}"
    if not isinstance(values, list):
        yield Bad(kind=kind, where=where, message=f"{kind} records are not a list")
        return
    for value in values:
        try:
            yield _record(workspace_id, kind, _id(value), value, parent)
        except _Unfit as error:
            yield Bad(kind=kind, where=where, message=str(error))


def space(value: Mapping[str, Any]) -> Iterator[Piece]:
    """Make the record of a workspace."""
    yield _record(space_id(value["id"]), kinds.WORKSPACE, ExternalId(value["id"]), value, None)


def folder(workspace_id: WorkspaceId, value: Any) -> Iterator[Piece]:
    """Make the record of a folder: it lies in another, or in its workspace."""
    try:
        found = _id(value)
    except _Unfit as error:
        yield Bad(kind=kinds.FOLDER, where=f"{workspace_id}/folder", message=str(error))
        return
    parent = _ref(kinds.FOLDER, _inner(value, "parent")) or _space_ref(workspace_id)
    yield _record(workspace_id, kinds.FOLDER, found, value, parent)


def doc(workspace_id: WorkspaceId, value: Any) -> Iterator[Piece]:
    """Make the record of a document."""
    try:
        found = _id(value)
    except _Unfit as error:
        yield Bad(kind=kinds.DOC, where=f"{workspace_id or 'account'}/doc", message=str(error))
        return
    parent = _ref(kinds.FOLDER, value.get("doc_folder_id")) or _space_ref(workspace_id)
    changed, by = value.get("updated_at"), _inner(value, "created_by")
    yield _record(workspace_id, kinds.DOC, found, value, parent, changed_at=changed, changed_by=by)


def blocks(workspace_id: WorkspaceId, parent: ParentRef, values: Any) -> Iterator[Piece]:
    """Make records of a document's blocks; `content` comes as text and is kept as what it says."""
    where = f"{parent.kind}/{parent.external_id}/block"
    if not isinstance(values, list):
        yield Bad(kind=kinds.DOC_BLOCK, where=where, message="the blocks are not a list")
        return
    for value in values:
        try:
            found = _id(value)
        except _Unfit as error:
            yield Bad(kind=kinds.DOC_BLOCK, where=where, message=str(error))
            continue
        content = {**value, "content": opened(value.get("content"))}
        by = _inner(value, "created_by")
        changed = value.get("updated_at")
        yield _record(workspace_id, kinds.DOC_BLOCK, found, content, parent, changed_at=changed, changed_by=by)


def board(
    value: Mapping[str, Any], account_tags: frozenset[str], hidden: Mapping[str, Any] | None = None
) -> Iterator[Piece]:
    """Take apart what one request gives of a board: itself, its columns, groups, views, and tags of its own.

    `hidden` is the board of its subitems. The column that shows those tells what columns they have.
    """
    board_id = WorkspaceId(value["id"])
    parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(board_id))
    nested = ("columns", "groups", "views", "tags", "last_log", "last_update", "last_item")
    content = {name: part for name, part in value.items() if name not in nested}
    for name in ("owners", "subscribers", "team_owners", "team_subscribers"):
        content[name] = _sorted(value.get(name))
    tags = value.get("tags")
    content["tags"] = sorted(found for tag in _items(tags) if isinstance(found := _inner({"tag": tag}, "tag"), str))
    owner = _ref(kinds.FOLDER, value.get("board_folder_id")) or _ref(kinds.WORKSPACE, value.get("workspace_id"))
    yield _record(board_id, kinds.BOARD, ExternalId(board_id), content, owner)
    yield from columns(board_id, kinds.COLUMN, board_id, _with_subitem_columns(value.get("columns"), hidden))
    for group in _items(value.get("groups")):
        if isinstance(group, dict) and group.get("deleted") is True:
            continue  # the app lists it for a while
        yield from _of_board(board_id, kinds.GROUP, board_id, group)
    if not isinstance(value.get("groups"), list):
        yield Bad(kind=kinds.GROUP, where=f"board/{board_id}/group", message="the groups are not a list")
    for piece in each(board_id, kinds.VIEW, value.get("views"), parent):
        yield _settled(piece) if isinstance(piece, Record) else piece
    own = [tag for tag in _items(tags) if _inner({"tag": tag}, "tag") not in account_tags]
    yield from each(board_id, kinds.TAG, own, parent)


def _with_subitem_columns(values: Any, hidden: Mapping[str, Any] | None) -> Any:
    """Let the column that shows subitems tell what columns those have, of what type: a restore makes both at once."""
    if not isinstance(values, list) or hidden is None:
        return values
    below = {
        column["id"]: column.get("type")
        for column in _items(hidden.get("columns"))
        if isinstance(column, dict) and _is_id(column.get("id"))
    }
    return [
        {**column, "subitem_columns": below}
        if isinstance(column, dict) and column.get("type") == "subtasks"
        else column
        for column in values
    ]


def columns(workspace_id: WorkspaceId, kind: Kind, board_id: str, values: Any) -> Iterator[Piece]:
    """Make records of a board's columns; the order that they come in is theirs on the board."""
    if not isinstance(values, list):
        yield Bad(kind=kind, where=f"board/{workspace_id}/{kind}", message="the columns are not a list")
        return
    for position, value in enumerate(values):
        placed = {**value, "position": position} if isinstance(value, dict) else value
        for piece in _of_board(workspace_id, kind, board_id, placed):
            yield _settled(piece) if isinstance(piece, Record) else piece


def items(workspace_id: WorkspaceId, board_id: str, values: Iterable[Any]) -> Iterator[Piece]:
    """Take items apart: themselves, with their values by column, and their uploads.

    `board_id` is the board that they are on: of subitems often a hidden one beside the workspace's.
    """
    for value in values:
        try:
            item_id, kind, content = _item(value)
        except _Unfit as error:
            found = value.get("id") if isinstance(value, dict) and _is_id(value.get("id")) else None
            kind = kinds.SUBITEM if board_id != workspace_id else kinds.ITEM
            where = f"board/{workspace_id}/{kind}/{found}" if found else f"board/{workspace_id}/{kind}"
            external_id = ExternalId(found) if found else None
            yield Bad(kind=kind, where=where, message=str(error), external_id=external_id)
            continue
        parent = _above(value) or ParentRef(kind=kinds.GROUP, external_id=ExternalId(f"{board_id}/{_group(value)}"))
        yield _record(
            workspace_id,
            kind,
            item_id,
            content,
            parent,
            changed_at=value.get("updated_at"),
            changed_by=value.get("creator_id"),
        )
        in_column = dict(_uploads_of(board_id, content["column_values"]))
        yield from assets(workspace_id, ParentRef(kind=kind, external_id=item_id), value.get("assets"), in_column)


def updates(workspace_id: WorkspaceId, item_kind: Mapping[str, Kind], values: Iterable[Any]) -> Iterator[Piece]:
    """Take updates apart: themselves, their replies, and the uploads of both."""
    for value in values:
        try:
            update_id = _id(value)
            _text(value, "body")
        except _Unfit as error:
            found = value.get("id") if isinstance(value, dict) and _is_id(value.get("id")) else None
            yield Bad(
                kind=kinds.UPDATE,
                where=f"board/{workspace_id}/update" + (f"/{found}" if found else ""),
                message=str(error),
                external_id=ExternalId(found) if found else None,
            )
            continue
        item_id = value.get("item_id")
        parent = _ref(item_kind.get(str(item_id), kinds.ITEM), item_id)
        content = {name: part for name, part in value.items() if name not in {"replies", "assets"}}
        board_ref = ParentRef(kind=kinds.BOARD, external_id=ExternalId(workspace_id))
        yield _message(workspace_id, kinds.UPDATE, update_id, content, parent or board_ref)
        of_update = ParentRef(kind=kinds.UPDATE, external_id=update_id)
        yield from assets(workspace_id, of_update, value.get("assets"))
        yield from _replies(workspace_id, of_update, value.get("replies"))


def _replies(workspace_id: WorkspaceId, parent: ParentRef, values: Any) -> Iterator[Piece]:
    where = f"{parent.kind}/{parent.external_id}/reply"
    if not isinstance(values, list):
        yield Bad(kind=kinds.REPLY, where=where, message="the replies are not a list")
        return
    for value in values:
        try:
            reply_id = _id(value)
        except _Unfit as error:
            yield Bad(kind=kinds.REPLY, where=where, message=str(error))
            continue
        content = {name: part for name, part in value.items() if name != "assets"}
        yield _message(workspace_id, kinds.REPLY, reply_id, content, parent)
        of_reply = ParentRef(kind=kinds.REPLY, external_id=reply_id)
        yield from assets(workspace_id, of_reply, value.get("assets"))


def _message(
    workspace_id: WorkspaceId, kind: Kind, external_id: ExternalId, content: Mapping[str, Any], parent: ParentRef
) -> Record:
    likes = content.get("likes")
    kept = {**content, "likes": sorted(_items(likes), key=_order)}
    changed = content.get("edited_at") or content.get("updated_at")
    by = content.get("creator_id")
    return _record(workspace_id, kind, external_id, kept, parent, changed_at=changed, changed_by=by)


def assets(
    workspace_id: WorkspaceId, parent: ParentRef, values: Any, in_column: Mapping[str, str] | None = None
) -> Iterator[Piece]:
    """Make records of uploads, and say where their bytes are to be had. `in_column` tells which column each is in."""
    where = f"{parent.kind}/{parent.external_id}/asset"
    if not isinstance(values, list):
        yield Bad(kind=kinds.ASSET, where=where, message="the assets are not a list")
        return
    for value in values:
        try:
            asset_id, name = _id(value), _text(value, "name")
        except _Unfit as error:
            yield Bad(kind=kinds.ASSET, where=where, message=str(error))
            continue
        by = _inner(value, "uploaded_by")
        created = value.get("created_at")
        content = {**value, "column": (in_column or {}).get(asset_id)}
        yield _record(workspace_id, kinds.ASSET, asset_id, content, parent, changed_at=created, changed_by=by)
        size = value.get("file_size")
        known = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        yield Upload(
            workspace_id=workspace_id,
            asset_id=asset_id,
            name=name,
            size_bytes=size if known else None,
            revision=f"{asset_id}:{size}:{created}",
        )


def activities(workspace_id: WorkspaceId, values: Iterable[Any]) -> Iterator[Piece]:
    """Make records of a board's log; `data` comes as text and is kept as what it says."""
    parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(workspace_id))
    for value in values:
        try:
            found = _id(value)
            _text(value, "event")
        except _Unfit as error:
            yield Bad(kind=kinds.ACTIVITY, where=f"board/{workspace_id}/activity", message=str(error))
            continue
        content = {**value, "data": opened(value.get("data"))}
        made, by = value.get("created_at"), value.get("user_id")
        record = _record(workspace_id, kinds.ACTIVITY, found, content, parent, changed_by=by)
        yield Record(
            workspace_id=workspace_id,
            kind=kinds.ACTIVITY,
            external_id=found,
            content=record.content,
            parent=parent,
            changed_at=log_instant(made),
            changed_by=record.changed_by,
        )


def without(kind: Kind, value: Mapping[str, Any]) -> JsonObject:
    """Return the content less the kind's volatile fields."""
    volatile = KINDS[kind].volatile
    return {name: part for name, part in value.items() if name not in volatile}


def opened(value: Any) -> Any:
    """Return what a text of JSON says; text that says nothing, and all else, as it is.

    The app's JSON fields come as text, or as what it says, from version to version: kept, the two are the same.
    """
    if not isinstance(value, str):
        return value
    try:
        return decode(value.encode())
    except (Invalid, UnicodeEncodeError):
        return value


def instant(value: Any) -> datetime | None:
    """Read a time; None where it is none."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def log_instant(value: Any) -> datetime | None:
    """Read the time of a log's entry; None where it is none."""
    try:
        return datetime.fromtimestamp(int(value) / _LOG_UNITS, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _item(value: Any) -> tuple[ExternalId, Kind, JsonObject]:
    item_id = _id(value)
    _text(value, "name")
    found = value.get("column_values")
    if not isinstance(found, list):
        raise _Unfit(f"item {item_id} has no list of values")
    kind = kinds.SUBITEM if _inner(value, "parent_item") else kinds.ITEM
    content = {name: part for name, part in value.items() if name not in {"assets", "gallery"}}
    content["column_values"] = dict(_values(item_id, found))
    content["subscribers"] = _sorted(value.get("subscribers"))
    return item_id, kind, content


def _above(value: Mapping[str, Any]) -> ParentRef | None:
    """Return the item that this one lies below; it may lie below another itself."""
    above = value.get("parent_item")
    kind = kinds.SUBITEM if _inner(above, "parent_item") else kinds.ITEM
    return _ref(kind, _inner(value, "parent_item"))


def _group(value: Mapping[str, Any]) -> str:
    return _inner(value, "group") or ""


def _values(item_id: str, values: Iterable[Any]) -> Iterator[tuple[str, JsonObject]]:
    """Give values by their column. An empty one is left out, so that a new column changes no item."""
    for value in values:
        if not isinstance(value, dict) or not _is_id(value.get("id")):
            raise _Unfit(f"item {item_id} has a value without a column")
        more = {name: part for name, part in value.items() if name not in _OF_VALUE}
        if value.get("value") is None and not value.get("text") and all(part in _EMPTY for part in more.values()):
            continue
        kept = {name: part for name, part in value.items() if name != "id"}
        yield value["id"], {**kept, "value": opened(value.get("value"))}


def _uploads_of(board_id: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say of each upload in an item's columns in which it is, by its record's id; the first, where it is in several."""
    for column_id, value in reversed(list(values.items())):
        for file in _items(value.get("files")):
            if isinstance(file, dict) and isinstance(file.get("asset_id"), str):
                yield file["asset_id"], f"{board_id}/{column_id}"


def _of_board(workspace_id: WorkspaceId, kind: Kind, board_id: str, value: Any) -> Iterator[Piece]:
    """Make a record of what has an id within its board only."""
    try:
        found = _id(value)
    except _Unfit as error:
        yield Bad(kind=kind, where=f"board/{workspace_id}/{kind}", message=str(error))
        return
    parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(workspace_id))
    yield _record(workspace_id, kind, ExternalId(f"{board_id}/{found}"), value, parent)


def _settled(record: Record) -> Record:
    content = {**record.content}
    for name in ("settings", "filter", "sort"):
        if name in content:
            content[name] = opened(content[name])
    return _record(record.workspace_id, record.kind, record.external_id, content, record.parent)


def _record(
    workspace_id: WorkspaceId,
    kind: Kind,
    external_id: ExternalId,
    value: Mapping[str, Any],
    parent: ParentRef | None,
    *,
    changed_at: Any = None,
    changed_by: Any = None,
) -> Record:
    return Record(
        workspace_id=workspace_id,
        kind=kind,
        external_id=external_id,
        content=without(kind, value),
        parent=parent,
        changed_at=instant(changed_at),
        changed_by=changed_by if isinstance(changed_by, str) else None,
    )


def _space_ref(workspace_id: WorkspaceId) -> ParentRef | None:
    return _ref(kinds.WORKSPACE, bare_id(workspace_id)) if is_space(workspace_id) else None


def _ref(kind: Kind, external_id: Any) -> ParentRef | None:
    return ParentRef(kind=kind, external_id=ExternalId(external_id)) if _is_id(external_id) else None


def _inner(value: Any, name: str) -> str | None:
    """Return the id of a nested object."""
    found = value.get(name) if isinstance(value, dict) else None
    inner = found.get("id") if isinstance(found, dict) else None
    return inner if _is_id(inner) else None


def _sorted(values: Any) -> list[Any]:
    """Put people in the order of their ids: the app gives them in any."""
    return sorted(_items(values), key=_order)


def _order(value: Any) -> str:
    return str(value.get("id")) if isinstance(value, dict) else ""


def _items(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _ID_CHARS and "\0" not in value


def _id(value: Any) -> ExternalId:
    if not isinstance(value, dict):
        raise _Unfit("something is not an object")
    if not _is_id(value.get("id")):
        raise _Unfit("something has no id")
    return ExternalId(value["id"])


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise _Unfit(f"{value.get('id')} has no {name}")
    return found
