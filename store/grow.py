"""Grow: the next snapshot's tree, audit root and journal, from the last tree and the changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from store.audit import audit_tree
from store.changes import Changes, Columns
from store.database import Connection
from store.entry import encode_tails
from store.journal import encode_columns
from store.keys import content_id
from store.merkle import RootHash
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

    async def batches() -> AsyncIterator[Leaves]:
        async for columns in changes.in_key_order(connection):
            await journal.write(columns)
            yield leaves_of_columns(columns)

    root, audit = await grow_tree(nodes, repository.keys.hash_key, previous, changes.places, batches())
    if audit is None:
        audit = await audit_tree(nodes, root)
    return Grown(
        tree_root=root,
        audit_root=audit.root(),
        record_count=audit.count,
        journal=tuple(journal.chunks),
        journal_packs=tuple(journal.packs),
    )


async def grow_tree(
    nodes: PostgresNodes, shape_key: bytes, previous: Snapshot | None, places: int, batches: AsyncIterator[Leaves]
) -> tuple[NodeId | None, RootHash | None]:
    """Make the next tree of changes at so many places; return its root, and the audit tree where it came along."""
    old_root = previous.tree_root if previous else None
    if previous is None or places > min(_UPDATE_AT_MOST, previous.record_count // _ENTRIES_A_CHANGE):
        return await merge(nodes, nodes, shape_key, old_root, batches)
    update = TreeUpdate(nodes, shape_key, old_root)
    root = await update.apply([change async for batch in batches for change in changes_of(batch)])
    await nodes.put(update.new_nodes)
    return root, None


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


def leaves_of_columns(columns: Columns) -> Leaves:
    """Make tree entries of rows."""
    workspaces, kinds, ids, parent_kinds, parent_ids, contents, sizes, _, _, _, hashes = columns
    return Leaves(
        keys=[
            f"{workspace}\0{kind}\0{one}".encode() for workspace, kind, one in zip(workspaces, kinds, ids, strict=True)
        ],
        content_ids=[content or b"" for content in contents],
        hashes=[one or b"" for one in hashes],
        tails=encode_tails(sizes, parent_kinds, parent_ids),
    )
