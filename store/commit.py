"""Commit: one transaction that turns what a cycle staged into a snapshot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

import asyncpg

from store import manifest, snapshots
from store.audit import audit_root
from store.database import Connection
from store.entry import encode_value
from store.errors import Conflict
from store.journal import CONTENT_PREFIX_BYTES, JournalEntry, encode_segment
from store.keys import content_id, seal_secret
from store.merkle import leaf, root_of
from store.pack_writer import PackWriter
from store.queries import load
from store.record import ChunkId, ConnectionId, JsonObject, Kind, NodeId, OperationId, SnapshotId
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.merge import merge
from store.tree.nodes import PostgresNodes
from store.tree.update import Change, TreeUpdate

_SQL = load("cycle")
_JOURNAL_KIND = Kind("journal")
_GONE = ("deleted", "left")
_ROWS_AT_ONCE = 5000
_UPDATE_AT_MOST = 20_000  # changes; above, memory would grow with them
_ENTRIES_A_CHANGE = 32  # below, most leaves change anyway and one pass over the whole tree is cheaper


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What a finished cycle says besides its records."""

    operation_id: OperationId
    connection_id: ConnectionId
    started_at: datetime
    finished_at: datetime
    connector_state: JsonObject
    ledger: Sequence[JsonObject]
    warnings: Sequence[JsonObject]


class Commit:
    """Packs, index rows and the manifest's object first, then the transaction: a crash leaves garbage, never a hole."""

    def __init__(
        self, repository: Repository, writer: PackWriter, connection: Connection, previous: Snapshot | None
    ) -> None:
        self._repository = repository
        self._writer = writer
        self._connection = connection
        self._previous = previous
        self._nodes = PostgresNodes(connection, repository.account_id)
        self._journal: list[ChunkId] = []
        self._journal_packs: list[int] = []

    async def run(self, result: CycleResult, *, anything_staged: bool) -> Snapshot:
        """Commit within the open transaction; Conflict when another cycle has committed since `previous`."""
        await self._connection.execute(_SQL.lock_connection, str(result.connection_id))
        newest = await snapshots.latest(self._connection, result.connection_id)
        if newest != self._previous:
            raise Conflict(f"connection {result.connection_id} has a newer snapshot than this cycle started from")
        counts = await self._find_changes(result) if anything_staged else {}
        tree_root = await self._new_tree(counts)
        if counts:
            await self._writer.flush()
            await self._keep_versions(result.connection_id)
        return await self._keep_snapshot(result, counts, tree_root)

    @property
    def _seq(self) -> int:
        return self._previous.seq + 1 if self._previous else 1

    async def _find_changes(self, result: CycleResult) -> dict[str, int]:
        await self._connection.execute(_SQL.make_changes)
        await self._connection.execute(_SQL.find_changes, result.operation_id, result.connection_id)
        rows = await self._connection.fetch(_SQL.count_changes)
        return {row["change"]: row["records"] for row in rows}

    async def _new_tree(self, counts: dict[str, int]) -> NodeId | None:
        """Make the new tree, and the journal beside it."""
        old_root = self._previous.tree_root if self._previous else None
        if not counts:
            return old_root
        shape_key = self._repository.keys.hash_key
        changed = sum(counts.values()) + counts.get("moved", 0)
        if self._previous and changed <= min(_UPDATE_AT_MOST, self._previous.record_count // _ENTRIES_A_CHANGE):
            update = TreeUpdate(self._nodes, shape_key, old_root)
            root = await update.apply([change async for batch in self._changes() for change in batch])
            await self._nodes.put(update.new_nodes)
            return root
        root, _ = await merge(self._nodes, self._nodes, shape_key, old_root, self._changes())
        return root

    async def _changes(self) -> AsyncIterator[list[Change]]:
        """Stream the changes in key order, writing the journal on the way."""
        cursor = await self._connection.cursor(_SQL.changes_in_key_order)
        while rows := await cursor.fetch(_ROWS_AT_ONCE):
            await self._write_journal(rows)
            yield [
                (
                    f"{workspace_id}\0{kind}\0{external_id}".encode(),
                    None if change in _GONE else encode_value(content, leaf_hash, size_bytes, parent_kind, parent_id),
                )
                for (
                    workspace_id,
                    kind,
                    external_id,
                    parent_kind,
                    parent_id,
                    content,
                    leaf_hash,
                    size_bytes,
                    change,
                    _,
                    _,
                ) in rows
            ]

    async def _write_journal(self, rows: list[asyncpg.Record]) -> None:
        segment = encode_segment(
            [
                JournalEntry(
                    row["workspace_id"],
                    row["kind"],
                    row["external_id"],
                    row["parent_kind"],
                    row["parent_id"],
                    (row["content_id"] or b"")[:CONTENT_PREFIX_BYTES],
                    row["size_bytes"],
                    row["change"],
                    row["changed_at"],
                    row["changed_by"],
                )
                for row in rows
            ]
        )
        chunk_id = ChunkId(content_id(self._repository.keys, segment))
        (packs,) = await self._writer.add(_JOURNAL_KIND, [(chunk_id, segment)])
        self._journal.append(chunk_id)
        self._journal_packs += packs

    async def _keep_versions(self, connection_id: ConnectionId) -> None:
        account_id = self._repository.account_id
        await self._connection.execute(_SQL.end_versions, connection_id, self._seq)
        await self._connection.execute(_SQL.begin_versions, account_id, connection_id, self._seq)
        await self._connection.execute(_SQL.count_pack_uses, account_id, connection_id, self._journal_packs)
        await self._connection.execute(_SQL.drop_unused_packs, connection_id)

    async def _keep_snapshot(self, result: CycleResult, counts: dict[str, int], tree_root: NodeId | None) -> Snapshot:
        previous = self._previous
        if previous and previous.tree_root == tree_root:
            audit, record_count = previous.audit_root, previous.record_count
        else:
            audit, record_count = await audit_root(self._nodes, tree_root)
        if previous and not counts:
            objects, object_count = previous.objects_root, previous.object_count
        else:
            packs = await self._connection.fetch(_SQL.needed_packs, result.connection_id)
            objects, object_count = root_of([leaf(row["pack_id"]) for row in packs]), len(packs)
        described = manifest.Manifest(
            account_id=self._repository.account_id,
            connection_id=result.connection_id,
            seq=self._seq,
            operation_id=result.operation_id,
            parent=previous.manifest_id if previous else None,
            started_at=result.started_at,
            finished_at=result.finished_at,
            tree_root=tree_root,
            record_count=record_count,
            audit_root=audit,
            object_count=object_count,
            objects_root=objects,
            added=counts.get("added", 0),
            edited=counts.get("edited", 0),
            moved=counts.get("moved", 0),
            deleted=counts.get("deleted", 0),
            journal=self._journal,
            ledger=result.ledger,
            warnings=result.warnings,
        )
        text = manifest.encode(described)
        sealed = seal_secret(self._repository.keys, text, manifest.PURPOSE)
        name = manifest.object_name(result.connection_id, self._seq, sealed)
        await asyncio.to_thread(self._repository.backend.put, name, sealed)
        snapshot = Snapshot(
            snapshot_id=SnapshotId(uuid4()),
            connection_id=result.connection_id,
            seq=self._seq,
            operation_id=result.operation_id,
            started_at=result.started_at,
            finished_at=result.finished_at,
            tree_root=tree_root,
            record_count=record_count,
            audit_root=audit,
            objects_root=objects,
            object_count=object_count,
            added=described.added,
            edited=described.edited,
            moved=described.moved,
            deleted=described.deleted,
            stored_bytes=self._writer.stored_bytes + len(sealed),
            manifest_id=sha256(sealed).digest(),
            connector_state=result.connector_state,
        )
        await snapshots.insert(self._connection, self._repository.account_id, snapshot, text)
        return snapshot
