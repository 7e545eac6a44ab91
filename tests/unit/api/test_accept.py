"""Accept: the client's order decides, then ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.accept import choose

OFFERS = ("application/json", "application/graphql-response+json", "text/event-stream")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, OFFERS[0]),
        ("", OFFERS[0]),
        ("*/*", OFFERS[0]),
        ("application/*", OFFERS[0]),
        (OFFERS[1], OFFERS[1]),
        (f"{OFFERS[1]}; charset=utf-8", OFFERS[1]),
        (f"{OFFERS[1]};charset=latin-1", None),
        (f"{OFFERS[0]};q=0.5, {OFFERS[1]};q=0.6", OFFERS[1]),
        (f"{OFFERS[1]};q=0, */*;q=0.1", OFFERS[0]),
        (f"{OFFERS[1]}, */*", OFFERS[0]),
        ("TEXT/EVENT-STREAM", OFFERS[2]),
        ("text/html", None),
        ("application/json;q=x", None),
        ("application/json;q=2", None),
    ],
)
def test_choose(header: str | None, expected: str | None):
    assert expected == choose(header, OFFERS)


@given(st.text())
def test_any_header_is_answered(header: str):
    assert choose(header, OFFERS) in (*OFFERS, None)
