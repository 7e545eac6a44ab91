"""Board updates: the newest first; of a board that was read before only so many pages, and which are older."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from connectors.errors import BadReply
from connectors.monday import queries
from connectors.monday.client import MondayClient
from store.record import ExternalId

PAGES = 10
"""How many pages of updates are read of a board that changed; its older ones are read again when it is in turn."""
_PAGE = 100


@dataclass(slots=True, kw_only=True)
class BoardUpdates:
    """The updates of a board and of the hidden one of its subitems."""

    client: MondayClient
    held: Mapping[ExternalId, ExternalId | None] | None
    """Those that are held, each with its item's id; None to read all."""
    count: Callable[[], None]
    """Counts what was asked."""
    older: dict[str, ExternalId | None] = field(default_factory=dict)
    """Those that were not read again."""

    async def read(self, board_id: str, first: Any) -> AsyncIterator[Sequence[Any]]:
        """Read a board's updates a page at a time. `first` is the first page, where that came with something else."""
        oldest: int | None = None
        for page in count(1):
            values = first if page == 1 and isinstance(first, list) else await self._page(board_id, page)
            yield values
            numbers = [int(x["id"]) for x in values if isinstance(x, dict) and str(x.get("id")).isdigit()]
            oldest = min([*numbers, *([oldest] if oldest is not None else [])], default=None)
            if len(values) < _PAGE:
                break
            if self.held is not None and page >= PAGES and oldest is not None:
                self.older.update(
                    (found, item) for found, item in self.held.items() if found.isdigit() and int(found) < oldest
                )
                break

    async def _page(self, board_id: str, page: int) -> Sequence[Any]:
        board, answer = await self.client.ask_board(queries.UPDATES, board_id, page=page, updated=None)
        self.count()
        values = board.get("updates")
        if isinstance(values, list):
            return values
        raise next((fault.error(answer.place) for fault in answer.faults), BadReply("updates are not a list"))
