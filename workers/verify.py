"""Verify: all that an account stores, read back and held against everything else, as deep as was asked."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from connectors.rotation import due
from store import snapshots
from store.checks.contents import Contents
from store.checks.fault import Depth, Fault, FaultCode
from store.checks.keys import check_keys
from store.checks.nodes import CheckedNodes
from store.checks.packs import check_pack
from store.checks.snapshots import check_lists, check_manifest, check_needs, check_tree
from store.checks.versions import check_content_is_indexed, check_living, check_steps
from store.database import Connection
from store.errors import Corrupt
from store.queries import load
from store.record import JsonObject, PackId
from store.repository import Repository
from store.snapshots import Snapshot, snapshot_of
from store.tree.nodes import PostgresNodes
from workers.lease import Lease
from workers.runtime import Runtime
from workers.turn import Turn, TurnOver

ROLLING = "rolling"
"""A depth of its own: every byte of the packs whose turn it is tonight, and of nothing else."""
ROLLING_DAYS = 30
"""Within how many days every pack is read back whole."""
_PACKS_AT_ONCE = 100
_KEYS, _PACKS, _SNAPSHOTS, _DONE = "keys", "packs", "snapshots", "done"

_SQL = load("checks")


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Verify an account; what is wrong becomes the operation's warnings. Resumes where it stopped, by its progress."""
    lease.check()
    repository = await runtime.repository(lease.operation.account_id)
    return await Verification(repository, lease, Turn()).run()


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Nothing is left behind: a verification only reads."""


class Verification:
    """One account's. Its place is in the operation's progress, so that another worker can go on."""

    def __init__(self, repository: Repository, lease: Lease, turn: Turn) -> None:
        self._repository = repository
        self._account_id = repository.account_id
        self._lease = lease
        self._turn = turn
        asked = lease.operation.arguments.get("depth", Depth.STRUCTURE)
        self._is_rolling = asked == ROLLING
        self._depth = Depth.CONTENT if self._is_rolling else Depth(asked)
        progress = lease.operation.progress
        self._at: JsonObject = dict(progress.get("at") or {"phase": _KEYS})
        counted = ("done", "packs", "pack_bytes", "snapshots", "records", "faults")
        self._counts = {name: progress.get(name, 0) for name in counted}
        self._faults = list(lease.operation.warnings)
        self._bad_packs = {PackId(bytes.fromhex(name)) for name in progress.get("bad_packs", ())}

    async def run(self) -> JsonObject:
        """Go through everything from where it stands."""
        await self._lease.report({"total": await self._total(), "note": f"verifying: {self._depth}"})
        if self._at["phase"] == _KEYS:
            if not self._is_rolling:
                self._tell(await check_keys(self._repository))
            await self._stand({"phase": _PACKS, "after": 0})
        if self._at["phase"] == _PACKS:
            await self._check_packs()
            await self._stand({"phase": _DONE if self._is_rolling else _SNAPSHOTS, "after": None})
        if self._at["phase"] == _SNAPSHOTS:
            await self._check_snapshots()
            await self._stand({"phase": _DONE})
        return {"depth": ROLLING if self._is_rolling else self._depth.value, **self._counts}

    async def _check_packs(self) -> None:
        wanted = await self._packs_of_tonight() if self._is_rolling else None
        while True:
            async with self._repository.database.account(self._account_id) as connection:
                rows = await connection.fetch(_SQL.packs, self._account_id, self._at["after"], _PACKS_AT_ONCE)
            if not rows:
                return
            for row in rows:
                if wanted is None or row["pack_no"] in wanted:
                    await self._check_one_pack(row)
                self._at["after"] = row["pack_no"]
                await self._stand(self._at)

    async def _check_one_pack(self, row: asyncpg.Record) -> None:
        self._lease.check()
        faults = await check_pack(self._repository, row, self._depth)
        self._tell(faults)
        self._counts["packs"] += 1
        self._counts["done"] += 1
        self._counts["pack_bytes"] += 0 if self._depth is Depth.PRESENCE else row["size_bytes"]
        if faults:
            self._bad_packs.add(PackId(row["pack_id"]))
        elif self._depth is Depth.CONTENT:
            async with self._repository.database.account(self._account_id) as connection:
                await connection.execute(_SQL.checked, self._account_id, row["pack_no"])

    async def _packs_of_tonight(self) -> frozenset[int]:
        async with self._repository.database.account(self._account_id) as connection:
            rows = await connection.fetch(_SQL.pack_dates, self._account_id)
        # A pack was read whole when it was written: it has its turn within the days from then on.
        return due(
            {row["pack_no"]: row["checked_at"] or row["created_at"] for row in rows},
            datetime.now(UTC),
            days=ROLLING_DAYS,
        )

    async def _check_snapshots(self) -> None:
        while True:
            after = self._at["after"]
            async with self._repository.database.account(self._account_id) as connection:
                last = (UUID(after[0]), after[1]) if after else (None, None)
                row = await connection.fetchrow(_SQL.next_snapshot, self._account_id, *last)
                if row is None:
                    return
                snapshot = snapshot_of(row)
                previous = await snapshots.before(connection, snapshot.connection_id, snapshot.seq)
                parent_id = await snapshots.parent_id(connection, snapshot.connection_id, snapshot.seq)
                latest = await snapshots.latest(connection, snapshot.connection_id)
            self._lease.check()
            is_latest = latest == snapshot
            faults = await check_manifest(self._repository, snapshot, row["manifest"], parent_id, self._depth)
            self._tell(faults)
            # Where the row itself is wrong, all that it names would seem wrong too.
            if self._depth is not Depth.PRESENCE and FaultCode.SNAPSHOT_WRONG not in {fault.code for fault in faults}:
                await self._check_state(snapshot, previous, is_latest=is_latest)
            self._counts["snapshots"] += 1
            self._counts["done"] += 1
            await self._stand({"phase": _SNAPSHOTS, "after": [str(snapshot.connection_id), snapshot.seq]})

    async def _check_state(self, snapshot: Snapshot, previous: Snapshot | None, *, is_latest: bool) -> None:
        """Check what a snapshot holds: its tree, its records, the index derived from both."""
        async with self._repository.database.account(self._account_id) as connection:
            nodes = CheckedNodes(PostgresNodes(connection, self._account_id), self._repository.keys.hash_key)
            if previous is None or previous.tree_root != snapshot.tree_root:
                faults = await check_tree(nodes, snapshot)
                self._tell(faults)
                if faults:
                    return
            if self._depth is Depth.CONTENT:
                await self._check_contents(connection, nodes, snapshot, previous)
        if is_latest:
            await self._check_newest(snapshot)

    async def _check_contents(
        self, connection: Connection, nodes: CheckedNodes, snapshot: Snapshot, previous: Snapshot | None
    ) -> None:
        contents = Contents(repository=self._repository, bad_packs=self._bad_packs)
        try:
            self._tell(await check_steps(connection, nodes, previous, snapshot))
            async for records, faults in contents.check(nodes, previous, snapshot):
                self._lease.check()
                self._tell(faults)
                self._counts["records"] += records
                await self._report()
        except Corrupt:
            # A node of the previous tree, which was named when that tree was read.
            return

    async def _check_newest(self, snapshot: Snapshot) -> None:
        """Check what Postgres keeps of a connection's newest snapshot alone."""
        async with self._repository.database.account(self._account_id) as connection:
            # A commit of this connection waits: snapshot and index must be of one moment.
            await connection.execute(_SQL.hold_connection, str(snapshot.connection_id))
            if await snapshots.latest(connection, snapshot.connection_id) != snapshot:
                return
            self._tell(await check_needs(connection, snapshot))
            self._tell(await check_lists(self._repository.backend, snapshot))
            self._tell(await check_content_is_indexed(connection, self._account_id, snapshot))
            if not any(found["code"] == FaultCode.VERSION_WRONG for found in self._faults):
                nodes = PostgresNodes(connection, self._account_id)
                self._tell(await check_living(connection, nodes, snapshot))

    async def _total(self) -> int:
        async with self._repository.database.account(self._account_id) as connection:
            totals = await connection.fetchrow(_SQL.pack_totals, self._account_id)
            count = await connection.fetchval(_SQL.snapshot_count, self._account_id)
        assert totals is not None
        return int(totals["packs"]) + int(count)

    def _tell(self, faults: Sequence[Fault]) -> None:
        self._faults += [asdict(fault) for fault in faults]
        self._counts["faults"] += len(faults)

    async def _stand(self, at: JsonObject) -> None:
        """Say where it stands; give others their turn when this one's is over."""
        self._at = at
        is_over = self._turn.is_over and at["phase"] != _DONE
        await self._report(advanced=is_over or at["phase"] == _DONE)
        if is_over:
            raise TurnOver

    async def _report(self, *, advanced: bool = False) -> None:
        bad = sorted(pack_id.hex() for pack_id in self._bad_packs)
        progress = {**self._counts, "at": dict(self._at), "bad_packs": bad}
        await self._lease.report(progress, advanced=advanced, warnings=self._faults)
