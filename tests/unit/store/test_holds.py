"""Legal holds: what they make refuse, whom they wait for, what is logged of them."""

import asyncio
import threading
from uuid import uuid4

import pytest

from store import holds, statement
from store.canonical import decode
from store.errors import Conflict, Held, Invalid, NotFound
from store.keys import commitment
from store.log import Log
from store.record import ConnectionId, HoldId
from store.sweep import sweep
from tests.unit.store.cycle_store import card, new_store
from tests.unit.store.keeper import (
    AT_ONCE,
    LAST_ONLY,
    cards,
    give_up,
    living,
    small_packs,
    stored_packs,
    take_away,
)
from tests.unit.store.test_log import published

__all__ = ["small_packs"]


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


@pytest.mark.usefixtures("small_packs")
async def test_a_hold_makes_expiry_and_sweep_refuse(store):
    for word in ("a", "b"):
        await store.snapshot(cards(100, word))
    hold = await holds.place(store.repository, store.connection_id, reason="Doe against Roe", by="command line")
    before = await stored_packs(store)

    with pytest.raises(Held, match=str(hold.hold_id)):
        await give_up(store, LAST_ONLY)
    with pytest.raises(Held):
        await sweep(store.repository, young=AT_ONCE)
    assert [1, 2] == await living(store)
    assert before == await stored_packs(store)

    await holds.lift(store.repository, hold.hold_id, reason="settled", by="command line")

    assert [1] == await give_up(store, LAST_ONLY)
    assert 0 < (await take_away(store)).packs


@pytest.mark.usefixtures("small_packs")
async def test_a_hold_stops_a_sweep_under_way(store, monkeypatch):
    await store.snapshot(cards(200, "gone"))
    await store.snapshot(cards(1, "stays"))
    await give_up(store, LAST_ONLY)
    monkeypatch.setattr("store.sweep._PACKS_AT_ONCE", 2)
    deleted = []
    delete = type(store.repository.backend).delete
    loop, began, may_go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(backend, keys):
        deleted.append(list(keys))
        loop.call_soon_threadsafe(began.set)
        may_go_on.wait()
        delete(backend, deleted[-1])

    monkeypatch.setattr(type(store.repository.backend), "delete", slow)
    sweeping = asyncio.create_task(sweep(store.repository, young=AT_ONCE))
    await began.wait()
    placing = asyncio.create_task(holds.place(store.repository, None, reason="Doe against Roe", by="m1"))
    await somebody_waits(store)
    may_go_on.set()
    await placing

    with pytest.raises(Held):
        await sweeping
    assert 1 == len(deleted)


async def somebody_waits(store):
    """Return once a transaction waits for another one's lock."""
    async with store.transaction() as connection:
        while not await connection.fetchval("select count(*) from pg_locks where not granted"):
            await connection.execute("select pg_sleep(0.01)")


async def test_a_hold_on_one_connection_does_not_keep_anothers_snapshots(store):
    other = await another_connection(store)
    for text in "ab":
        await store.snapshot([card(1, text)])
    await holds.place(store.repository, other, reason="Doe against Roe", by="command line")

    assert [1] == await give_up(store, LAST_ONLY)


async def another_connection(store):
    connection_id = ConnectionId(uuid4())
    async with store.transaction() as connection:
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 'u')",
            connection_id,
            store.repository.account_id,
        )
    return connection_id


async def test_holds_are_logged_and_say_who_and_why(store):
    await store.snapshot([card(1)])
    placed = await holds.place(store.repository, None, reason=" Doe against Roe ", by="m1")
    lifted = await holds.lift(store.repository, placed.hold_id, reason="settled", by="m2")
    await Log(store.repository).publish()
    entries = [decode(entry) for entry in (await published(store))[1]][-2:]

    assert [("hold", True), ("hold", False)] == [(entry["kind"], entry["placed"]) for entry in entries]
    assert {str(placed.hold_id)} == {entry["hold"] for entry in entries}
    assert ("Doe against Roe", "m1", "settled", "m2") == (
        lifted.reason,
        lifted.placed_by,
        lifted.lift_reason,
        lifted.lifted_by,
    )
    for entry, reason in zip(entries, ("Doe against Roe", "settled"), strict=True):
        document = bytes.fromhex(entry["document"].removeprefix("sha256:"))
        text = await statement.read(store.repository.backend, store.repository.keys, document)
        salt = statement.salt(store.repository.keys, document)

        assert reason == decode(text)["reason"]
        assert entry["statement"] == f"sha256:{commitment(salt, text).hex()}"
        assert reason not in str(entry)
    async with store.transaction() as connection:
        assert [lifted] == await holds.of_account(connection, store.repository.keys)


async def test_holds_that_cannot_be(store):
    with pytest.raises(Invalid):
        await holds.place(store.repository, None, reason="  ", by="m1")
    with pytest.raises(NotFound):
        await holds.place(store.repository, ConnectionId(uuid4()), reason="r", by="m1")
    with pytest.raises(NotFound):
        await holds.lift(store.repository, HoldId(uuid4()), reason="r", by="m1")
    hold = await holds.place(store.repository, None, reason="r", by="m1")
    await holds.lift(store.repository, hold.hold_id, reason="r", by="m1")
    with pytest.raises(Conflict):
        await holds.lift(store.repository, hold.hold_id, reason="r", by="m1")
