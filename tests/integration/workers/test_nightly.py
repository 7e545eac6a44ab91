"""The nightly share: once a night, whoever asks and however often."""

from datetime import UTC, datetime, timedelta

from workers.nightly import tick
from workers.schedule import next_night

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 7, tzinfo=UTC)


async def at(bench, moment):
    return await tick(bench.runtime.database, bench.queue, lambda: moment)


async def test_it_starts_once_a_night(bench):
    assert [] == await at(bench, NOON)
    (started,) = await at(bench, MORNING)
    operation = await bench.read(started)

    assert ("verification", {"depth": "rolling"}) == (operation.kind, operation.arguments)
    assert [] == await at(bench, MORNING)


async def test_nights_that_were_missed_are_made_up_for_once(bench):
    await at(bench, NOON)

    assert 1 == len(await at(bench, MORNING + timedelta(days=9)))
    assert [] == await at(bench, MORNING + timedelta(days=9))


async def test_a_clock_that_was_ahead_keeps_no_account_from_being_verified(bench):
    await at(bench, NOON)
    await at(bench, MORNING + timedelta(days=365))
    assert [] == await at(bench, NOON)

    assert 1 == len(await at(bench, MORNING))


def test_it_is_night_when_backups_are_done(bench):
    moment = next_night("America/Nuuk", bench.account_id, NOON)

    from zoneinfo import ZoneInfo

    assert 2 <= moment.astimezone(ZoneInfo("America/Nuuk")).hour < 6
