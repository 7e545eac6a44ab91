"""Replay: one connection's snapshots, made again from what each changed.

Each tree that is made again has to have the root that its manifest was signed with. What expired has no snapshot, and
its journal counts for the next one that was kept.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from store import objects, snapshots
from store.changes import Changes, add_pack_uses
from store.database import Connection
from store.errors import Corrupt, NotFound
from store.grow import grow_tree, leaves_of_columns
from store.pack import object_key
from store.queries import load
from store.rebuild.entries import Entries
from store.rebuild.found import Found, LossCode
from store.rebuild.kept import Kept
from store.rebuild.manifests import Opened, Step, open_step
from store.record import ConnectionId, OperationId, SnapshotId
from store.repository import Repository
from store.snapshots import Snapshot
from store.tree.node import Leaves
from store.tree.nodes import PostgresNodes

_CYCLE = load("cycle")
_ERASURE = load("erasure")
_SQL = load("rebuild")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a connection's manifests."""

    snapshot_ids: dict[str, SnapshotId]
    """Of every manifest read, by its SHA-256 as the log writes it."""
    latest: Snapshot | None


class Replay:
    """One connection's. Memory: some thousand entries and some megabytes of content, whatever the connection's size."""

    def __init__(self, repository: Repository, connection_id: ConnectionId, kept: Kept, found: Found) -> None:
        self._repository = repository
        self._connection_id = connection_id
        self._kept = kept
        self._found = found

    async def run(self, steps: Sequence[Step]) -> Replayed:
        """Make the snapshots again, oldest first, each in a transaction of its own."""
        snapshot_ids: dict[str, SnapshotId] = {}
        previous: Snapshot | None = None
        pending: list[Opened] = []
        for step in steps:
            try:
                opened = await asyncio.to_thread(open_step, self._repository.backend, self._repository.keys, step.name)
            except (Corrupt, NotFound) as error:
                self._found.lost(LossCode.MANIFEST_LOST, step.name, error)
                continue
            snapshot_ids[f"sha256:{opened.snapshot.manifest_id.hex()}"] = opened.snapshot.snapshot_id
            pending.append(opened)
            if step.expired_at is not None:
                await self._expire(opened, step.expired_at)
                continue
            previous = await self._snapshot(pending, previous)
            pending = []
            self._found.snapshots += 1
            self._found.tell(f"{opened.connection_name}: snapshot {previous.seq} of {steps[-1].seq}")
        if previous is not None:
            await self._finish(previous)
        return Replayed(snapshot_ids=snapshot_ids, latest=previous)

    async def _snapshot(self, pending: Sequence[Opened], previous: Snapshot | None) -> Snapshot:
        """Make the last of these again, with what it and those before it changed since `previous`."""
        operation_id = OperationId(uuid4())
        account_id, described = self._repository.account_id, pending[-1].snapshot
        async with self._repository.database.account(account_id) as connection:
            entries = Entries(connection, self._repository, operation_id, self._kept, self._found)
            journal_packs = [pack_no for opened in pending for pack_no in await entries.read(opened)]
            await entries.stage(described)
            await connection.execute(_SQL.hold_against, operation_id, self._connection_id)
            await connection.execute(_SQL.drop_unchanged, operation_id, self._connection_id)
            await connection.execute(_SQL.drop_never_held, operation_id)
            changes = Changes(self._repository.database, account_id, operation_id, previous)
            await changes.count(connection)
            snapshot = await self._grow(connection, changes, described, previous)
            await connection.execute(_CYCLE.end_versions, operation_id, self._connection_id, snapshot.seq)
            await connection.execute(_CYCLE.begin_versions, operation_id, account_id, self._connection_id, snapshot.seq)
            await connection.execute(_ERASURE.mark_begun, account_id, self._connection_id, snapshot.seq)
            await changes.count_pack_uses(connection, self._connection_id)
            await add_pack_uses(connection, account_id, self._connection_id, Counter(journal_packs))
            await connection.execute(_CYCLE.drop_unused_packs, self._connection_id)
            await snapshots.insert(connection, account_id, snapshot, pending[-1].text)
            await connection.execute(_CYCLE.clear_changes, operation_id)
            await connection.execute(_SQL.clear_entries, operation_id)
        return snapshot

    async def _expire(self, opened: Opened, at: datetime) -> None:
        gone = opened.snapshot
        async with self._repository.database.account(self._repository.account_id) as connection:
            await connection.execute(
                _SQL.insert_expired,
                self._repository.account_id,
                self._connection_id,
                gone.seq,
                gone.snapshot_id,
                gone.finished_at,
                gone.manifest_id,
                opened.journal,
                at,
            )

    async def _grow(
        self, connection: Connection, changes: Changes, described: Snapshot, previous: Snapshot | None
    ) -> Snapshot:
        async def batches() -> AsyncIterator[Leaves]:
            async for columns in changes.in_key_order(connection):
                yield leaves_of_columns(columns)

        nodes = PostgresNodes(connection, self._repository.account_id)
        root = previous.tree_root if previous else None
        if changes.counts:
            root, _ = await grow_tree(nodes, self._repository.keys.hash_key, previous, changes.places, batches())
        if root != described.tree_root:
            where = f"snapshot/{self._connection_id}/{described.seq}"
            self._found.lost(LossCode.TREE_DIFFERS, where, "its tree has another root than it was signed with")
        return replace(described, tree_root=root)

    async def _finish(self, latest: Snapshot) -> None:
        """Bring back what the next cycle goes by: dictionaries, and the packs that are needed."""
        account_id, backend = self._repository.account_id, self._repository.backend
        where = f"objects/{self._connection_id}"
        async with self._repository.database.account(account_id) as connection:
            await connection.execute(_SQL.dictionaries, account_id, self._connection_id)
            needed = {row["pack_id"] for row in await connection.fetch(_CYCLE.needed_packs, self._connection_id)}
            try:
                listed = set(await objects.packs_of(backend, latest)) if latest.object_count else set()
            except (Corrupt, NotFound) as error:
                self._found.lost(LossCode.PACKS_DIFFER, where, error)
                return
            stand = self._kept.stand_for(self._connection_id, listed)
            for old, new in stand.items():
                await connection.execute(_SQL.insert_replaced, account_id, self._connection_id, old, new)
            listed = (listed - stand.keys()) | {new for new in stand.values() if new is not None}
            await connection.execute(_SQL.pin_packs, account_id, self._connection_id, list(listed - needed))
            held = {row["pack_id"] for row in await connection.fetch(_CYCLE.needed_packs, self._connection_id)}
        for pack_id in sorted(listed - held):
            self._found.lost(LossCode.PACK_LOST, object_key(pack_id), "the newest snapshot needs it")
        if held - listed:
            self._found.lost(LossCode.PACKS_DIFFER, where, f"{len(held - listed)} packs more than it was signed with")
