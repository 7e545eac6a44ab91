"""Items: items and subitems made and changed, with what their columns hold."""

from collections.abc import Mapping
from json import dumps
from typing import Any

from connectors.errors import BadReply, Gone, Refused
from connectors.monday import kinds, values
from connectors.monday.answer import Broken
from connectors.monday.client import MondayClient
from connectors.monday.split import opened
from connectors.monday.views import local_id
from connectors.monday.write import documents
from connectors.monday.write.keys import further
from connectors.writing import Change, Creation, Made
from store.record import ExternalId

Json = dict[str, Any]

_SUFFIX = "_values"
_LINKS = {"link", "box", "dropbox", "google_drive", "onedrive"}


class Items:
    """Writes with one grant."""

    def __init__(self, client: MondayClient) -> None:
        self._client = client

    async def create(self, new: Creation) -> Made:
        """Make an item with its values.

        Where the app does not take one of them, it is made without, and each is set by itself: the others are not to
        be lost with it.
        """
        given = _given(new.fields)
        try:
            made = await self._make(new, given, new.key)
        except Broken:
            raise
        except BadReply:
            if not given:
                raise
            made = await self._make(new, {}, further(new.key, "bare"))
            board_id = made["board"]["id"]
            for column_id, value in given.items():
                await self._try(board_id, made["id"], column_id, value, further(new.key, column_id))
        assert new.workspace_id is not None, "an item is on a board"
        return Made(workspace_id=new.workspace_id, external_id=ExternalId(made["id"]), content=made)

    async def update(self, change: Change) -> Made:
        """Change an item: its values, its name, its group; and put it away, last."""
        if change.unarchive:
            raise Refused("no request takes an item out of the archive: do so in the app")
        item_id, fields = change.external_id, change.fields
        if "group" in fields:
            await self._client.tell(
                documents.MOVE_ITEM, key=further(change.key, "move"), id=item_id, group=local_id(fields["group"])
            )
        if fields.keys() - {"group", "archived", "file_values"} or not fields:
            await self._set(change)
        if "file_values" in fields:
            await self._set_files(change)
        if fields.get("archived"):
            await self._client.tell(documents.ARCHIVE_ITEM, key=further(change.key, "archive"), id=item_id)
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    async def _make(self, new: Creation, given: Mapping[str, Any], key: str) -> Json:
        assert new.parent is not None, "an item is in a group, or below another"
        name, packed = new.fields.get("name") or "", dumps(given) if given else None
        if new.kind == kinds.SUBITEM:
            made = await self._client.tell(
                documents.CREATE_SUBITEM, key=key, parent=new.parent.external_id, name=name, values=packed
            )
        else:
            board_id, _, group_id = new.parent.external_id.partition("/")
            made = await self._client.tell(
                documents.CREATE_ITEM, key=key, board=board_id, group=group_id, name=name, values=packed
            )
        return dict(made)

    async def _set(self, change: Change) -> None:
        """Set values, and clear what the item is not to have. What it has, the app says with each change."""
        given = _given(change.fields)
        if "name" in change.fields:
            given["name"] = change.fields["name"]
        board_id = self._board_of(change.content) or (await self._item(change.external_id))["board"]["id"]
        if given:
            answer = await self._change(board_id, change.external_id, given, change.key)
        else:
            answer = await self._item(change.external_id)
        wanted = {
            local_id(name) for field in change.content if field.endswith(_SUFFIX) for name in change.content[field]
        }
        cells = answer.get("column_values")
        left = [
            cell["id"]
            for cell in (cells if isinstance(cells, list) else ())
            if cell["type"] in values.WRITABLE and cell["id"] not in wanted and _has_something(cell)
        ]
        if left:
            cleared = dict.fromkeys(left)
            await self._change(board_id, change.external_id, cleared, further(change.key, "clear"))

    async def _set_files(self, change: Change) -> None:
        """Say what each cell holds that has more than uploads; where there was no more, the uploads stay."""
        item = await self._item(change.external_id)
        wanted = {local_id(name): entries for name, entries in (change.fields["file_values"] or {}).items()}
        cells = item.get("column_values")
        for cell in cells if isinstance(cells, list) else ():
            if cell["type"] != "file":
                continue
            there = values.files(cell)
            if cell["id"] not in wanted:
                if values.is_uploads_only(there):
                    continue
                wanted[cell["id"]] = [entry for entry in there if "asset" in entry]
            named = {
                file.get("asset_id"): file.get("name") for file in cell.get("files") or () if isinstance(file, dict)
            }
            files = [_file(entry, named) for entry in wanted[cell["id"]] if _leads_somewhere(entry)]
            await self._client.tell(
                documents.SET_FILES,
                key=further(change.key, f"files {cell['id']}"),
                board=item["board"]["id"],
                id=change.external_id,
                column=cell["id"],
                files=files,
            )

    async def _try(self, board_id: str, item_id: str, column_id: str, value: Any, key: str) -> None:
        """Set one value, or leave it: the restore reads back what became of it."""
        try:
            await self._change(board_id, item_id, {column_id: value}, key)
        except Broken:
            raise
        except BadReply:
            return

    async def _change(self, board_id: str, item_id: str, given: Mapping[str, Any], key: str) -> Json:
        answer = await self._client.tell(
            documents.CHANGE_VALUES, key=key, board=board_id, id=item_id, values=dumps(given)
        )
        return dict(answer)

    async def _item(self, item_id: str) -> Json:
        found, _ = await self._client.ask_list(documents.ITEM, "items", ids=[item_id])
        if not found or not isinstance(found[0], dict):
            raise Gone(f"item {item_id} is not there")
        return dict(found[0])

    @staticmethod
    def _board_of(content: Mapping[str, Any]) -> str | None:
        """Read from the names of its columns which board an item is on."""
        for field, held in content.items():
            if field.endswith(_SUFFIX) and held:
                return str(next(iter(held))).partition("/")[0]
        return None


def _given(fields: Mapping[str, Any]) -> Json:
    """Gather what requests are to say of columns, by the app's own ids."""
    found: Json = {}
    for field, held in fields.items():
        if field.endswith(_SUFFIX) and field != "file_values" and isinstance(held, dict):
            column_type = field.removesuffix(_SUFFIX)
            found |= {local_id(name): values.as_input(column_type, value) for name, value in held.items()}
    return found


def _has_something(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is not empty; relations tell it by what they lead to."""
    return bool(cell.get("linked_item_ids")) or opened(cell.get("value")) not in (None, "", {})


def _leads_somewhere(entry: Mapping[str, Any]) -> bool:
    return all(entry[name] is not None for name in ("asset", "doc") if name in entry)


def _file(entry: Mapping[str, Any], named: Mapping[Any, Any]) -> Json:
    """Write one entry of a cell of files."""
    if "asset" in entry:
        return {"fileType": "asset", "assetId": entry["asset"], "name": named.get(entry["asset"]) or "file"}
    if "doc" in entry:
        return {"fileType": "doc", "objectId": entry["doc"], "name": entry.get("name") or "doc"}
    kind = entry.get("kind") if entry.get("kind") in _LINKS else "link"
    return {"fileType": kind, "linkToFile": entry.get("link"), "name": entry.get("name") or "link"}
