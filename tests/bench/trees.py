"""Tree benches: a million records in Postgres: build, diff, and one record as of a time."""

import os
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from store import snapshots, versions
from store.record import ExternalId, NodeId
from store.tree.build import TreeBuilder
from store.tree.diff import diff
from store.tree.merge import merge
from store.tree.node import Entry, Leaves, leaves_of
from store.tree.nodes import PostgresNodes
from store.tree.update import TreeUpdate
from tests.bench.result import Result
from tests.bench.workbench import CARD, Bench, workbench

RECORDS = 1_000_000
SNAPSHOTS = 365
_CHANGES = 100
_LOOKUPS = 200


def _key(number: int) -> bytes:
    return f"board\0card\0{number:024x}".encode()


def _entry(number: int) -> Entry:
    return _key(number), os.urandom(64) + number.to_bytes(4, "little") + b"list\0" + b"0" * 24


async def _batches() -> AsyncIterator[Leaves]:
    for start in range(0, RECORDS, 5000):
        yield leaves_of([_entry(number) for number in range(start, start + 5000)])


async def trees() -> list[Result]:
    """Build a tree of a million entries, in memory and into Postgres; change a hundred; diff."""
    entries = [_entry(number) for number in range(RECORDS)]
    started = time.perf_counter()
    builder = TreeBuilder(bytes(32))
    builder.add(entries)
    builder.finish()
    built = time.perf_counter() - started
    del entries, builder
    async with workbench() as bench:
        account_id = bench.repository.account_id
        async with bench.repository.database.account(account_id) as connection:
            nodes = PostgresNodes(connection, account_id)
            old, _ = await merge(nodes, nodes, bytes(32), None, _batches())
            update = TreeUpdate(nodes, bytes(32), old)
            chosen = sorted(random.Random(1).sample(range(RECORDS), _CHANGES))
            new = await update.apply([_entry(number) for number in chosen])
            await nodes.put(update.new_nodes)
            seconds, reads = await _diff(nodes, old, new)
    return [
        Result(name="tree-build", value=built, unit="s", target="under 10 s", limit=10.0),
        Result(name="tree-diff", value=seconds * 1000, unit="ms", target="under 50 ms", limit=50.0),
        Result(name="tree-diff-reads", value=reads, unit="nodes", target="under 1,000", limit=1000),
    ]


async def _diff(nodes: PostgresNodes, old: NodeId | None, new: NodeId | None) -> tuple[float, int]:
    times = []
    for _ in range(5):
        nodes.reads = 0
        started = time.perf_counter()
        found = [difference async for batch in diff(nodes, old, new) for difference in batch]
        times.append(time.perf_counter() - started)
        assert len(found) == _CHANGES
    return sorted(times)[2], nodes.reads


async def as_of() -> list[Result]:
    """Find one of a million records as of a time among 365 snapshots, through the index, content included."""
    async with workbench() as bench:
        await _fill(bench)
        source = random.Random(2)
        times = []
        for _ in range(_LOOKUPS):
            moment = _day(source.randrange(1, SNAPSHOTS))
            external_id = ExternalId(f"{source.randrange(RECORDS):024x}")
            started = time.perf_counter()
            async with bench.repository.database.account(bench.repository.account_id) as connection:
                snapshot = await snapshots.as_of_time(connection, bench.connection_id, moment)
                assert snapshot is not None
                found = await versions.as_of(connection, bench.connection_id, CARD, external_id, snapshot.seq)
            times.append(time.perf_counter() - started)
            assert found is not None
    return [Result(name="as-of", value=sorted(times)[_LOOKUPS // 2] * 1000, unit="ms", target="under 5 ms", limit=5.0)]


def _day(seq: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=seq)


async def _fill(bench: Bench) -> None:
    """Fill the index as 365 cycles of which each edits some thousand records would; contents do not matter here."""
    async with bench.repository.database.account(bench.repository.account_id) as connection:
        await connection.execute(_FILL_VERSIONS, bench.repository.account_id, bench.connection_id, RECORDS, SNAPSHOTS)
        for seq in range(1, SNAPSHOTS + 1):
            await connection.execute(
                _FILL_SNAPSHOT, uuid4(), bench.repository.account_id, bench.connection_id, seq, _day(seq), RECORDS
            )
    async with bench.repository.database.pool.acquire() as connection:
        await connection.execute("vacuum analyze versions")


# Every record is there from the first snapshot; every second one was edited once, on a day spread over the year.
_FILL_VERSIONS = """
insert into versions (account_id, connection_id, kind, external_id, from_seq, to_seq, change, workspace_id,
                      content_id, size_bytes, pack_no)
select $1, $2, 'card', lpad(to_hex(number), 24, '0'), state.from_seq, state.to_seq, 'edited', 'board',
       sha256(number::text::bytea), 2000, 1
from generate_series(0, $3::bigint - 1) as number
cross join lateral (
    select 1 as from_seq, case when number % 2 = 0 then 2 + number % ($4::bigint - 2) end as to_seq
    union all
    select 2 + number % ($4::bigint - 2), null where number % 2 = 0
) as state
"""
_FILL_SNAPSHOT = """
insert into snapshots (snapshot_id, account_id, connection_id, seq, operation_id, started_at, finished_at, record_count,
                       audit_root, objects_root, object_count, added, edited, moved, deleted, stored_bytes, manifest,
                       manifest_id, connector_state)
values ($1, $2, $3, $4, $1, $5, $5, $6, '', '', 0, 0, 0, 0, 0, 0, '', '', '{}')
"""
