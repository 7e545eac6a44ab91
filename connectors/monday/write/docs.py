"""Docs: documents and their blocks made and changed, those too that describe an item."""

from itertools import count
from json import dumps
from typing import Any

from connectors.errors import Gone, Refused
from connectors.monday import kinds
from connectors.monday.client import MondayClient, listed
from connectors.monday.write import documents
from connectors.monday.write.keys import further
from connectors.writing import Change, Creation, Made
from store.record import ExternalId, WorkspaceId

Json = dict[str, Any]

_PAGE = 100
_MARK = "(being restored)"
"""What a new description holds until its first block of the backup is there: the app makes none without content."""
_KEPT = 1_000


class Docs:
    """Writes with one grant."""

    def __init__(self, client: MondayClient) -> None:
        self._client = client
        self._last: dict[str, str] = {}
        """The last block of each document as far as known: where the next one goes."""

    async def create(self, new: Creation) -> Made:
        """Make a document in a workspace."""
        fields = new.fields
        if not fields.get("workspace_id"):
            raise Refused("a document is made in a workspace, and this one is in none")
        place = {
            "workspace_id": fields["workspace_id"],
            "name": fields.get("name") or "",
            "kind": fields.get("doc_kind") or "public",
        }
        if fields.get("folder"):
            place["folder_id"] = fields["folder"]
        made = await self._client.tell(documents.CREATE_DOC, key=new.key, location={"workspace": place})
        return Made(
            workspace_id=new.workspace_id or WorkspaceId(""), external_id=ExternalId(made["id"]), content=dict(made)
        )

    async def update(self, change: Change) -> Made:
        """Give a document another name."""
        if "name" in change.fields:
            await self._client.tell(
                documents.RENAME_DOC, key=change.key, id=change.external_id, name=change.fields["name"] or ""
            )
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    async def create_block(self, new: Creation) -> Made:
        """Add a block at the end of a document, or of the description of an item."""
        assert new.parent is not None, "a block is in a document"
        mark: str | None = None
        doc_id = str(new.parent.external_id)
        if new.parent.kind == kinds.DOC:
            if doc_id not in self._last:
                self._note(doc_id, await self._last_block(doc_id))
        else:
            doc_id, mark = await self._described(new)
        made = await self._client.tell(
            documents.CREATE_BLOCK,
            key=new.key,
            doc=doc_id,
            type=new.fields.get("type"),
            content=dumps(new.content.get("content")),
            after=self._last.get(doc_id),
            parent=new.fields.get("parent_block_id"),
        )
        self._note(doc_id, made["id"])
        if mark is not None:
            await self._client.tell(documents.DELETE_BLOCK, key=further(new.key, "unmark"), id=mark)
        assert new.workspace_id is not None, "a block is on a board or in a workspace"
        return Made(workspace_id=new.workspace_id, external_id=ExternalId(made["id"]), content=dict(made))

    async def update_block(self, change: Change) -> Made:
        """Write something else into a block."""
        content = dumps(change.content.get("content"))
        await self._client.tell(documents.UPDATE_BLOCK, key=change.key, id=change.external_id, content=content)
        return Made(workspace_id=change.workspace_id, external_id=change.external_id, content=change.content)

    def _note(self, doc_id: str, block_id: str | None) -> None:
        self._last.pop(doc_id, None)
        if block_id is not None:
            self._last[doc_id] = block_id
        while len(self._last) > _KEPT:
            self._last.pop(next(iter(self._last)))

    async def _last_block(self, doc_id: str) -> str | None:
        last: str | None = None
        for page in count(1):
            answer = await self._client.ask(documents.BLOCK_IDS, ids=[doc_id], page=page)
            found = listed(answer, "docs")
            blocks = found[0].get("blocks") or [] if found and isinstance(found[0], dict) else []
            last = blocks[-1]["id"] if blocks else last
            if len(blocks) < _PAGE:
                return last
        raise AssertionError  # pages end

    async def _described(self, new: Creation) -> tuple[str, str | None]:
        """Find the description of an item, made where there is none, and the mark in it if that is still there."""
        assert new.parent is not None, "it describes an item"
        item_id = new.parent.external_id
        found = await self._description(item_id)
        if found is None:
            await self._client.tell(documents.DESCRIBE, key=further(new.key, "describe"), item=item_id, markdown=_MARK)
            found = await self._description(item_id)
        if found is None:
            raise Gone(f"item {item_id} takes no description")
        doc_id, blocks = found
        mark = next((block["id"] for block in blocks if _MARK in str(block.get("content"))), None)
        self._note(doc_id, blocks[-1]["id"] if blocks else None)
        return doc_id, mark

    async def _description(self, item_id: str) -> tuple[str, list[Json]] | None:
        blocks: list[Json] = []
        for page in count(1):
            answer = await self._client.ask(documents.DESCRIPTION, ids=[item_id], page=page)
            found = listed(answer, "items")
            description = found[0].get("description") if found and isinstance(found[0], dict) else None
            if not isinstance(description, dict):
                return None
            some = description.get("blocks") or []
            blocks += some
            if len(some) < _PAGE:
                return str(description["id"]), blocks
        raise AssertionError  # pages end
