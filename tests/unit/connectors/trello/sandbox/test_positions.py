"""Positions are reckoned as the real API shows them."""

import pytest

from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.positions import place, with_place


@pytest.mark.parametrize(
    ("wanted", "siblings", "expected"),
    [
        ("bottom", [], 16384),
        ("bottom", [16384, 32768], 49152),
        (None, [65535], 81919),
        ("top", [32767.5], 16383.75),
        ("top", [], 16384),
        ("", [8192], 4096),
        ("123.5", [], 123.5),
        (42, [], 42),
        (16384.0, [], 16384),
    ],
)
def test_place(wanted: object, siblings: list[float], expected: float) -> None:
    found = place(wanted, siblings)

    assert expected == found
    assert type(expected) is type(found)


@pytest.mark.parametrize("wanted", ["middle", "-1", "inf", "nan", [1]])
def test_impossible_place_is_refused(wanted: object) -> None:
    with pytest.raises(ApiError, match="invalid value for pos"):
        place(wanted, [])


def test_changes_without_a_position_are_left_alone() -> None:
    assert {"name": "x"} == with_place({"name": "x"}, [16384])
    assert {"name": "x", "pos": 32768} == with_place({"name": "x", "pos": "bottom"}, [16384])
