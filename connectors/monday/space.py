"""Space: one workspace read: itself, its folders, its documents and their blocks."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from connectors.base import Complete, Held, Item, Kept, Ledger, Warned, WarningCode
from connectors.gather import gather
from connectors.monday import kinds, queries, split
from connectors.monday.answer import Broken
from connectors.monday.client import MondayClient
from connectors.monday.listing import SeenSpace
from connectors.monday.split import Bad, Piece
from connectors.monday.state import Known
from store.record import ExternalId, Kind, ParentRef, WorkspaceId

_BATCH = 20
"""How many documents are asked for their blocks at once."""
_BLOCK_PAGE = 100


@dataclass(slots=True, kw_only=True)
class SpaceReader:
    """Reads one workspace, once. Afterwards it knows what to remember."""

    seen: SeenSpace
    known: Known | None
    full: bool
    evidence: str
    held: Held
    clients: Mapping[str, MondayClient]
    """Every grant's: a private document is read with the grant that sees it."""
    sure: bool
    """Whether everybody who saw documents before has listed them again: then those that are missing are deleted."""
    doubtful: bool = False
    settled: bool = True
    stable: bool = True
    learnt: Known | None = None
    _pages: int = 0
    _failed: set[Kind] = field(default_factory=set)

    async def read(self, client: MondayClient) -> AsyncIterator[Item]:
        """Read it."""
        seen = self.seen
        folders = [split.folder(seen.workspace_id, value) for value in seen.folders.values()]
        docs = [split.doc(seen.workspace_id, value) for value in seen.docs.values()]
        for item in self._give(chain(split.space(seen.content), *folders, *docs)):
            yield item
        async for item in self._documents(client):
            yield item
        if not self.sure:
            self._failed.update({kinds.FOLDER, kinds.DOC, kinds.DOC_BLOCK})
        listed = {kinds.WORKSPACE, kinds.FOLDER, kinds.DOC, kinds.DOC_BLOCK}
        yield Complete(workspace_id=seen.workspace_id, kinds=frozenset(listed - self._failed))
        yield Ledger(
            workspace_id=seen.workspace_id,
            read="full" if self.full or self.known is None else "changed",
            evidence=self.evidence,
            pages=self._pages,
            grant_id=client.grant.grant_id,
        )
        self.learnt = Known(
            kind=seen.kind,
            digest=seen.digest,
            documents={found: _changed(value) for found, value in seen.docs.items()},
            again=self.doubtful,
        )

    async def _documents(self, client: MondayClient) -> AsyncIterator[Item]:
        known = self.known.documents if self.known is not None and not self.full else {}
        changed = [found for found, value in self.seen.docs.items() if known.get(found) != _changed(value)]
        quiet = self.seen.docs.keys() - set(changed)
        if quiet:
            held = await self.held(self.seen.workspace_id, kinds.DOC_BLOCK)
            below = [found for found, parent in held.items() if parent in quiet]
            yield Kept(workspace_id=self.seen.workspace_id, kind=kinds.DOC_BLOCK, external_ids=below)
        by_reader: dict[str, list[str]] = {}
        for found in changed:
            by_reader.setdefault(self.seen.doc_readers.get(found, client.grant.grant_id), []).append(found)
        for reader, ids in by_reader.items():
            for start in range(0, len(ids), _BATCH):
                async for item in self._blocks(self.clients.get(reader, client), ids[start : start + _BATCH]):
                    yield item

    async def _blocks(self, client: MondayClient, ids: list[str]) -> AsyncIterator[Item]:
        waiting = [ids]
        while waiting:
            some = waiting.pop(0)
            try:
                async for item in blocks_of(self.seen.workspace_id, client, some, self._give, self._count):
                    yield item
            except Broken:
                if len(some) > 1:
                    waiting[:0] = [some[: len(some) // 2], some[len(some) // 2 :]]
                    continue
                message = "the app fails when it is asked for the blocks"
                where = f"{self.seen.workspace_id}/doc/{some[0]}"
                for item in self._give([Bad(kind=kinds.DOC_BLOCK, where=where, message=message)]):
                    yield item

    def _count(self) -> None:
        self._pages += 1

    def _give(self, pieces: Any) -> Iterator[Item]:
        return gather(pieces, self._other)

    def _other(self, piece: Bad) -> Iterator[Item]:
        self.doubtful = True
        self._failed.add(piece.kind)
        yield Warned(code=WarningCode.BAD_RECORD, where=piece.where, message=piece.message)


async def blocks_of(
    workspace_id: WorkspaceId, client: MondayClient, ids: list[str], give: Any, tally: Any
) -> AsyncIterator[Item]:
    """Read the blocks of some documents, page by page until each is at its end."""
    waiting = ids
    for page in count(1):
        values, _ = await client.ask_list(queries.BLOCKS, "docs", ids=waiting, page=page)
        tally()
        waiting = []
        for value in values:
            found = value.get("id") if isinstance(value, dict) else None
            if not isinstance(found, str):
                continue
            blocks = value.get("blocks")
            ref = ParentRef(kind=kinds.DOC, external_id=ExternalId(found))
            pieces: Iterator[Piece] = split.blocks(workspace_id, ref, blocks)
            for item in give(pieces):
                yield item
            if isinstance(blocks, list) and len(blocks) >= _BLOCK_PAGE:
                waiting.append(found)
        if not waiting:
            return


def _changed(value: Mapping[str, Any]) -> str:
    return str(value.get("updated_at") or "")
