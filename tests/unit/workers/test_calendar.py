"""The calendar: each day's word, whatever the zone does."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given

from store.calendar import Tally
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.record import AccountId, ConnectionId
from tests.unit.workers.test_schedule import moments, zones
from workers.calendar import LEGEND, Day, Outcome, bounds_of, outcome, strip, today
from workers.schedule import next_evening

BERLIN = "Europe/Berlin"
DAY = date(2026, 11, 2)


def tally(**counts) -> Tally:
    none = dict.fromkeys(Tally.__dataclass_fields__, 0) | {"warnings": None, "last_id": None, "records": None}
    return Tally(**none | counts)


def connected(**changes) -> ConnectedApp:
    fields = {
        "connection_id": ConnectionId(UUID(int=7)),
        "account_id": AccountId(UUID(int=1)),
        "app": "trello",
        "name": "Trello",
        "status": ConnectionStatus.ACTIVE,
        "status_reason": None,
        "included": None,
        "excluded": frozenset(),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return ConnectedApp(**fields | changes)


def of(counts: Tally, now: datetime, **changes) -> Outcome:
    return outcome(counts, connected(**changes), BERLIN, now, bounds_of(DAY, BERLIN))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"succeeded": 1}, Outcome.SUCCEEDED),
        ({"succeeded": 1, "warnings": 0, "failed": 3}, Outcome.SUCCEEDED),
        ({"succeeded": 2, "warnings": 4}, Outcome.WARNED),
        ({"open": 1, "failed": 1}, Outcome.RUNNING),
        ({"failed": 1, "cancelled": 1}, Outcome.FAILED),
        ({"cancelled": 1}, Outcome.CANCELLED),
    ],
)
def test_the_best_backup_of_a_day_counts(counts, expected):
    assert expected is of(tally(**counts), datetime(2026, 11, 5, tzinfo=UTC))


def test_a_day_without_a_backup_is_due_until_its_evening_and_then_missed():
    evening = next_evening(BERLIN, connected().connection_id, bounds_of(DAY, BERLIN)[0])

    assert Outcome.DUE is of(tally(), evening - timedelta(minutes=1))
    # The scheduler's own half minute, and the worker's, are no miss.
    assert Outcome.DUE is of(tally(), evening + timedelta(minutes=1))
    assert Outcome.MISSED is of(tally(), evening + timedelta(minutes=3))


def test_nothing_is_missed_that_was_not_wanted():
    later = datetime(2026, 11, 9, tzinfo=UTC)

    assert Outcome.NONE is of(tally(), later, created_at=datetime(2026, 11, 3, tzinfo=UTC))
    assert Outcome.NONE is of(tally(), later, status=ConnectionStatus.PAUSED)
    assert Outcome.MISSED is of(tally(), later, status=ConnectionStatus.NEEDS_ATTENTION)


def test_a_day_that_the_zone_left_out_wanted_none():
    bounds = bounds_of(date(2011, 12, 30), "Pacific/Apia")
    old = connected(created_at=datetime(2000, 1, 1, tzinfo=UTC))

    assert bounds[0] == bounds[1]
    assert Outcome.NONE is outcome(tally(), old, "Pacific/Apia", datetime(2012, 1, 9, tzinfo=UTC), bounds)


@given(zones, moments)
def test_every_moment_is_in_the_day_that_it_is(time_zone, moment):
    day = today(time_zone, moment)
    opens, closes = bounds_of(day, time_zone)

    assert opens <= moment < closes
    assert closes == bounds_of(day + timedelta(days=1), time_zone)[0]


def test_every_outcome_has_a_sign_that_the_legend_tells():
    days = [Day(date=DAY, outcome=each, tally=tally()) for each in Outcome]

    assert len(Outcome) == len(set(strip(days)))
    assert set(strip(days)) - {" "} <= set(LEGEND)
