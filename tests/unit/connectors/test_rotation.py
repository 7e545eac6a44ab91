"""The rotation: everything within the days, evenly, whatever happened the nights before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.rotation import due

EVENING = datetime(2026, 11, 2, 19, 30, tzinfo=UTC)
BOARDS = [f"{number:024x}" for number in range(1000)]


def nights(held: dict[str, datetime | None], count: int, *, first: int = 1) -> list[frozenset[str]]:
    """Look at what is due, night after night."""
    looked = []
    for night in range(first, first + count):
        now = EVENING + timedelta(days=night)
        looked.append(due(held, now, days=7))
        held.update(dict.fromkeys(looked[-1], now))
    return looked


def test_a_thousand_boards_are_read_within_seven_nights_at_even_load():
    looked = nights(dict.fromkeys(BOARDS, EVENING), 7)

    assert {142, 143} >= {len(each) for each in looked}
    assert set(BOARDS) == frozenset().union(*looked)


def test_no_board_waits_longer_than_seven_days_ever():
    held = dict.fromkeys(BOARDS, EVENING)
    for night in range(1, 30):
        before = dict(held)
        (looked,) = nights(held, 1, first=night)
        now = EVENING + timedelta(days=night)

        assert 143 >= len(looked)
        assert timedelta(days=7) >= max(now - before[board] for board in BOARDS)


def test_neighbours_by_id_are_spread_over_the_nights():
    looked = nights(dict.fromkeys(BOARDS, EVENING), 7)

    assert all(15 <= len(each & set(BOARDS[:200])) <= 45 for each in looked)


def test_what_was_never_read_is_due():
    held = {**dict.fromkeys(BOARDS, EVENING), "new": None}

    assert "new" in due(held, EVENING + timedelta(days=1), days=7)


def test_a_second_cycle_on_the_same_evening_adds_no_load():
    held = dict.fromkeys(BOARDS, EVENING)
    nights(held, 1)

    assert frozenset() == due(held, EVENING + timedelta(days=1, hours=2), days=7)


def test_nights_that_were_missed_are_made_up_for_and_load_is_even_again():
    held = dict.fromkeys(BOARDS, EVENING)
    before = nights(held, 3)
    (caught_up,) = nights(held, 1, first=8)
    after = nights(held, 14, first=9)

    assert set(BOARDS) - frozenset().union(*before) <= caught_up
    assert 143 >= max(len(each) for each in after[7:])


def test_what_a_wrong_clock_looked_at_in_the_future_is_seen_within_seven_nights_at_even_load():
    held = dict.fromkeys(BOARDS, EVENING)
    ahead = EVENING + timedelta(days=400)
    held.update(dict.fromkeys(due(held, ahead, days=7), ahead))
    assert {ahead} == set(held.values())
    looked = nights(held, 7)

    assert set(BOARDS) == frozenset().union(*looked)
    assert 143 >= max(len(each) for each in looked)


@given(st.integers(1, 40), st.lists(st.integers(-40, 40), min_size=1, max_size=6))
def test_however_clocks_have_jumped_nothing_waits_for_more_than_twice_the_days(count, jumps):
    held: dict[str, datetime | None] = {f"board {number}": EVENING for number in range(count)}
    for jump in jumps:
        moment = EVENING + timedelta(days=jump)
        held.update(dict.fromkeys(due(held, moment, days=7), moment))
    seen = frozenset().union(*nights(held, 14))

    assert held.keys() == seen


@given(st.integers(1, 60), st.integers(1, 10), st.lists(st.integers(0, 3), max_size=12))
def test_within_the_days_plus_what_was_missed(count, days, pauses):
    held: dict[str, datetime | None] = {f"board {number}": EVENING for number in range(count)}
    now = EVENING
    for pause in pauses:
        now += timedelta(days=1 + pause)
        looked = due(held, now, days=days)
        late = {key for key, seen in held.items() if seen is not None and now - seen >= timedelta(days=days)}
        assert late <= looked
        held.update(dict.fromkeys(looked, now))
