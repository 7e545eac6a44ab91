"""Cycles that are interrupted, overtaken, or lose what they had staged."""

import asyncio
from uuid import uuid4

import pytest

from store import stage
from store.errors import Conflict, Outdated, Unavailable
from store.record import (
    OperationId,
)
from store.stage import Stage
from tests.unit.store.cycle_store import BOARD, CARD, card


async def test_an_interrupted_cycle_goes_on_from_what_it_saved(store):
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1)])
        await cycle.save({"at": "second page"}, now=True)
        await cycle.put([card(9, "read after the save, so it does not count")])
    async with store.cycle(operation_id) as cycle:
        assert {"at": "second page"} == cycle.cursor

        await cycle.put([card(2)])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert {("board", "0001"), ("board", "0002")} == (await store.contents(1)).keys()


async def test_nothing_of_a_cycle_arrives_after_it_was_left(store, monkeypatch):
    send = Stage._send

    async def late(self, batches):
        await asyncio.sleep(0.05)
        await send(self, batches)

    monkeypatch.setattr(stage, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(Stage, "_send", late)
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(2), card(3)])
        await cycle.complete(BOARD, [CARD])
        snapshot = await cycle.commit({}, store.clock)

    assert {("board", "0002"), ("board", "0003")} == await store.tree_keys(1) == set(await store.contents(1))
    assert 2 == snapshot.added


async def test_no_snapshot_lacks_what_could_not_be_staged(store, monkeypatch):
    send = Stage._send
    failures = [Unavailable("Postgres does not answer")]

    async def fail_once(self, batches):
        if batches and failures:
            raise failures.pop()
        await send(self, batches)

    monkeypatch.setattr(Stage, "_send", fail_once)
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
        for _ in range(2):
            with pytest.raises(Unavailable):
                await cycle.commit({}, store.clock)
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
        await cycle.commit({}, store.clock)

    assert {("board", "0001"), ("board", "0002")} == await store.tree_keys(1) == set(await store.contents(1))


async def test_a_first_snapshot_has_nothing_of_what_was_read_anew_and_not_found_again(store):
    async with store.cycle() as cycle:
        await cycle.put([card(1), card(2), card(3, workspace="other")])
        await cycle.anew([BOARD])
        await cycle.put([card(2)])
        snapshot = await cycle.commit({}, store.clock)

    assert {("board", "0002"), ("other", "0003")} == await store.tree_keys(1) == set(await store.contents(1))
    assert 2 == snapshot.added == snapshot.record_count


async def crash_of_postgres(store):
    """Leave of the tables that are not logged what a crash leaves: nothing."""
    async with store.transaction() as connection:
        names = await connection.fetch("select relname from pg_class where relpersistence = 'u' and relkind = 'r'")
        for row in names:
            await connection.execute(f"delete from {row['relname']}")


@pytest.mark.parametrize("at", ["save", "compare", "commit"])
async def test_what_postgres_lost_in_a_crash_is_read_again(store, at):
    await store.snapshot([card(1), card(2), card(3)])
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
        await cycle.save({"at": "second page"}, now=True)
        changes = await cycle.compare() if at == "commit" else None
        await crash_of_postgres(store)
        await cycle.put([card(3)])
        await cycle.complete(BOARD, [CARD])

        going_on = {
            "save": lambda: cycle.save({"at": "the end"}, now=True),
            "compare": cycle.compare,
            "commit": lambda: cycle.commit({}, store.clock, changes),
        }
        with pytest.raises(Outdated, match=r"Postgres lost what operation .* had read"):
            await going_on[at]()
    async with store.cycle(operation_id) as cycle:
        assert cycle.cursor is None

        await cycle.put([card(1), card(2), card(3)])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert [3, 3] == [snapshot.record_count for snapshot in await store.snapshots()]


async def test_two_cycles_at_once_make_one_snapshot(store):
    async with store.cycle() as one, store.cycle() as other:
        await one.put([card(1)])
        await other.put([card(1), card(2)])
        await one.commit({}, store.clock)

        with pytest.raises(Conflict):
            await other.commit({}, store.clock)

    assert {("board", "0001")} == (await store.contents(1)).keys()
