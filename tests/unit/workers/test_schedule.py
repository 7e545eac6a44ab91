"""The evening of a time zone, whatever its clocks do."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.record import ConnectionId
from workers.schedule import next_evening, next_full

BERLIN = "Europe/Berlin"


def connection(number: int) -> ConnectionId:
    return ConnectionId(UUID(int=number))


def local(moment: datetime, time_zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(time_zone))


moments = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
connections = st.integers(0, 2**128 - 1).map(connection)
zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))


@given(zones, connections, moments)
def test_it_is_later_and_in_the_evening(time_zone, connection_id, after):
    moment = next_evening(time_zone, connection_id, after)

    assert moment > after
    assert local(moment, time_zone).time() >= time(18)


@given(zones, connections, moments)
def test_it_comes_once_in_every_evening(time_zone, connection_id, after):
    first = next_evening(time_zone, connection_id, after)
    second = next_evening(time_zone, connection_id, first)

    # Two days where the zone leaves one out; a day is 23 to 25 hours where clocks change.
    assert timedelta(hours=22) < second - first < timedelta(hours=50)
    assert local(first, time_zone).date() < local(second, time_zone).date()


@given(zones, connections, moments)
def test_a_shorter_wait_finds_the_same_moment(time_zone, connection_id, after):
    moment = next_evening(time_zone, connection_id, after)

    assert moment == next_evening(time_zone, connection_id, moment - timedelta(microseconds=1))


def test_a_connection_keeps_its_place_in_the_window():
    one = next_evening(BERLIN, connection(7), datetime(2026, 11, 2, 12, tzinfo=UTC))
    other = next_evening(BERLIN, connection(7), datetime(2026, 11, 3, 12, tzinfo=UTC))

    assert timedelta(days=1) == other - one


@pytest.mark.parametrize("time_zone", [BERLIN, "America/Nuuk", "Asia/Kolkata"])
def test_any_hours_load_is_within_a_tenth_of_even(time_zone):
    noon = datetime(2026, 11, 2, 12, tzinfo=ZoneInfo(time_zone))
    ids = [ConnectionId(uuid5(NAMESPACE_OID, str(number))) for number in range(10_000)]
    hours = Counter(local(next_evening(time_zone, each, noon), time_zone).hour for each in ids)

    assert {18, 19, 20, 21, 22, 23} == hours.keys()
    assert all(abs(count - 10_000 / 6) <= 10_000 / 6 / 10 for count in hours.values())


def test_load_is_even_over_the_days_of_the_week_too():
    ids = [ConnectionId(uuid5(NAMESPACE_OID, str(number))) for number in range(10_000)]
    days = Counter(next_full(each, datetime(2026, 11, 2, 12, tzinfo=UTC), every_days=7) for each in ids)

    assert {datetime(2026, 11, day, tzinfo=UTC) for day in range(3, 10)} == days.keys()
    assert all(abs(count - 10_000 / 7) <= 10_000 / 7 / 10 for count in days.values())


@given(connections, moments, st.integers(1, 30))
def test_a_full_read_comes_every_so_many_days(connection_id, after, days):
    first = next_full(connection_id, after, every_days=days)
    second = next_full(connection_id, first, every_days=days)

    assert timedelta(0) < first - after <= timedelta(days=days)
    assert timedelta(days=days) == second - first


@pytest.mark.parametrize(
    ("time_zone", "day"),
    [
        ("America/Nuuk", datetime(2026, 3, 28)),  # 22:00 becomes 23:00  # noqa: DTZ001
        ("America/Nuuk", datetime(2026, 10, 24)),  # 23:00 becomes 22:00  # noqa: DTZ001
        ("America/Sao_Paulo", datetime(2018, 2, 17)),  # midnight becomes 23:00  # noqa: DTZ001
        ("America/Sao_Paulo", datetime(2018, 11, 3)),  # midnight becomes 01:00  # noqa: DTZ001
    ],
)
def test_an_evening_in_which_clocks_change_still_holds_every_connection(time_zone, day):
    after = day.replace(hour=12, tzinfo=ZoneInfo(time_zone))
    moments = [local(next_evening(time_zone, connection(number), after), time_zone) for number in range(200)]

    assert {day.date()} == {moment.date() for moment in moments}
    assert all(moment.hour >= 18 for moment in moments)


def test_a_day_that_the_zone_left_out_has_no_evening():
    after = datetime(2011, 12, 29, 23, 59, 59, tzinfo=ZoneInfo("Pacific/Apia"))
    moment = local(next_evening("Pacific/Apia", connection(1), after), "Pacific/Apia")

    assert datetime(2011, 12, 31).date() == moment.date()  # noqa: DTZ001
