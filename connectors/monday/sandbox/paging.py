"""Paging: pages by number, and the cursors of items, which live for an hour."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Item
from connectors.monday.sandbox.world import World

T = TypeVar("T")

CURSOR_LIFE = timedelta(minutes=60)
MOST_ITEMS = 500
_KEPT = 200


def page_of(found: Sequence[T], limit: int | None, page: int | None, *, most: int | None = None) -> Sequence[T]:
    """Return one page; the first is 1."""
    size = limit if limit is not None else 25
    if size < 0 or (page or 1) < 1 or (most is not None and size > most):
        raise ApiError("InvalidArgumentException", f"limit must be at most {most}" if most else "bad limit or page")
    start = ((page or 1) - 1) * size
    return found[start : start + size]


@dataclass(slots=True)
class Snapshot:
    """The ids that a first page found; later pages go through them."""

    board_id: int
    item_ids: list[int]
    made_at: datetime


@dataclass(slots=True)
class Cursors:
    """Every listing that can still be gone on with."""

    world: World
    _held: dict[str, Snapshot] = field(default_factory=dict)

    def first(self, board_id: int, items: Sequence[Item], limit: int) -> tuple[str | None, list[Item]]:
        """Begin a listing."""
        _check(limit)
        if len(items) <= limit:
            return None, list(items)
        token = self.world.ids.token(21)
        self._held[token] = Snapshot(board_id, [item.id for item in items], self.world.clock.now())
        while len(self._held) > _KEPT:
            self._held.pop(next(iter(self._held)))
        return self._write(token, limit), list(items[:limit])

    def next(self, cursor: str, limit: int) -> tuple[str | None, list[Item]]:
        """Go on with one: items that are gone meanwhile are left out."""
        _check(limit)
        token, offset = _read(cursor)
        found = self._held.get(token)
        if found is None:
            raise ApiError("CursorException", "CursorError: The cursor provided for pagination is invalid")
        if found.made_at + CURSOR_LIFE <= self.world.clock.now():
            text = "CursorExpiredError: The cursor provided for pagination has expired. Please refresh your query"
            raise ApiError("CursorException", text)
        ids = found.item_ids[offset : offset + limit]
        items = [self.world.items[item_id] for item_id in ids if self.world.items[item_id].state == "active"]
        end = offset + limit
        return (self._write(token, end) if end < len(found.item_ids) else None), items

    def _write(self, token: str, offset: int) -> str:
        found = self._held[token]
        text = f"1,{found.board_id},{token},{len(found.item_ids)},{offset},|{self.world.account_id}"
        return base64.b64encode(text.encode()).rstrip(b"=").decode()


def _read(cursor: str) -> tuple[str, int]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        _, _, token, _, offset, _ = text.split(",")
        return token, int(offset)
    except ValueError:
        raise ApiError("CursorException", "CursorError: The cursor provided for pagination is invalid") from None


def _check(limit: int) -> None:
    if not 1 <= limit <= MOST_ITEMS:
        raise ApiError("InvalidArgumentException", f"limit must be between 1 and {MOST_ITEMS}")
