"""Journal segments: columns in, the same changes out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Corrupt
from store.journal import JournalEntry, decode_segment, encode_segment

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
living = st.builds(
    JournalEntry,
    text,
    text,
    text,
    st.none() | text,
    st.none() | text,
    st.binary(min_size=6, max_size=6),
    st.integers(0, 2**31),
    st.sampled_from(["added", "edited", "moved"]),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | text,
)
gone = st.builds(
    JournalEntry,
    text,
    text,
    text,
    st.none(),
    st.none(),
    st.just(b""),
    st.none(),
    st.sampled_from(["deleted", "left"]),
    st.none(),
    st.none(),
)


@given(changes=st.lists(living | gone, max_size=20))
def test_what_was_written_is_read(changes):
    assert changes == decode_segment(encode_segment(changes))


@given(junk=st.binary(max_size=200))
def test_junk_is_corrupt(junk):
    with pytest.raises(Corrupt):
        decode_segment(junk)


def test_a_run_that_lies_about_its_length_is_corrupt():
    segment = encode_segment([JournalEntry("w", "card", "1", None, None, b"x" * 6, 5, "added", None, None)])

    with pytest.raises(Corrupt):
        decode_segment(segment.replace(b'[["card",1]]', b'[["card",99999999999]]'))


def test_golden_segment_opens_forever(request):
    golden = request.path.parents[2] / "vectors" / "journal-v1.json"
    changes = [
        JournalEntry("b1", "card", "c1", "list", "l1", b"012345", 120, "added", datetime(2026, 1, 2, tzinfo=UTC), "m1"),
        JournalEntry("b1", "card", "c2", None, None, b"", None, "deleted", None, None),
    ]

    assert golden.read_bytes() == encode_segment(changes)
    assert changes == decode_segment(golden.read_bytes())
