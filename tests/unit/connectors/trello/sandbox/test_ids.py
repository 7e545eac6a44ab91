"""Ids hold the second of their creation, and are the same for the same seed."""

from datetime import UTC, datetime

from connectors.trello.sandbox.ids import Ids, created_at, first_id_at, is_object_id, is_short_link, short_link

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_id_tells_its_second() -> None:
    assert WHEN == created_at(Ids(1).make(WHEN))


def test_ids_ascend_within_a_second_and_repeat_for_a_seed() -> None:
    first, second = Ids(7), Ids(7)
    made = [first.make(WHEN) for _ in range(100)]

    assert sorted(made) == made
    assert made == [second.make(WHEN) for _ in range(100)]
    assert made[0] != Ids(8).make(WHEN)
    assert first_id_at(WHEN) <= made[0]


def test_forms() -> None:
    made = Ids(1).make(WHEN)

    assert is_object_id(made)
    assert is_short_link(short_link(made))
    assert not is_object_id(made + "0")
    assert not is_object_id(made[:-1] + "\n")
    assert not is_short_link("too long for one")
