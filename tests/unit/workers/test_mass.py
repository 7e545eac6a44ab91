"""Mass: what is unlike the connection's own history is told with its numbers, and nothing else is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.mass import Step, What, judge

START = datetime(2026, 11, 1, 19, tzinfo=UTC)


def history(*days, records=10_000, hours=24, first=10_000):
    """One cycle that began it, then one for each (changed, deleted)."""
    steps = [Step(finished_at=START, changed=first, deleted=0, records=records)]
    for number, (changed, deleted) in enumerate(days, 1):
        moment = START + timedelta(hours=hours * number)
        steps.append(Step(finished_at=moment, changed=changed, deleted=deleted, records=records))
    return steps


QUIET = [(40, 3), (60, 2), (50, 0), (45, 5), (55, 1), (52, 4)]


def test_the_first_cycle_is_never_unusual():
    assert [] == judge(history())
    assert [] == judge([])


def test_an_ordinary_day_is_not_told():
    assert [] == judge(history(*QUIET, (80, 6)))


def test_a_mass_deletion_is_told_with_its_numbers():
    (found,) = judge(history(*QUIET, (50, 900)))

    assert What.DELETED is found.what
    assert (900, 10_000, 6, 2.5, 1.5, 1.0) == (
        found.records, found.of, found.samples, found.median, found.mad, found.days
    )  # fmt: skip
    assert found.limit == 100


def test_a_mass_change_is_told_and_what_changes_much_every_day_is_not():
    busy = [(3000 + 100 * number, 0) for number in range(8)]

    assert [What.CHANGED] == [found.what for found in judge(history(*QUIET, (3500, 0)))]
    assert [] == judge(history(*busy, (4200, 0)))
    assert [What.CHANGED] == [found.what for found in judge(history(*busy, (9000, 0)))]


def test_one_wild_day_in_the_past_hides_no_other():
    wild = [*QUIET[:3], (9_999, 9_999), *QUIET[3:]]

    assert {What.CHANGED, What.DELETED} == {found.what for found in judge(history(*wild, (3_000, 800)))}


def test_a_small_account_is_not_told_of_handfuls():
    steps = history(*[(0, 0)] * 9, (40, 15), records=60)

    assert [] == judge(steps)


def test_after_a_gap_there_may_be_more():
    steps = history(*[(900, 0)] * 9)
    late = Step(finished_at=steps[-1].finished_at + timedelta(days=5), changed=4500, deleted=0, records=10_000)

    assert [] == judge([*steps, late])
    assert [] != judge(history(*[(900, 0)] * 9, (4500, 0)))


def test_a_deletion_in_small_cycles_of_one_day_is_seen_as_a_whole():
    steps = history(*QUIET)
    evening = steps[-1].finished_at
    for hour in range(1, 10):
        moment = evening + timedelta(hours=hour)
        steps.append(Step(finished_at=moment, changed=0, deleted=60, records=10_000))
    (found,) = judge(steps)

    assert (What.DELETED, 540 + QUIET[-1][1]) == (found.what, found.records)


@pytest.mark.parametrize("days", [0, 1, 4])
def test_without_a_history_only_what_no_history_excuses_is_told(days):
    assert [] == judge(history(*QUIET[:days], (2_000, 1_500)))
    assert {What.CHANGED, What.DELETED} == {
        found.what for found in judge(history(*QUIET[:days], (6_000, 2_500)))
    }  # fmt: skip


counts = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6))


@given(st.lists(counts, min_size=5, max_size=20), counts, st.integers(1, 48))
def test_more_is_never_less_unusual(days, last, hours):
    told = {found.what for found in judge(history(*days, last, hours=hours))}
    more = {found.what for found in judge(history(*days, (last[0] * 2, last[1] * 2), hours=hours))}

    assert told <= more


@given(st.lists(counts, min_size=6, max_size=20))
def test_a_day_like_the_middle_one_is_never_unusual(days):
    changed, deleted = (sorted(day[at] for day in days)[len(days) // 2] for at in (0, 1))

    assert [] == judge(history(*days, (changed, deleted), records=1))
