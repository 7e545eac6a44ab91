"""Clocks: the wall's, and one that a test moves by hand."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def now(self) -> datetime:
        """Give the time."""
        ...


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        """Give the time."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands until it is moved, so that no test waits for a rate window or a token to run out."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Give the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now += timedelta(seconds=seconds)
