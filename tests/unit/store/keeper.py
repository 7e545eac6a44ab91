"""What tests of expiry, sweeps, holds and erasure share: giving up, taking away, and looking for every fault."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from store import block, pack_writer, snapshots
from store.checks.nodes import CheckedNodes
from store.checks.snapshots import check_lists, check_needs, check_tree
from store.checks.versions import check_content_is_indexed, check_living, check_steps
from store.compact import compact
from store.expire import expire
from store.log import Log
from store.pack import object_key
from store.record import PackId
from store.retention import Retention
from store.sweep import sweep
from store.sweep_nodes import sweep_nodes
from store.tree.nodes import PostgresNodes
from tests.unit.store.cycle_store import card

UTC = ZoneInfo("UTC")
AT_ONCE = timedelta(0)
LAST_ONLY = Retention(days=1)


async def give_up(store, retention):
    gone = await expire(store.repository, store.connection_id, retention, UTC)
    await Log(store.repository).publish()
    return [one.seq for one in gone]


async def take_away(store):
    await sweep_nodes(store.repository)
    await compact(store.repository, young=AT_ONCE)
    await Log(store.repository).publish()
    return await sweep(store.repository, young=AT_ONCE)


async def living(store):
    return [snapshot.seq for snapshot in reversed(await store.snapshots())]


async def faults(store):
    """Everything that verification finds wrong."""
    found = []
    repository = store.repository
    async with store.transaction() as connection:
        nodes = CheckedNodes(PostgresNodes(connection, repository.account_id), repository.keys.hash_key)
        previous = None
        for snapshot in reversed(await snapshots.list_snapshots(connection, store.connection_id)):
            found += await check_tree(nodes, snapshot)
            found += await check_steps(connection, nodes, previous, snapshot)
            previous = snapshot
        found += await check_needs(connection, previous)
        found += await check_lists(repository.backend, previous)
        found += await check_content_is_indexed(connection, repository.account_id, previous)
        found += await check_living(connection, nodes, previous)
    return found


async def stored_packs(store):
    async with store.transaction() as connection:
        rows = await connection.fetch("select pack_id from packs where swept_at is null")
    return sorted(object_key(PackId(row["pack_id"])) for row in rows)


@pytest.fixture
def small_packs(monkeypatch):
    """Packs of some records each, so that most hold no journal."""
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 20_000)
    monkeypatch.setattr(block, "TARGET_BYTES", 10_000)


def cards(count, word):
    chance = random.Random(word)
    return [card(number, chance.randbytes(500).hex()) for number in range(count)]


def bytes_stored(store):
    return sum(store.repository.backend.size(name) for name in store.repository.backend.list("packs/"))
