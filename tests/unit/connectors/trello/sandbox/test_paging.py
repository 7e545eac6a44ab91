"""Pages of actions come newest first, those of cards in no order; both end where they are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.ids import Ids
from connectors.trello.sandbox.paging import limit_of, page_of_actions, page_of_cards
from connectors.trello.sandbox.stamps import stamp

START = datetime(2026, 1, 1, tzinfo=UTC)


def _made(count: int) -> list[dict[str, Any]]:
    ids = Ids(1)
    times = [START + timedelta(seconds=at // 3) for at in range(count)]
    return [{"id": ids.make(when), "date": stamp(when)} for when in times]


@given(count=st.integers(0, 60), limit=st.integers(1, 20))
def test_all_actions_are_reached_by_paging(count: int, limit: int) -> None:
    journal = _made(count)
    known = {action["id"]: action for action in journal}
    found: list[dict[str, Any]] = []
    while page := page_of_actions(journal, known, limit=limit, before=found[-1]["id"] if found else None, since=None):
        found += page

    assert journal[::-1] == found


@given(count=st.integers(0, 60), limit=st.integers(1, 20))
def test_all_cards_are_reached_by_paging_on_the_least_id(count: int, limit: int) -> None:
    cards = _made(count)
    found: list[dict[str, Any]] = []
    while True:
        page = page_of_cards(cards, limit=limit, before=min(x["id"] for x in found) if found else None, since=None)
        found += page
        if len(page) < limit:
            break

    assert {x["id"] for x in cards} == {x["id"] for x in found}
    assert len(cards) == len(found)


def test_page_of_cards_is_the_newest_and_unordered() -> None:
    cards = _made(50)
    page = page_of_cards(cards, limit=20, before=None, since=None)

    assert {x["id"] for x in cards[-20:]} == {x["id"] for x in page}
    assert sorted(page, key=lambda x: x["id"]) != page


def test_since_leaves_out_the_bound_itself() -> None:
    journal = _made(10)
    known = {action["id"]: action for action in journal}
    page = page_of_actions(journal, known, limit=50, before=None, since=journal[6]["id"])

    assert journal[:6:-1] == page


def test_bounds_may_be_dates() -> None:
    journal = _made(9)
    page = page_of_actions(journal, {}, limit=50, before=stamp(START + timedelta(seconds=2)), since=stamp(START))

    assert [START + timedelta(seconds=1)] == sorted({datetime.fromisoformat(x["date"]) for x in page} - {START})


@pytest.mark.parametrize("limit", ["1001", "-1", "many", "1e3"])
def test_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(ApiError, match="invalid value for limit"):
        limit_of({"limit": limit}, "limit", 50)
