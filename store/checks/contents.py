"""Contents: every record that a snapshot brought, held against its audit leaf; every file put together again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from store.checks.fault import Fault, FaultCode
from store.entry import TreeEntry, decode_entry
from store.errors import Corrupt, NotFound
from store.files import decode_recipe
from store.keys import leaf_hash
from store.queries import load
from store.record import FILE_KIND, ChunkId, PackId
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.diff import diff
from store.tree.nodes import NodeSource

_SQL = load("checks")
_RECORDS_AT_ONCE = 500


@dataclass(slots=True, kw_only=True)
class Contents:
    """Checks records. What only lies in packs that are known to be damaged is not told twice."""

    repository: Repository
    bad_packs: set[PackId] = field(default_factory=set)

    async def check(
        self, nodes: NodeSource, previous: Snapshot | None, snapshot: Snapshot
    ) -> AsyncIterator[tuple[int, list[Fault]]]:
        """Check all that this snapshot has and the previous one had not: how many records, and what is wrong."""
        async for batch in diff(nodes, previous.tree_root if previous else None, snapshot.tree_root):
            found = [decode_entry(each.key, each.new) for each in batch if each.new is not None]
            for start in range(0, len(found), _RECORDS_AT_ONCE):
                some = found[start : start + _RECORDS_AT_ONCE]
                yield len(some), await self._check(some)

    async def _check(self, entries: Sequence[TreeEntry]) -> list[Fault]:
        faults: list[Fault] = []
        try:
            contents = await self.repository.read_many([entry.content_id for entry in entries])
        except (Corrupt, NotFound):
            contents = {}
        for entry in entries:
            content = contents.get(ChunkId(entry.content_id))
            if content is None:
                try:
                    content = await self.repository.read(entry.content_id)
                except (Corrupt, NotFound) as error:
                    # What no pack holds is named where the index of versions is checked.
                    if not isinstance(error, NotFound) and not await self._is_known([ChunkId(entry.content_id)]):
                        faults.append(_fault(FaultCode.RECORD_WRONG, entry, str(error)))
                    continue
            key = entry.key.encode()
            if leaf_hash(self.repository.keys, key, entry.content_id, content) != entry.leaf_hash:
                faults.append(_fault(FaultCode.RECORD_WRONG, entry, "its audit leaf was not made of its content"))
            if entry.key.kind == FILE_KIND:
                faults += await self._check_file(entry, content)
        return faults

    async def _check_file(self, entry: TreeEntry, content: bytes) -> list[Fault]:
        try:
            recipe = decode_recipe(content)
        except Corrupt as error:
            return [_fault(FaultCode.FILE_WRONG, entry, str(error))]
        digest = sha256()
        try:
            async for part in self.repository.stream_file(recipe):
                digest.update(part)
        except (Corrupt, NotFound) as error:
            if await self._is_known([chunk_id for chunk_id, _ in recipe.chunks]):
                return []
            return [_fault(FaultCode.FILE_WRONG, entry, str(error))]
        if digest.hexdigest() != recipe.sha256:
            return [_fault(FaultCode.FILE_WRONG, entry, "its chunks are not, together, the file that was stored")]
        return []

    async def _is_known(self, chunk_ids: Sequence[ChunkId]) -> bool:
        """Whether a pack that any of these lie in was named already."""
        async with self.repository.database.account(self.repository.account_id) as connection:
            rows = await connection.fetch(_SQL.packs_of_chunk, self.repository.account_id, list(chunk_ids))
        return any(PackId(row["pack_id"]) in self.bad_packs for row in rows)


def _fault(code: FaultCode, entry: TreeEntry, message: str) -> Fault:
    key = entry.key
    return Fault(code=code, where=f"record/{key.workspace_id}/{key.kind}/{key.external_id}", message=message)
