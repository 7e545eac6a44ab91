"""Rules against a model that looks at one rule at a time, and what they promise."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Invalid
from store.retention import Retention, Taken, to_expire

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 1, 19, tzinfo=UTC)

numbers = st.integers(0, 6)
retentions = st.builds(
    lambda **given: Retention(**given) if any(given.values()) else Retention(days=1),
    all_days=numbers,
    days=numbers,
    weeks=numbers,
    months=numbers,
    years=numbers,
)
histories = st.lists(st.integers(1, 1000), max_size=60).map(
    lambda hours: [Taken(seq, START + timedelta(hours=sum(hours[:seq]))) for seq in range(1, len(hours) + 1)]
)


def daily(count):
    return [Taken(seq, START + timedelta(days=seq)) for seq in range(1, count + 1)]


def kept(retention, taken, zone=BERLIN):
    gone = set(to_expire(retention, taken, zone))
    return [one.seq for one in taken if one.seq not in gone]


def model(retention, taken, zone):
    """A snapshot is kept when some rule keeps it, each rule by itself."""
    periods = [
        (retention.days, "%Y-%m-%d"),
        (retention.weeks, "%G-%V"),
        (retention.months, "%Y-%m"),
        (retention.years, "%Y"),
    ]
    held = {taken[-1].seq} if taken else set()
    for count, form in periods:
        last = {one.finished_at.astimezone(zone).strftime(form): one.seq for one in taken}
        held |= set(sorted(last.values(), reverse=True)[:count])
    if taken and retention.all_days:
        since = taken[-1].finished_at - timedelta(days=retention.all_days)
        held |= {one.seq for one in taken if one.finished_at > since}
    return sorted(held)


@given(retentions, histories, st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]).map(ZoneInfo))
def test_it_keeps_what_the_model_keeps(retention, taken, zone):
    assert model(retention, taken, zone) == kept(retention, taken, zone)


@given(retentions, histories)
def test_the_newest_is_always_kept(retention, taken):
    assert [one.seq for one in taken[-1:]] == kept(retention, taken)[-1:]


@given(retentions, histories)
def test_applied_again_it_gives_up_nothing_more(retention, taken):
    gone = set(to_expire(retention, taken, BERLIN))

    assert [] == to_expire(retention, [one for one in taken if one.seq not in gone], BERLIN)


def test_days_weeks_and_months():
    taken = daily(60)  # 2 January to 2 March; 2 March is a Monday

    assert [*range(51, 61)] == kept(Retention(days=10), taken)
    assert [38, 45, 52, 59, 60] == kept(Retention(weeks=5), taken)
    assert [30, 58, 60] == kept(Retention(months=3), taken)
    assert [60] == kept(Retention(years=3), taken)
    assert [45, 52, 57, 58, 59, 60] == kept(Retention(all_days=4, weeks=4), taken)


def test_the_last_of_a_day_is_kept():
    taken = [Taken(seq, START + timedelta(hours=seq)) for seq in range(1, 4)]

    assert [3] == kept(Retention(days=5), taken)


def test_days_are_those_of_the_account():
    # 19:00 and 23:30 in UTC are one day there, and two in Berlin.
    taken = [Taken(1, START), Taken(2, START + timedelta(hours=4.5))]

    assert [2] == kept(Retention(days=9), taken, ZoneInfo("UTC"))
    assert [1, 2] == kept(Retention(days=9), taken, BERLIN)


@pytest.mark.parametrize("given_", [{}, {"days": -1}, {"weeks": 10_001}, {"days": 1, "years": -2}])
def test_rules_that_are_none(given_):
    with pytest.raises(Invalid):
        Retention(**given_)


def test_it_says_what_it_is():
    assert "all of 30 days, then 12 weeks, 24 months" == str(Retention(all_days=30, weeks=12, months=24))
    assert "7 days" == str(Retention(days=7))
