"""Drills: a sample restored, compared, thrown away, and what came of it signed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest

from store import log_keys, note, operations, restores
from store.errors import Unproven
from store.operations import Operation, OperationStatus
from tests.integration.restoring.conftest import Bench
from workers import drilling
from workers.queue import start_drill
from workers.restoring.into import Into


async def drill(bench: Bench, into: Into) -> Operation:
    async with bench.runtime.database.account(bench.account_id) as connection:
        queued = await start_drill(
            connection, account_id=bench.account_id, connection_id=bench.connected.connection_id, into=into
        )
    return await bench.perform(queued)


async def read_statement(bench: Bench, text: str) -> dict:
    async with bench.runtime.database.account(bench.account_id) as connection:
        keys = await log_keys.load_keys(connection, (await bench.runtime.repository(bench.account_id)).keys)
    found = note.verify(text.encode(), keys.verifiers)
    first, second = found.text.rstrip("\n").split("\n")
    assert "holdfast drill v1" == first
    return orjson.loads(second)


async def last_entry(bench: Bench) -> dict:
    async with bench.runtime.database.account(bench.account_id) as connection:
        return orjson.loads(await connection.fetchval("select entry from log_entries order by entry_no desc limit 1"))


async def test_a_drill_into_memory_writes_nothing_to_the_app_and_signs_what_came_of_it(bench: Bench):
    done = await drill(bench, Into.MEMORY)

    assert OperationStatus.SUCCEEDED is done.status, done.error_message
    said = await read_statement(bench, done.result["statement"])
    assert [] == bench.calls()
    assert ("memory", 1, str(done.operation_id)) == (said["into"], said["snapshot"], said["operation"])
    assert said["records"] == done.result["results"]
    assert not {"failed", "wrong", "extra"} & said["records"].keys()
    assert said["records"].get("lost", 0) + said["records"].get("equal", 0) > 0
    entry = await last_entry(bench)
    assert ("drill", 0, sum(said["records"].values())) == (entry["kind"], entry["failed"], entry["records"])


async def test_a_drill_into_a_scratch_workspace_leaves_nothing_behind(bench: Bench):
    before = set(bench.world.boards.by_id)

    done = await drill(bench, Into.SCRATCH)
    calls = bench.calls()

    assert OperationStatus.SUCCEEDED is done.status, done.error_message
    said = await read_statement(bench, done.result["statement"])
    assert "scratch" == said["into"]
    assert not {"failed", "wrong", "extra"} & said["records"].keys()
    assert before == set(bench.world.boards.by_id)
    assert calls[0] == "POST /boards"
    assert calls[-1].startswith("DELETE /boards/")
    # Nobody is told: no person is added to it.
    assert [] == [call for call in calls if "/members/" in call]
    # What it made is no part of what later restores find.
    async with bench.runtime.database.account(bench.account_id) as connection:
        assert 0 == await connection.fetchval("select count(*) from restored")


async def test_a_scratch_workspace_says_what_it_is_and_is_private(bench: Bench, monkeypatch):
    seen = []
    real = restores.set_finished

    async def look(*arguments, **more):
        seen.extend((board["name"], board["prefs"]["permissionLevel"]) for board in bench.world.boards)
        return await real(*arguments, **more)

    monkeypatch.setattr(restores, "end_step", _watching(restores.end_step, bench, seen))
    monkeypatch.setattr(restores, "set_finished", look)
    await drill(bench, Into.SCRATCH)

    names = {(name, level) for name, level in seen if name.startswith("Holdfast drill")}
    assert {"private"} == {level for _, level in names}


def _watching(real, bench, seen):
    async def watch(*arguments, **more):
        seen.extend((board["name"], board["prefs"]["permissionLevel"]) for board in bench.world.boards)
        return await real(*arguments, **more)

    return watch


async def test_a_cancelled_drill_clears_up(bench: Bench, monkeypatch):
    before = set(bench.world.boards.by_id)
    async with bench.runtime.database.account(bench.account_id) as connection:
        queued = await start_drill(
            connection, account_id=bench.account_id, connection_id=bench.connected.connection_id, into=Into.SCRATCH
        )
    ended = 0
    real = restores.end_step

    async def cancel(connection, plan, ordinal, **more):
        nonlocal ended
        await real(connection, plan, ordinal, **more)
        ended += 1
        if ended == 3:
            await operations.request_cancel(connection, bench.account_id, queued.operation_id)

    monkeypatch.setattr("workers.lease.REPORT_SECONDS", 0)
    monkeypatch.setattr(restores, "end_step", cancel)

    done = await bench.perform(queued)

    assert OperationStatus.CANCELLED is done.status
    assert before == set(bench.world.boards.by_id)


async def test_a_record_that_cannot_be_read_is_found_by_a_drill(bench: Bench, tmp_path):
    async with bench.runtime.database.account(bench.account_id) as connection:
        await connection.execute("delete from chunks")

    done = await drill(bench, Into.MEMORY)

    # The plan needs every record of its sample: one that is missing is told, and no statement is signed.
    assert OperationStatus.FAILED is done.status
    assert "STORE_CORRUPT" == done.error_code


async def test_a_statement_that_was_altered_is_not_believed(bench: Bench):
    done = await drill(bench, Into.MEMORY)

    with pytest.raises(Unproven):
        await read_statement(bench, done.result["statement"].replace('"snapshot":1', '"snapshot":2'))


async def test_every_connection_is_drilled_once_in_so_many_days(bench: Bench):
    start = datetime(2026, 6, 1, 12, tzinfo=UTC)
    started: list[datetime] = []
    for day in range(90):
        now = start + timedelta(days=day)
        if await drilling.tick(
            bench.runtime.database, bench.queue, lambda now=now: now, every_days=30, into=Into.MEMORY
        ):
            started.append(now)

    assert 3 >= len(started) >= 2
    assert all(timedelta(days=29) <= later - earlier <= timedelta(days=31) for earlier, later in pairwise(started))
    assert [] == await drilling.tick(
        bench.runtime.database, bench.queue, lambda: start + timedelta(days=400), every_days=0, into=Into.MEMORY
    )
