"""The schedule on Postgres: each connection once an evening, whoever asks and however often."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store import accounts, connected_apps, operations, schedules
from store.connected_apps import ConnectionStatus
from store.database import Database
from workers.schedule import next_evening, next_full, reschedule, tick
from workers.settings import Settings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


async def at(bench, moment):
    return await tick(bench.runtime.database, bench.queue, lambda: moment)


async def next_at(bench):
    async with bench.runtime.database.system() as connection:
        return await schedules.next_of(connection, bench.connected.connection_id)


async def finish(bench, operation_id):
    async with bench.runtime.database.account(bench.account_id) as connection:
        await operations.request_cancel(connection, bench.account_id, operation_id)


async def test_a_new_connection_waits_for_its_evening(bench):
    assert [] == await at(bench, NOON)
    assert next_evening("UTC", bench.connected.connection_id, NOON) == await next_at(bench)


async def test_it_starts_once_in_the_evening(bench):
    await at(bench, NOON)
    started = await at(bench, MIDNIGHT)

    assert 1 == len(started)
    assert "queued" == (await bench.read(started[0])).status
    assert [] == await at(bench, MIDNIGHT)
    assert next_evening("UTC", bench.connected.connection_id, MIDNIGHT) == await next_at(bench)


async def test_of_many_schedulers_one_leads(bench, database_url):
    await at(bench, NOON)
    others = [await Database.open(database_url, connections=1) for _ in range(3)]
    try:
        started = await asyncio.gather(*(tick(other, bench.queue, lambda: MIDNIGHT) for other in others))
    finally:
        for other in others:
            await other.close()

    assert 1 == sum(len(each) for each in started)


async def test_evenings_that_were_missed_are_made_up_for_once(bench):
    await at(bench, NOON)
    later = MIDNIGHT + timedelta(days=5)

    assert 1 == len(await at(bench, later))
    assert [] == await at(bench, later)


async def test_a_backup_under_way_is_this_evenings(bench):
    await at(bench, NOON)
    operation = await bench.start()

    assert [] == await at(bench, MIDNIGHT)
    await finish(bench, operation.operation_id)
    assert [] == await at(bench, MIDNIGHT)
    assert 1 == len(await at(bench, MIDNIGHT + timedelta(days=1)))


async def test_a_paused_connection_is_left_alone(bench):
    await at(bench, NOON)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await connected_apps.set_status(
            connection, bench.account_id, bench.connected.connection_id, ConnectionStatus.PAUSED
        )

    assert [] == await at(bench, MIDNIGHT)


async def is_full(bench, started):
    return (await bench.read(started[0])).arguments.get("full")


async def test_a_week_has_one_full_read_and_one_that_was_missed_is_made_up_for(bench):
    await at(bench, NOON)
    asked = []
    for day in range(14):
        started = await at(bench, MIDNIGHT + timedelta(days=day))
        asked.append(await is_full(bench, started))
        if asked[-1]:
            async with bench.runtime.database.system() as connection:
                full_at = next_full(bench.connected.connection_id, MIDNIGHT + timedelta(days=day), every_days=7)
                await schedules.set_next_full(connection, bench.connected.connection_id, full_at)
        await finish(bench, started[0])

    assert 2 == asked.count("scheduled")
    assert 12 == asked.count(None)
    assert 7 == len(asked) - 1 - asked[::-1].index("scheduled") - asked.index("scheduled")


async def test_a_full_read_that_failed_is_asked_for_again(bench):
    await at(bench, NOON)
    later = MIDNIGHT + timedelta(days=7)
    for day in range(3):
        started = await at(bench, later + timedelta(days=day))
        assert "scheduled" == await is_full(bench, started)
        await finish(bench, started[0])


async def test_a_full_read_that_was_made_is_due_again_in_a_week(bench):
    await bench.back_up()
    await at(bench, NOON)
    await bench.perform(await bench.start(full=True))

    async with bench.runtime.database.system() as connection:
        turn = await connection.fetchval("select next_full_at from schedules")
    now = datetime.now(UTC)
    assert now < turn <= now + timedelta(days=7)


async def test_a_scheduler_whose_clock_was_a_year_ahead_leaves_no_connection_without_backups(bench):
    await at(bench, NOON)
    ahead = MIDNIGHT + timedelta(days=365)
    (started,) = await at(bench, ahead)
    await finish(bench, started)
    assert await next_at(bench) > ahead
    assert [] == await at(bench, NOON)
    async with bench.runtime.database.system() as connection:
        full_at = await connection.fetchval("select next_full_at from schedules")

    assert next_evening("UTC", bench.connected.connection_id, NOON) == await next_at(bench)
    assert full_at <= NOON + timedelta(days=7)
    assert 1 == len(await at(bench, MIDNIGHT))


async def test_a_scheduler_whose_clock_was_behind_starts_once_when_it_is_right(bench):
    await at(bench, NOON)
    assert [] == await at(bench, NOON - timedelta(days=400))
    assert 1 == len(await at(bench, MIDNIGHT))
    assert [] == await at(bench, MIDNIGHT)


async def test_an_account_that_moves_is_backed_up_in_its_new_evening(bench):
    await at(bench, NOON)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await accounts.update(connection, bench.account_id, time_zone="Pacific/Auckland")
        await reschedule(connection, bench.account_id, "Pacific/Auckland", NOON)

    assert next_evening("Pacific/Auckland", bench.connected.connection_id, NOON) == await next_at(bench)


async def test_what_is_due_when_an_account_moves_is_due_all_the_same(bench):
    await at(bench, NOON)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await reschedule(connection, bench.account_id, "Pacific/Auckland", MIDNIGHT)

    assert 1 == len(await at(bench, MIDNIGHT))


async def test_nobody_can_change_how_often():
    """Neither a setting, nor a mutation, nor an argument of the shell: once a day is once a day."""
    schema = (Path(__file__).parents[3] / "schema.graphql").read_text()
    words = re.findall(r"(?i)\b\w*(?:frequency|interval|cron|schedule|everyHours|nextAt)\w*\b", schema)

    assert {"nextAt"} >= set(words)
    assert {"full_every_days"} == {name for name in Settings.model_fields if re.search("every|interval|hour", name)}
