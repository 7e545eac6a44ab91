"""Columns: those of items and of subitems made and changed, and groups."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import BadReply, Refused
from connectors.monday import kinds
from connectors.monday.answer import BadColumn, Broken
from connectors.monday.client import MondayClient
from connectors.monday.split import opened
from connectors.monday.views import bare_settings, local_id
from connectors.monday.write import documents
from connectors.monday.write.boards import FIRST_GROUP
from connectors.monday.write.keys import further
from connectors.writing import Change, Creation, Made
from store.record import ExternalId

Json = dict[str, Any]

_CHOOSABLE = re.compile(r"[a-z_]{1,20}")
"""What an id is made of that a client may choose:
https://developer.monday.com/api-reference/changelog/new-argument-create-a-column-with-a-custom-id."""
_TYPED = {"status": documents.CREATE_STATUS_COLUMN, "dropdown": documents.CREATE_DROPDOWN_COLUMN}
_THROWAWAY = "(being restored)"


class Columns:
    """Writes with one grant."""

    def __init__(self, client: MondayClient) -> None:
        self._client = client

    async def create(self, new: Creation) -> Made:
        """Make a column on a board, or on the hidden one of its subitems; one that the app made itself is taken."""
        assert new.parent is not None, "a column is of a board"
        board_id, content = new.parent.external_id, new.content
        if new.kind == kinds.SUBITEM_COLUMN:
            board_id = ExternalId(await self._hidden_board(board_id))
        if content.get("type") == "subtasks":
            return await self._create_subtasks(new, board_id)
        if new.kind == kinds.SUBITEM_COLUMN or content.get("type") == "name":
            board = await self._board(board_id)
            own = next((found for found in board["columns"] if _is_it(found, content, board)), None)
            if own is not None:
                fields = {name: new.fields[name] for name in ("title", "description", "settings") if name in new.fields}
                await self._change(board_id, own, fields, new.key)
                return _made(new, board_id, own)
        return _made(new, board_id, await self._create(new, board_id))

    async def update(self, change: Change) -> Made:
        """Change a column."""
        board_id, _, column_id = change.external_id.partition("/")
        found = (await self._columns(board_id)).get(column_id)
        if found is None:
            raise BadColumn(f"board {board_id} has no column {column_id}")
        await self._change(board_id, found, change.fields, change.key)
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    async def _create(self, new: Creation, board_id: str) -> Json:
        """Make it with its id and settings; without the id, or without the settings, where the app takes them not."""
        column_id = str(new.content.get("id"))
        chosen = column_id if _CHOOSABLE.fullmatch(column_id) else None
        try:
            return await self._attempt(new, board_id, chosen, new.key)
        except BadColumn:
            if chosen is None:
                raise
            return await self._attempt(new, board_id, None, further(new.key, "another id"))
        except Broken:
            raise
        except BadReply:
            if not new.fields.get("settings"):
                raise
            return await self._attempt(new, board_id, chosen, further(new.key, "bare"), bare=True)

    async def _attempt(self, new: Creation, board_id: str, chosen: str | None, key: str, *, bare: bool = False) -> Json:
        content = new.content
        column_type = str(content.get("type"))
        settings = None if bare else _input(column_type, new.fields.get("settings") or {}, {})
        function = new.fields.get("function")
        common = {"board": board_id, "id": chosen, "title": content.get("title") or "", "settings": settings}
        description = new.fields.get("description")
        if column_type in _TYPED and not function:
            made = await self._client.tell(_TYPED[column_type], key=key, description=description, **common)
        else:
            made = await self._client.tell(
                documents.CREATE_COLUMN,
                key=key,
                type=column_type,
                description=description,
                capabilities={"calculated": {"function": function}} if function else None,
                **common,
            )
        return dict(made)

    async def _change(self, board_id: str, column: Mapping[str, Any], fields: Mapping[str, Any], key: str) -> None:
        """Set what is given. The app wants to know the state that it was seen in."""
        given = {name: fields[name] for name in ("title", "description", "width") if name in fields}
        if "settings" in fields:
            settings = opened(column.get("settings"))
            held = settings if isinstance(settings, dict) else {}
            given["settings"] = _input(str(column["type"]), fields["settings"] or {}, held)
        if fields.get("function"):
            given["capabilities"] = {"calculated": {"function": fields["function"]}}
        if given.get("title") == column.get("title"):
            del given["title"]
        if given:
            await self._client.tell(
                documents.UPDATE_COLUMN,
                key=key,
                board=board_id,
                id=column["id"],
                revision=str(column["revision"]),
                type=column["type"],
                **given,
            )

    async def _create_subtasks(self, new: Creation, board_id: str) -> Made:
        """Make the column that shows subitems, with the hidden board of those.

        Not every account takes the request for it; then a subitem that is thrown away brings it about.
        """
        made = _shown(await self._columns(board_id))
        if made is None:
            try:
                await self._attempt(new, board_id, None, new.key)
            except Broken:
                raise
            except BadReply:
                await self._bring_about(new, board_id)
            made = _shown(await self._columns(board_id))
        if made is None:
            raise Refused("the app makes no column for subitems")
        await self._clear(new, _hidden_of(made))
        if made["title"] != new.content.get("title"):
            await self._change(board_id, made, {"title": new.content.get("title")}, further(new.key, "title"))
        return _made(new, board_id, made)

    async def _bring_about(self, new: Creation, board_id: str) -> None:
        groups = await self._groups(board_id)
        if not groups:
            raise Refused("a board without a group takes no item")
        item = await self._client.tell(
            documents.CREATE_ITEM,
            key=further(new.key, "item"),
            board=board_id,
            group=groups[0]["id"],
            name=_THROWAWAY,
        )
        await self._client.tell(
            documents.CREATE_SUBITEM, key=further(new.key, "subitem"), parent=item["id"], name=_THROWAWAY
        )
        await self._client.tell(documents.DELETE_ITEM, key=further(new.key, "delete"), id=item["id"])

    async def _clear(self, new: Creation, hidden_id: str | None) -> None:
        """Take away the columns that a new board of subitems comes with, but for those that are in the backup."""
        wanted = new.content.get("subitem_columns")
        if hidden_id is None or not isinstance(wanted, dict):
            return
        board = await self._board(hidden_id)
        if board.get("items_count"):
            return
        for column in board["columns"]:
            if column["type"] != "name" and wanted.get(column["id"]) != column["type"] and column["id"] in _DEFAULTS:
                await self._client.tell(
                    documents.DELETE_COLUMN,
                    key=further(new.key, f"delete {column['id']}"),
                    board=hidden_id,
                    id=column["id"],
                )

    async def create_group(self, new: Creation) -> Made:
        """Make a group on top of the others, and throw away the one that a new board came with."""
        assert new.parent is not None, "a group is of a board"
        board_id = new.parent.external_id
        made = await self._client.tell(
            documents.CREATE_GROUP,
            key=new.key,
            board=board_id,
            title=new.fields.get("title") or "",
            color=new.fields.get("color"),
        )
        for group in await self._groups(board_id):
            if group["title"] == FIRST_GROUP:
                key = further(new.key, f"delete {group['id']}")
                await self._client.tell(documents.DELETE_GROUP, key=key, board=board_id, id=group["id"])
        external_id = ExternalId(f"{board_id}/{made['id']}")
        assert new.workspace_id is not None, "a group is in a workspace"
        return Made(workspace_id=new.workspace_id, external_id=external_id, content={**new.content, "id": made["id"]})

    async def update_group(self, change: Change) -> Made:
        """Change a group."""
        board_id, _, group_id = change.external_id.partition("/")
        if change.unarchive:
            raise Refused("no request takes a group out of the archive: do so in the app")
        for name in ("title", "color"):
            if change.fields.get(name):
                await self._set(board_id, group_id, name, change.fields[name], further(change.key, name))
        if change.fields.get("archived"):
            await self._client.tell(
                documents.ARCHIVE_GROUP, key=further(change.key, "archive"), board=board_id, id=group_id
            )
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    async def _set(self, board_id: str, group_id: str, attribute: str, value: str, key: str) -> None:
        await self._client.tell(
            documents.UPDATE_GROUP, key=key, board=board_id, id=group_id, attribute=attribute, value=value
        )

    async def _groups(self, board_id: str) -> Sequence[Json]:
        board, _ = await self._client.ask_board(documents.GROUPS, board_id)
        found = board.get("groups") or ()
        return [group for group in found if isinstance(group, dict) and not group.get("deleted")]

    async def _board(self, board_id: str) -> Json:
        board, _ = await self._client.ask_board(documents.COLUMNS, board_id)
        return {**board, "columns": [column for column in board.get("columns") or () if isinstance(column, dict)]}

    async def _columns(self, board_id: str) -> Mapping[str, Json]:
        return {column["id"]: column for column in (await self._board(board_id))["columns"]}

    async def _hidden_board(self, board_id: str) -> str:
        shown = _shown(await self._columns(board_id))
        found = _hidden_of(shown) if shown is not None else None
        if found is None:
            raise Refused(f"board {board_id} has no subitems, and so no columns of theirs")
        return found


_DEFAULTS = frozenset({"person", "status", "date0"})
"""The columns that the board of the subitems comes with, besides their names."""


def _shown(columns: Mapping[str, Json]) -> Json | None:
    return next((column for column in columns.values() if column.get("type") == "subtasks"), None)


def _hidden_of(column: Mapping[str, Any]) -> str | None:
    settings = opened(column.get("settings"))
    boards = settings.get("boardIds") if isinstance(settings, dict) else None
    return str(boards[0]) if isinstance(boards, list) and boards else None


def _is_it(column: Mapping[str, Any], wanted: Mapping[str, Any], board: Mapping[str, Any]) -> bool:
    """Whether a column that the app made itself, and nobody has used yet, can be the one that is wanted."""
    is_alike = (column["id"], column.get("type")) == (wanted.get("id"), wanted.get("type"))
    is_default = board.get("type") == "sub_items_board" and column["id"] in _DEFAULTS and not board.get("items_count")
    return is_alike and (column.get("type") == "name" or is_default)


def _input(column_type: str, settings: Mapping[str, Any], held: Mapping[str, Any]) -> Json | None:
    """Write settings as a request takes them. Labels that are there keep their numbers, which items know them by."""
    if not settings:
        return None
    if column_type == "status":
        known = {label.get("index"): label.get("id") for label in held.get("labels") or () if isinstance(label, dict)}
        labels = [{**label, **_number(known.get(label.get("index")))} for label in settings.get("labels", ())]
        return {"labels": labels}
    if column_type == "dropdown":
        known = {label.get("label"): label.get("id") for label in held.get("labels") or () if isinstance(label, dict)}
        labels = [{"label": text, **_number(known.get(text))} for text in settings.get("labels", ())]
        return {**settings, "labels": labels}
    return bare_settings(column_type, settings)


def _number(found: Any) -> Json:
    return {"id": found} if found is not None else {}


def _made(new: Creation, board_id: str, column: Mapping[str, Any]) -> Made:
    assert new.workspace_id is not None, "a column is in a workspace"
    content = {**new.content, "id": local_id(column["id"]), "settings": opened(column.get("settings"))}
    return Made(workspace_id=new.workspace_id, external_id=ExternalId(f"{board_id}/{column['id']}"), content=content)
