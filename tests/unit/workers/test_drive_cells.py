"""Drive cells: what people read of a record, in columns that stay where they are."""

import hashlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_drive.sandbox.grid import MOST_CHARS as GOOGLE_CHARS
from workers.drive_cells import MOST_COLUMNS, cell, cut, digest, flat, grown, laid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
RECORD = st.dictionaries(st.text(max_size=5), JSON, max_size=6)


def fingerprint(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def test_objects_become_columns_and_lists_become_text():
    content = {
        "name": "Ship it",
        "badges": {"votes": 2, "due": None, "deep": {"er": {"est": 1}}},
        "labels": ["a", 1, True, None],
        "items": [{"x": 1}],
        "empty": {},
        "none": None,
    }

    assert {
        "name": "Ship it",
        "badges.votes": 2,
        "badges.deep.er": '{"est":1}',
        "labels": "a, 1, true, ",
        "items": '[{"x":1}]',
    } == flat(content)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("007", "007"),
        (2**53, 2**53),
        (2**53 + 1, str(2**53 + 1)),
        (-(2**60), str(-(2**60))),
        (1.5, 1.5),
        (True, True),
        ("a\r\nb\x00c\u0007", "a\nbc"),
        ("", None),
        ([], None),
        ([None], None),
    ],
)
def test_values_stay_what_they_are(value, expected):
    assert (type(expected), expected) == (type(cell(value)), cell(value))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("character", ["x", "語", "👍"])
def test_text_that_no_cell_takes_is_cut_and_says_where_the_whole_is(character: str):
    row = cut({"desc": character * 60_000, "name": "x"}, where="records.jsonl, record 1")

    assert units(row["desc"]) <= 49_000 < GOOGLE_CHARS
    assert row["desc"].endswith("[cut here: all 60,000 characters are in records.jsonl, record 1]")
    assert "x" == row["name"]


@given(RECORD)
def test_every_record_can_be_written_and_read_back(content):
    row = flat(content)
    columns = grown([], [row], title=None)
    cells = laid(columns, row)
    back = orjson.loads(orjson.dumps(cells))

    assert digest(fingerprint, cells) == digest(fingerprint, back)
    assert all(value is None or isinstance(value, str | int | float | bool) for value in cells)


def test_the_id_the_title_and_the_place_come_first():
    assert ["id", "name", "in", "a", "b"] == grown([], [{"b": 1, "name": 2}, {"a": 1}], title="name")


@given(st.lists(RECORD, max_size=4), st.lists(RECORD, max_size=4))
def test_columns_keep_their_place_for_all_time(first, then):
    before = grown([], map(flat, first), title="name")
    after = grown(before, map(flat, then), title="name")

    assert before == after[: len(before)]
    assert len(after) == len(set(after)) <= MOST_COLUMNS


def test_columns_have_an_end():
    row = {f"field{number:04}": number for number in range(500)}

    assert MOST_COLUMNS == len(grown([], [row], title=None))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["a", None, None], ["a"], True),
        (["a", ""], ["a"], True),
        ([1.0], [1], True),
        ([True], [1], False),
        (["1"], [1], False),
        ([None, "a"], ["a"], False),
        ([-0.0], [0], True),
    ],
)
def test_rows_are_equal_as_google_gives_them_back(one, other, same):
    assert same is (digest(fingerprint, one) == digest(fingerprint, other))
