"""Commit: turns what a cycle staged into a snapshot, in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from store import keeping, log_entry, manifest, objects, replace, snapshots, statement
from store.changes import Changes, add_pack_uses
from store.database import Connection
from store.errors import Conflict, NotFound, Outdated
from store.grow import Grown, grow
from store.log import Log
from store.pack_writer import PackWriter
from store.queries import load
from store.record import ConnectionId, JsonObject, OperationId, PackId, SnapshotId
from store.repository import Repository
from store.snapshots import Snapshot
from store.stage import need

_SQL = load("cycle")
_KEEPING = load("keeping")
_ERASURE = load("erasure")


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
    """Order of writes: packs and their index, tree nodes, the manifest's object, and last one transaction.

    Only that makes any of it count, so a crash leaves garbage, never a hole. The tree grows on a second connection
    while the first indexes the versions. The transaction appends the snapshot to the account's log too; the backup is
    complete once a checkpoint covers that entry (`store.log`).
    """

    def __init__(
        self, repository: Repository, writer: PackWriter, previous: Snapshot | None, result: CycleResult
    ) -> None:
        self._repository = repository
        self._writer = writer
        self._previous = previous
        self._result = result
        self._seq = previous.seq + 1 if previous else 1

    async def run(self, changes: Changes) -> Snapshot:
        """Commit changes that were found.

        Conflict when another cycle has committed since `previous`; Outdated when something was swept that the cycle had
        relied on, or Postgres lost what it had staged: then it has to be read from its beginning.
        """
        async with self._repository.database.account(self._repository.account_id) as connection:
            await self._claim(connection)
            if not changes.counts and self._previous:
                return await self._keep_unchanged(connection, self._previous)
            try:
                async with asyncio.TaskGroup() as group:
                    growing = group.create_task(self._grow(changes))
                    keeping_versions = group.create_task(self._keep_versions(connection, changes))
            except BaseExceptionGroup as both:
                raise both.exceptions[0] from None
            return await self._keep_changed(connection, changes, growing.result(), keeping_versions.result())

    async def _claim(self, connection: Connection) -> None:
        connection_id = self._result.connection_id
        await keeping.adding(connection, self._repository.account_id)
        await connection.execute(_SQL.lock_connection, str(connection_id))
        if await snapshots.latest(connection, connection_id) != self._previous:
            raise Conflict(f"connection {connection_id} has a newer snapshot than this cycle started from")
        await need(connection, self._result.operation_id)

    async def _grow(self, changes: Changes) -> Grown:
        async with self._repository.database.account(self._repository.account_id) as connection:
            grown = await grow(connection, self._repository, self._writer, self._previous, changes)
        await self._writer.flush()
        return grown

    async def _keep_versions(self, connection: Connection, changes: Changes) -> list[PackId]:
        """Index the versions and count which packs they need; returns the packs that were needed before.

        Outdated unless they are as many as the changes that the tree is made of, which may come from memory.
        """
        operation_id, connection_id = self._result.operation_id, self._result.connection_id
        await connection.execute(_SQL.end_versions, operation_id, connection_id, self._seq)
        begun = await connection.execute(
            _SQL.begin_versions, operation_id, self._repository.account_id, connection_id, self._seq
        )
        if begun != f"INSERT 0 {changes.living}":
            raise Outdated(f"of what operation {operation_id} had read, not all is staged any more: read it again")
        if await connection.fetchval(_ERASURE.has_tombstones, self._repository.account_id):
            await connection.execute(_ERASURE.mark_begun, self._repository.account_id, connection_id, self._seq)
        before = await self._needed_packs(connection)
        await changes.count_pack_uses(connection, connection_id)
        return before

    async def _keep_changed(
        self, connection: Connection, changes: Changes, grown: Grown, before: Sequence[PackId]
    ) -> Snapshot:
        connection_id = self._result.connection_id
        await add_pack_uses(connection, self._repository.account_id, connection_id, Counter(grown.journal_packs))
        await connection.execute(_SQL.drop_unused_packs, connection_id)
        await self._need_packs(connection)
        return await self._keep(connection, changes.counts, grown, await self._list_packs(connection, before))

    async def _list_packs(self, connection: Connection, before: Sequence[PackId]) -> tuple[bytes, int]:
        """Write which packs this snapshot needs that the last one was not signed with; returns root and count."""
        connection_id = self._result.connection_id
        packs = await self._needed_packs(connection)
        signed = await replace.signed_with(connection, connection_id, before)
        await replace.forget(connection, connection_id)
        root = objects.root(packs)
        # Named by its content too: an attempt that failed may have left another list of the same number.
        name = objects.object_name(connection_id, self._seq, root)
        await asyncio.to_thread(self._repository.backend.put, name, objects.encode(signed, packs))
        return root, len(packs)

    async def _need_packs(self, connection: Connection) -> None:
        """What the cycle found stored already, or itself stored long ago, may have been swept since: nobody knew."""
        if lost := await connection.fetchval(_KEEPING.lost_packs, self._result.connection_id):
            raise Outdated(
                f"{lost} packs that this cycle of {self._result.connection_id} relied on were swept meanwhile"
            )

    async def _needed_packs(self, connection: Connection) -> list[PackId]:
        rows = await connection.fetch(_SQL.needed_packs, self._result.connection_id)
        return [PackId(row["pack_id"]) for row in rows]

    async def _keep_unchanged(self, connection: Connection, previous: Snapshot) -> Snapshot:
        """Keep a snapshot that is the last one at a later time: no pack, no node, no version is written."""
        needs = (previous.objects_root, previous.object_count)
        if await replace.is_signed_otherwise(connection, self._result.connection_id):
            needs = await self._list_packs(connection, await self._needed_packs(connection))
        same = Grown(
            tree_root=previous.tree_root,
            audit_root=previous.audit_root,
            record_count=previous.record_count,
            journal=(),
            journal_packs=(),
        )
        return await self._keep(connection, {}, same, needs)

    async def _keep(
        self, connection: Connection, counts: Mapping[str, int], grown: Grown, needs: tuple[bytes, int]
    ) -> Snapshot:
        result, previous = self._result, self._previous
        objects_root, object_count = needs
        snapshot_id, stored_bytes = SnapshotId(uuid4()), self._writer.stored_bytes
        connected = await connection.fetchrow(_SQL.connected, result.connection_id)
        if connected is None:
            raise NotFound(f"connection {result.connection_id} is no more")
        described = manifest.Manifest(
            snapshot_id=snapshot_id,
            account_id=self._repository.account_id,
            connection_id=result.connection_id,
            app=connected["app"],
            connection_name=connected["name"],
            seq=self._seq,
            operation_id=result.operation_id,
            parent=previous.manifest_id if previous else None,
            started_at=result.started_at,
            finished_at=result.finished_at,
            tree_root=grown.tree_root,
            record_count=grown.record_count,
            audit_root=grown.audit_root,
            object_count=object_count,
            objects_root=objects_root,
            added=counts.get("added", 0),
            edited=counts.get("edited", 0),
            moved=counts.get("moved", 0),
            deleted=counts.get("deleted", 0),
            journal=grown.journal,
            stored_bytes=stored_bytes,
            ledger=result.ledger,
            warnings=result.warnings,
        )
        text = manifest.encode(described)
        sealed = manifest.seal(self._repository.keys, text, result.connector_state)
        name = manifest.object_name(result.connection_id, self._seq, sealed)
        await asyncio.to_thread(self._repository.backend.put, name, sealed)
        snapshot = Snapshot(
            snapshot_id=snapshot_id,
            connection_id=result.connection_id,
            seq=self._seq,
            operation_id=result.operation_id,
            started_at=result.started_at,
            finished_at=result.finished_at,
            tree_root=grown.tree_root,
            record_count=grown.record_count,
            audit_root=grown.audit_root,
            objects_root=objects_root,
            object_count=object_count,
            added=described.added,
            edited=described.edited,
            moved=described.moved,
            deleted=described.deleted,
            stored_bytes=stored_bytes,
            manifest_id=sha256(sealed).digest(),
            connector_state=result.connector_state,
        )
        await snapshots.insert(connection, self._repository.account_id, snapshot, text)
        # Last, because the log is the whole account's: other connections' commits wait from here on.
        parent = previous.manifest_id if previous else None
        said = statement.of(self._repository.keys, snapshot.manifest_id, text)
        entry = log_entry.snapshot(self._repository.keys, snapshot, parent=parent, said=said)
        await Log(self._repository).append(connection, entry, snapshot_id=snapshot.snapshot_id)
        return snapshot
