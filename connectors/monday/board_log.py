"""Board log: what a board says happened on it, read back to the newest entry that is held."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from connectors.errors import BadReply
from connectors.monday import queries, split
from connectors.monday.client import MondayClient
from connectors.monday.state import Known

_PAGE = 1000


class Gap(Exception):  # noqa: N818 - caught where the board is read
    """The log of the board does not reach back to what is held of it."""


@dataclass(slots=True, kw_only=True)
class BoardLog:
    """The logs of a board and of the hidden one of its subitems."""

    client: MondayClient
    known: Known | None
    count: Callable[[], None]
    """Counts what was asked."""
    newest: dict[str, str] = field(default_factory=dict)
    """By board: the newest entry, as it was when the pass began."""
    learnt: dict[str, str] = field(default_factory=dict)
    """By board: the newest entry that was read."""
    touched: set[str] = field(default_factory=set)
    """Items that were put away, or brought back: listings do not show them."""

    def meet(self, board_id: str, value: Any) -> None:
        """Take in what a board shows of its log beside itself."""
        shown = value if isinstance(value, list) else []
        newest = next((entry for entry in shown if isinstance(entry, dict)), None)
        if newest is not None:
            self.newest[board_id] = _name(newest)

    def has_news(self, board_id: str) -> bool:
        """Whether a board's log has entries that are not held, as far as its newest one tells."""
        known = self._known(board_id)
        return known is None or self.newest.get(board_id) != known

    def since(self, board_id: str) -> datetime | None:
        """Return from when on to ask for a board's log; None for all of it."""
        known = self._known(board_id)
        newest = split.log_instant(known.partition(" ")[0]) if known else None
        return self.known.since(newest) if self.known is not None and newest is not None else None

    async def read(self, board_id: str, first: Sequence[Any] | None) -> AsyncIterator[Sequence[Any]]:
        """Read a log, the newest entry first, back to the newest that is held and a little further.

        `first` is its first page, where that came along with something else. Gap where the log ends before.
        """
        known, when = self._known(board_id), self.since(board_id)
        since = as_asked(when) if when else None
        reached = known is None
        for page in count(1):
            values = first if page == 1 and first is not None else await self._page(board_id, page, since)
            yield values
            self._learn(values)
            entries = [_name(value) for value in values if isinstance(value, dict)]
            if page == 1 and entries:
                self.learnt[board_id] = max(entries)
            reached = reached or known in entries
            if len(values) < _PAGE:
                break
        if not reached:
            raise Gap

    def _known(self, board_id: str) -> str | None:
        return self.known.logs.get(board_id) if self.known is not None else None

    async def _page(self, board_id: str, page: int, since: str | None) -> Sequence[Any]:
        board, answer = await self.client.ask_board(queries.ACTIVITIES, board_id, page=page, since=since)
        self.count()
        values = board.get("activity_logs")
        if isinstance(values, list):
            return values
        raise next((fault.error(answer.place) for fault in answer.faults), BadReply("a log is not a list"))

    def _learn(self, values: Sequence[Any]) -> None:
        for value in values:
            event = value.get("event") if isinstance(value, dict) else None
            if not isinstance(event, str) or not event.startswith(("archive", "restore", "batch_archive")):
                continue
            data = split.opened(value.get("data"))
            pulse = data.get("pulse_id") if isinstance(data, dict) else None
            if isinstance(pulse, int | str) and str(pulse).isdigit():
                self.touched.add(str(pulse))


def as_asked(when: datetime) -> str:
    """Write a moment as the app takes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(value: Mapping[str, Any]) -> str:
    return f"{value.get('created_at')} {value.get('id')}"
