"""Paging: `limit`, `before` and `since`, as actions and cards take them."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.ids import created_at, first_id_at, is_object_id
from connectors.trello.sandbox.stamps import parse_stamp, stamp

Json = dict[str, Any]

MAX_PAGE = 1000


def limit_of(params: Mapping[str, Any], name: str, default: int, most: int = MAX_PAGE) -> int:
    """Read a limit from 0 to `most`; anything else is refused, never quietly lowered."""
    text = params.get(name)
    if text in {None, ""}:
        return default
    if not str(text).isdigit() or int(str(text)) > most:
        raise invalid_value(name)
    return int(str(text))


def page_of_actions(
    journal: Sequence[Json],
    known: Mapping[str, Json],
    *,
    limit: int,
    before: str | None,
    since: str | None,
    skip: int = 0,
) -> list[Json]:
    """Take a page of a journal (oldest first), newest first. Both bounds are left out themselves."""
    upper = _action_mark(before, known, "before") if before else None
    lower = _action_mark(since, known, "since") if since else None
    page: list[Json] = []
    for action in reversed(journal):
        mark = (action["date"], action["id"])
        if upper is not None and mark >= upper:
            continue
        if (lower is not None and mark <= lower) or len(page) >= limit + skip:
            break
        page.append(action)
    return page[skip:]


def page_of_cards(cards: Iterable[Json], *, limit: int, before: str | None, since: str | None) -> list[Json]:
    """Take the newest cards within the bounds, by id. They come in no order: a client has to sort."""
    upper = _card_mark(before, "before") if before else None
    lower = _card_mark(since, "since") if since else None
    within = [card for card in cards if (upper is None or card["id"] < upper) and (lower is None or card["id"] > lower)]
    within.sort(key=lambda card: str(card["id"]), reverse=True)
    return sorted(within[:limit], key=lambda card: zlib.crc32(card["id"].encode()))


def _action_mark(bound: str, known: Mapping[str, Json], name: str) -> tuple[str, str]:
    if is_object_id(bound):
        action = known.get(bound)
        return (action["date"], bound) if action else (stamp(created_at(bound)), bound)
    return (stamp(_date(bound, name)), "")


def _card_mark(bound: str, name: str) -> str:
    return bound if is_object_id(bound) else first_id_at(_date(bound, name))


def _date(text: str, name: str) -> Any:
    try:
        return parse_stamp(text)
    except ValueError:
        raise invalid_value(name) from None
