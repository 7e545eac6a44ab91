"""The nightly share: once a night, whoever asks and however often."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from store import holds, retentions
from store.retention import Retention
from workers.nightly import tick
from workers.schedule import next_night

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 7, tzinfo=UTC)


async def at(bench, moment):
    return await tick(bench.runtime.database, bench.queue, lambda: moment)


async def started(bench, moment):
    """What a tick starts: kinds with their arguments."""
    found = [await bench.read(operation_id) for operation_id in await at(bench, moment)]
    return [(operation.kind, operation.arguments) for operation in found]


VERIFICATION, EXPIRY = ("verification", {"depth": "rolling"}), ("expiry", {})


async def test_it_starts_once_a_night(bench):
    assert [] == await at(bench, NOON)
    assert [VERIFICATION, EXPIRY] == await started(bench, MORNING)
    assert [] == await at(bench, MORNING)


async def test_nights_that_were_missed_are_made_up_for_once(bench):
    await at(bench, NOON)

    assert 2 == len(await at(bench, MORNING + timedelta(days=9)))
    assert [] == await at(bench, MORNING + timedelta(days=9))


async def test_a_clock_that_was_ahead_keeps_no_account_from_being_verified_and_swept(bench):
    await at(bench, NOON)
    await at(bench, MORNING + timedelta(days=365))
    assert [] == await at(bench, NOON)

    assert [VERIFICATION, EXPIRY] == await started(bench, MORNING)


async def test_who_keeps_everything_is_swept_once_a_week(bench):
    await at(bench, NOON)
    nights = [EXPIRY in await started(bench, MORNING + timedelta(days=day)) for day in range(15)]

    assert [day % 7 == 0 for day in range(15)] == nights


async def test_who_has_a_retention_is_swept_every_night(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        await retentions.put(connection, bench.account_id, None, Retention(days=1))
    await at(bench, NOON)

    assert all([EXPIRY in await started(bench, MORNING + timedelta(days=day)) for day in range(3)])


async def test_nothing_expires_while_a_hold_lies_on_the_account(bench):
    await at(bench, NOON)
    hold = await holds.place(await bench.runtime.repository(bench.account_id), None, reason="r", by="m")
    assert [VERIFICATION] == await started(bench, MORNING)

    await holds.lift(await bench.runtime.repository(bench.account_id), hold.hold_id, reason="r", by="m")

    assert EXPIRY in await started(bench, MORNING + timedelta(days=7))


def test_it_is_night_when_backups_are_done(bench):
    moment = next_night("America/Nuuk", bench.account_id, NOON)

    assert 2 <= moment.astimezone(ZoneInfo("America/Nuuk")).hour < 6
