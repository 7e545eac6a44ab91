"""Points in time as people type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.moment import parse_moment
from store.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("2026-11-22T18:00:00Z", datetime(2026, 11, 22, 18, tzinfo=UTC)),
        ("2026-11-22T18:00", datetime(2026, 11, 22, 18, tzinfo=BERLIN)),
        ("2026-11-22 18:00+01:00", datetime(2026, 11, 22, 18, tzinfo=BERLIN)),
        ("3h", NOW - timedelta(hours=3)),
        ("90 s", NOW - timedelta(seconds=90)),
        ("2 days ago", NOW - timedelta(days=2)),
        ("1 Week", NOW - timedelta(weeks=1)),
    ],
)
def test_it_is_read(text, expected):
    assert expected == parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["2026-11-22", "yesterday", " Yesterday "])
def test_a_day_means_its_end(text):
    assert datetime(2026, 11, 22, 23, 59, 59, 999999, tzinfo=BERLIN) == parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "5", "99999999999999w", "h3"])
def test_what_cannot_be_read_is_invalid(text):
    with pytest.raises(Invalid):
        parse_moment(text, NOW)


@given(st.text())
def test_nothing_else_is_ever_raised(text):
    try:
        moment = parse_moment(text, NOW)
    except Invalid:
        return

    assert moment.tzinfo is not None
