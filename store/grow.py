"""Grow: the next snapshot's tree, audit root and journal, from the last tree and the changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from store.audit import audit_tree
from store.changes import Changes, Columns
from store.database import Connection
from store.entry import encode_tails
from store.journal import encode_columns
from store.keys import content_id
from store.pack_writer import PackWriter
from store.record import ChunkId, Kind, NodeId
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.merge import merge
from store.tree.node import Leaves, changes_of
from store.tree.nodes import PostgresNodes
from store.tree.update import TreeUpdate

JOURNAL_KIND = Kind("journal")
"""The kind of the journal's blocks, in every app: no record is of this kind."""
_UPDATE_AT_MOST = 20_000  # changes; above, memory would grow with them
_ENTRIES_A_CHANGE = 32  # below, most leaves change anyway and one pass over the whole tree is cheaper


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What a snapshot is made of."""

    tree_root: NodeId | None
    audit_root: bytes
    record_count: int
    journal: tuple[ChunkId, ...]
    journal_packs: tuple[int, ...]


async def grow(
    connection: Connection, repository: Repository, writer: PackWriter, previous: Snapshot | None, changes: Changes
) -> Grown:
    """Make tree and journal in one pass over the changes. New nodes are garbage unless a snapshot names the root."""
    nodes = PostgresNodes(connection, repository.account_id)
    journal = _Journal(repository, writer)
    batches = _leaves(changes.in_key_order(connection), journal)
    shape_key = repository.keys.hash_key
    old_root = previous.tree_root if previous else None
    if previous and changes.places <= min(_UPDATE_AT_MOST, previous.record_count // _ENTRIES_A_CHANGE):
        update = TreeUpdate(nodes, shape_key, old_root)
        root = await update.apply([change async for batch in batches for change in changes_of(batch)])
        await nodes.put(update.new_nodes)
        audit = await audit_tree(nodes, root)
    else:
        root, audit = await merge(nodes, nodes, shape_key, old_root, batches)
    return Grown(
        tree_root=root,
        audit_root=audit.root(),
        record_count=audit.count,
        journal=tuple(journal.chunks),
        journal_packs=tuple(journal.packs),
    )


class _Journal:
    def __init__(self, repository: Repository, writer: PackWriter) -> None:
        self._repository = repository
        self._writer = writer
        self.chunks: list[ChunkId] = []
        self.packs: list[int] = []

    async def write(self, columns: Columns) -> None:
        segment = encode_columns(columns[:-1])
        chunk_id = ChunkId(content_id(self._repository.keys, segment))
        (packs,) = await self._writer.add(JOURNAL_KIND, [(chunk_id, segment)])
        self.chunks.append(chunk_id)
        self.packs += packs


async def _leaves(batches: AsyncIterator[Columns], journal: _Journal) -> AsyncIterator[Leaves]:
    """Make tree entries of rows, writing the journal on the way."""
    async for columns in batches:
        await journal.write(columns)
        workspaces, kinds, ids, parent_kinds, parent_ids, contents, sizes, _, _, _, hashes = columns
        yield Leaves(
            keys=[
                f"{workspace}\0{kind}\0{one}".encode()
                for workspace, kind, one in zip(workspaces, kinds, ids, strict=True)
            ],
            content_ids=[content or b"" for content in contents],
            hashes=[one or b"" for one in hashes],
            tails=encode_tails(sizes, parent_kinds, parent_ids),
        )
