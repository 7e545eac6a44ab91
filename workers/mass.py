"""Mass: whether a cycle found far more changed or deleted than this connection's cycles do. Pure.

The connection's own history is the measure: the median of what changed in about a day, and how far days lie from it
(their median absolute deviation, MAD). Neither is moved by the few days that were unusual themselves. Cycles that are
less than a day apart count together, and what came after a gap is divided by its days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

HISTORY = 60
"""How many cycles are looked back on."""
_ONE_DAY = timedelta(hours=20)
"""Cycles closer than this are of one day: an evening's own moment may move by some hours."""
_ENOUGH_DAYS = 5
"""With fewer, the history says nothing."""
_DEVIATIONS = 6.0
_SIGMA = 1.4826
"""A MAD in standard deviations, where days are spread as errors are."""


class What(StrEnum):
    """What there was much of."""

    CHANGED = "changed"
    """Records added, edited or moved."""
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Floor:
    """What is never told, whatever the history says."""

    records: int
    share: float
    """Of the records there were."""
    share_without_history: float


_FLOORS = {
    What.CHANGED: _Floor(records=50, share=0.05, share_without_history=0.5),
    What.DELETED: _Floor(records=20, share=0.01, share_without_history=0.2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one committed cycle changed."""

    finished_at: datetime
    changed: int
    deleted: int
    records: int
    """How many there are afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """A cycle that is unlike those before it, with the numbers that say so."""

    what: What
    records: int
    """How many, since the day before."""
    days: float
    """What that day's length is: more than 1 after cycles that were missed."""
    limit: float
    """How many a day are told from here on."""
    median: float
    mad: float
    samples: int
    """How many days the median and the MAD are of."""
    of: int
    """How many records there were."""


def judge(steps: Sequence[Step]) -> list[Mass]:
    """Judge the last of a connection's cycles by those before it, oldest first; the first one adds everything."""
    if len(steps) < 2:  # noqa: PLR2004 - one to judge, and what it began with
        return []
    return [found for what in What if (found := _judge(what, steps)) is not None]


def _judge(what: What, steps: Sequence[Step]) -> Mass | None:
    days = list(_days(what, steps))
    records, length, before = days[0]
    history = [count / days_long for count, days_long, _ in days[1:]]
    middle = median(history) if history else 0.0
    mad = median(abs(each - middle) for each in history) if history else 0.0
    floor, has_history = _FLOORS[what], len(history) >= _ENOUGH_DAYS
    share = floor.share if has_history else floor.share_without_history
    limit = max(float(floor.records), share * before)
    if has_history:
        limit = max(limit, middle + _DEVIATIONS * _SIGMA * mad)
    if records / length <= limit:
        return None
    return Mass(
        what=what,
        records=records,
        days=round(length, 2),
        limit=round(limit, 2),
        median=round(middle, 2),
        mad=round(mad, 2),
        samples=len(history),
        of=before,
    )


def _days(what: What, steps: Sequence[Step]) -> Iterator[tuple[int, float, int]]:
    """Give (how many, in how many days, of how many records) for each day with cycles, newest first.

    The first step is what everything began with: it ends the first day and is none itself.
    """
    at = len(steps) - 1
    while at > 0:
        last = steps[at]
        count = 0
        while at > 0 and last.finished_at - steps[at].finished_at < _ONE_DAY:
            count += getattr(steps[at], what.value)
            at -= 1
        before = steps[at]
        yield count, max(1.0, (last.finished_at - before.finished_at) / timedelta(days=1)), before.records
