"""Items: everything on one board, whatever happens on the way: a cursor that dies, a page that breaks the app."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.errors import BadReply
from connectors.monday import queries
from connectors.monday.answer import Answer, Broken, CursorLost
from connectors.monday.client import BATCH, MondayClient
from connectors.monday.queries import Document
from connectors.monday.split import instant

PAGE = 500
"""The most items that monday.com gives at once."""
_RESTARTS = 50
"""How often a listing may be begun again from where it was: each gets an hour further."""


@dataclass(slots=True, kw_only=True)
class ItemReader:
    """Reads the items of one board, each once. Afterwards it knows what it met."""

    client: MondayClient
    board_id: str
    formulas: bool
    """Whether the results of formulas are asked for: monday.com gives those of five columns at most."""
    since: datetime | None
    """Only what changed from then on; None for all."""
    pages: int = 0
    """How many questions it asked."""
    newest: datetime | None = None
    """The last change of any item that was given."""
    unreadable: list[str] = field(default_factory=list)
    """Items that break the app whenever they are asked for."""
    given: set[str] = field(default_factory=set)

    async def read(self, first: Mapping[str, Any] | None) -> AsyncIterator[Sequence[Any]]:
        """Give pages of items. `first` is the first page, where it was asked for with other things.

        Items come by when they changed last, the oldest first: so a listing that cannot be gone on with is begun again
        where it was, and what changes meanwhile comes once more at the end.
        """
        page = first
        try:
            if page is None:
                page = await self._first_page(self.since)
            for _ in range(_RESTARTS):
                try:
                    async for items in self._from(page):
                        yield items
                except CursorLost:
                    page = await self._first_page(self.newest or self.since)
                    continue
                return
        except Broken:
            async for items in self._one_by_one():
                yield items
            return
        raise BadReply(f"board {self.board_id}: its items could not be listed within {_RESTARTS} hours")

    async def ids(self) -> AsyncIterator[str]:
        """Give the id of every item that is listed: what is held and not among them is archived, moved or deleted."""
        seen: set[str] = set()
        since: datetime | None = None
        for _ in range(_RESTARTS):
            board, _answer = await self.client.ask_board(queries.ITEM_IDS, self.board_id, query=item_query(since))
            page = _page_of(board.get("items_page"), self.board_id)
            self.pages += 1
            try:
                while True:
                    for value in page["items"]:
                        found = _id(value)
                        if found is not None and found not in seen:
                            seen.add(found)
                            yield found
                        since = _later(since, value)
                    if page["cursor"] is None:
                        return
                    answer = await self.client.ask(queries.NEXT_ITEM_IDS, cursor=page["cursor"])
                    self.pages += 1
                    page = _next_page(answer, self.board_id)
            except CursorLost:
                continue
        raise BadReply(f"board {self.board_id}: its items could not be listed within {_RESTARTS} hours")

    async def by_id(self, item_ids: Iterable[str]) -> AsyncIterator[Sequence[Any]]:
        """Give items by their ids, of any state; one that breaks the app is found by halving, and named."""
        waiting = [list(item_ids)]
        waiting = [ids[at : at + BATCH] for ids in waiting for at in range(0, len(ids), BATCH)]
        while waiting:
            ids = waiting.pop(0)
            try:
                values, _ = await self.client.ask_list(queries.ITEMS_BY_ID, "items", ids=ids, formulas=self.formulas)
            except Broken:
                if len(ids) == 1:
                    self.unreadable += ids
                    continue
                middle = len(ids) // 2
                waiting[:0] = [ids[:middle], ids[middle:]]
                continue
            self.pages += 1
            yield self._take(values)

    async def _from(self, page: Mapping[str, Any]) -> AsyncIterator[Sequence[Any]]:
        while True:
            found = _page_of(page, self.board_id)
            yield self._take(found["items"])
            if found["cursor"] is None:
                return
            answer = await self.client.ask(
                queries.NEXT_ITEMS, cursor=found["cursor"], items=PAGE, formulas=self.formulas
            )
            self.pages += 1
            page = _next_page(answer, self.board_id)

    async def _first_page(self, since: datetime | None) -> Mapping[str, Any]:
        document: Document = queries.ITEMS
        board, answer = await self.client.ask_board(
            document, self.board_id, query=item_query(since), items=PAGE, formulas=self.formulas
        )
        self.pages += 1
        page = board.get("items_page")
        if not isinstance(page, dict):
            raise _why(answer, self.board_id)
        return page

    async def _one_by_one(self) -> AsyncIterator[Sequence[Any]]:
        """Read by id what could not be read by the page."""
        rest = [found async for found in self.ids() if found not in self.given]
        async for items in self.by_id(rest):
            yield items

    def _take(self, values: Sequence[Any]) -> Sequence[Any]:
        """Note what is given; an item that changed meanwhile comes again, and the last time counts."""
        for value in values:
            self.newest = _later(self.newest, value)
            found = _id(value)
            if found is not None:
                self.given.add(found)
        return values


def item_query(since: datetime | None) -> Mapping[str, Any]:
    """Ask for items by when they changed last, the oldest first, from a moment on."""
    query: dict[str, Any] = {"order_by": [{"column_id": "__last_updated__", "direction": "asc"}]}
    if since is not None:
        query["rules"] = [
            {
                "column_id": "__last_updated__",
                "compare_value": ["EXACT", since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")],
                "compare_attribute": "UPDATED_AT",
                "operator": "greater_than_or_equals",
            }
        ]
    return query


def _page_of(page: Any, board_id: str) -> Mapping[str, Any]:
    items = page.get("items") if isinstance(page, dict) else None
    cursor = page.get("cursor") if isinstance(page, dict) else None
    if not isinstance(items, list) or not isinstance(cursor, str | None):
        raise BadReply(f"board {board_id}: a page of items is none")
    return {"items": items, "cursor": cursor or None}


def _next_page(answer: Answer, board_id: str) -> Mapping[str, Any]:
    page = answer.data.get("next_items_page")
    if not isinstance(page, dict):
        raise _why(answer, board_id)
    return page


def _why(answer: Answer, board_id: str) -> Exception:
    for fault in answer.faults:
        return fault.error(answer.place)
    return BadReply(f"board {board_id}: a page of items was not given")


def _later(known: datetime | None, value: Any) -> datetime | None:
    found = instant(value.get("updated_at")) if isinstance(value, dict) else None
    return found if known is None or (found is not None and found > known) else known


def _id(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
