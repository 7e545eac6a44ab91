"""Marks: a change is seen, and what is remembered is read back as it was."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redmine.marks import mark, pack, unpack

marks = st.dictionaries(st.integers(0, 2**40), st.binary(min_size=4, max_size=4), max_size=60)


@given(marks)
def test_marks_are_read_back_as_they_were(found):
    assert found == unpack(pack(found))


@given(st.one_of(st.none(), st.integers(), st.text(max_size=40), st.binary(max_size=40).map(base64.b64encode)))
def test_what_are_no_marks_is_none_or_some(text):
    assert isinstance(unpack(text.decode() if isinstance(text, bytes) else text), dict)


@given(marks.filter(bool))
def test_marks_cut_short_are_none(found):
    packed = base64.b64decode(pack(found))

    assert found != unpack(base64.b64encode(packed[:-1]).decode())


def test_marks_of_many_issues_are_small():
    assert 7.5 > len(pack({number: mark(number) for number in range(1, 20_000)})) / 20_000


@pytest.mark.parametrize("changed", [{"a": 2}, {"a": 1, "b": None}, {}, {"a": "1"}])
def test_a_change_changes_the_mark(changed):
    assert mark({"a": 1}) != mark(changed)
