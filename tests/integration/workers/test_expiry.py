"""Expiry as an operation: what goes, in which order, what a hold keeps, and that the rest is whole."""

import random
from datetime import timedelta

import pytest

from store import connected_apps, holds, log, retentions, snapshots
from store.checks.fault import Depth
from store.errors import Unavailable
from store.log import Log
from store.operations import OperationStatus
from store.retention import Retention
from tests.integration.workers.test_verify import verify
from tests.unit.store.auditor import ask
from workers import expire
from workers.queue import start_expiry

LAST_ONLY = Retention(days=1)


@pytest.fixture
async def held(bench, monkeypatch):
    """Three snapshots, each with files of its own; nothing is too young to be swept."""
    monkeypatch.setattr("store.sweep.YOUNG", timedelta(0))
    monkeypatch.setattr("store.compact.YOUNG", timedelta(0))
    for day in "abc":
        bench.app.boards["board0"][f"card{day}"] = {"name": day}
        bench.app.files["card00"] = (day, random.Random(day).randbytes(30_000))
        await bench.back_up()
    return bench


async def keep(bench, retention):
    async with bench.runtime.database.account(bench.account_id) as connection:
        await retentions.put(connection, bench.account_id, None, retention)


async def expiry(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        operation = await start_expiry(connection, account_id=bench.account_id)
    return await bench.perform(operation)


async def living(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        found = await snapshots.list_snapshots(connection, bench.connected.connection_id)
    return [snapshot.seq for snapshot in found]


def bytes_stored(bench):
    return sum(bench.runtime.backend.size(name) for name in bench.runtime.backend.list("packs/"))


async def is_proven(bench):
    """What an auditor makes of the bucket."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        key = (await log.vkeys(connection, bench.account_id))[-1]
    return ask("--key", key, "bucket", bench.runtime.settings.store_address.removeprefix("file://"))


async def test_without_a_retention_nothing_goes(held):
    before = list(held.runtime.backend.list(""))
    done = await expiry(held)

    assert {"snapshots": 0, "packs": 0, "stored_bytes": 0} == done.result
    assert [3, 2, 1] == await living(held)
    assert before == list(held.runtime.backend.list(""))


async def test_what_no_retention_keeps_goes_and_the_rest_is_whole(held):
    before = await held.held()
    size_bytes = bytes_stored(held)
    await keep(held, LAST_ONLY)
    done = await expiry(held)

    assert OperationStatus.SUCCEEDED is done.status
    assert (2, []) == (done.result["snapshots"], done.warnings)
    # The first file shares its pack with what stays; the second's pack is written anew without it.
    assert done.result["stored_bytes"] > 30_000
    assert bytes_stored(held) < size_bytes - 29_000
    assert [3] == await living(held)
    assert before == await held.held()
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    code, line = await is_proven(held)
    assert (0, True) == (code, "1 snapshots (2 more were given up)" in line)
    assert {"snapshots": 0, "packs": 0, "stored_bytes": 0} == (await expiry(held)).result


async def test_backups_go_on_afterwards(held):
    await keep(held, LAST_ONLY)
    await expiry(held)
    held.app.boards["board1"]["later"] = {"name": "later"}
    await held.back_up()

    assert [4, 3] == await living(held)
    assert "later" in await held.held()
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    assert 0 == (await is_proven(held))[0]


async def test_the_log_says_it_before_anything_is_deleted(held, monkeypatch):
    await keep(held, LAST_ONLY)
    published = Log.publish

    async def refuse(_):
        raise Unavailable("the bucket does not answer")

    packs = list(held.runtime.backend.list("packs/"))
    monkeypatch.setattr(Log, "publish", refuse)
    waiting = await expiry(held)

    assert (OperationStatus.QUEUED, "STORE_UNAVAILABLE") == (waiting.status, waiting.error_code)
    assert set(packs) <= set(held.runtime.backend.list("packs/"))
    # An auditor sees the bucket as the log has it, before and after.
    assert 0 == (await is_proven(held))[0]

    monkeypatch.setattr(Log, "publish", published)
    await held.hasten()
    done = await held.perform(waiting)

    assert OperationStatus.SUCCEEDED is done.status
    assert done.result["packs"] > 0
    assert 0 == (await is_proven(held))[0]


async def test_a_hold_on_the_account_makes_it_fail(held):
    await keep(held, LAST_ONLY)
    await holds.place(await held.runtime.repository(held.account_id), None, reason="r", by="m")
    failed = await expiry(held)

    assert (OperationStatus.FAILED, "HELD") == (failed.status, failed.error_code)
    assert [3, 2, 1] == await living(held)


async def test_a_hold_on_one_connection_keeps_that_and_what_they_share(held):
    async with held.runtime.database.account(held.account_id) as connection:
        other = await connected_apps.create(connection, account_id=held.account_id, app="fake", name="Other")
    await keep(held, LAST_ONLY)
    await holds.place(await held.runtime.repository(held.account_id), other.connection_id, reason="r", by="m")
    packs = list(held.runtime.backend.list("packs/"))
    done = await expiry(held)

    assert (OperationStatus.SUCCEEDED, 2) == (done.status, done.result["snapshots"])
    assert [(expire.HELD, "packs")] == [(warning["code"], warning["where"]) for warning in done.warnings]
    assert packs == list(held.runtime.backend.list("packs/"))
    assert 0 == (await is_proven(held))[0]


async def test_a_held_connection_keeps_its_snapshots(held):
    await keep(held, LAST_ONLY)
    connection_id = held.connected.connection_id
    await holds.place(await held.runtime.repository(held.account_id), connection_id, reason="r", by="m")
    done = await expiry(held)

    assert (OperationStatus.SUCCEEDED, 0) == (done.status, done.result["snapshots"])
    assert [f"connection/{connection_id}", "packs"] == [warning["where"] for warning in done.warnings]
    assert [3, 2, 1] == await living(held)
