"""Retention: which of a connection's snapshots are kept, by rule. Without a rule all are. Pure.

Rules are counted in days, weeks, months and years that have a snapshot, from the newest one back, and each keeps the
last snapshot of its period: a connection that is no longer backed up therefore loses nothing by waiting. A snapshot
that any rule keeps is kept, and the newest always is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from store.errors import Invalid

MOST = 10_000
"""Of any number in a rule: 27 years of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much to keep. Invalid when no rule keeps anything, or a number is out of range."""

    all_days: int = 0
    """Every snapshot of so many days before the newest one."""
    days: int = 0
    """The last snapshot of each of so many days; and so on."""
    weeks: int = 0
    months: int = 0
    years: int = 0

    def __post_init__(self) -> None:
        numbers = [getattr(self, each.name) for each in fields(self)]
        if not any(numbers) or any(not 0 <= number <= MOST for number in numbers):
            raise Invalid(f"a retention keeps something, and its numbers are 0 to {MOST}")

    def __str__(self) -> str:
        """Say it to people, and to the log: `all of 30 days, then 12 weeks, 24 months`."""
        every = [f"all of {self.all_days} days"] if self.all_days else []
        rules = ", ".join(f"{count} {unit}" for unit, count, _ in self._rules() if count)
        return ", then ".join([*every, *([rules] if rules else [])])

    def _rules(self) -> list[tuple[str, int, Callable[[date], object]]]:
        return [
            ("days", self.days, lambda day: day),
            ("weeks", self.weeks, lambda day: day.isocalendar()[:2]),
            ("months", self.months, lambda day: (day.year, day.month)),
            ("years", self.years, lambda day: day.year),
        ]


class Taken(NamedTuple):
    """A snapshot as rules see it."""

    seq: int
    finished_at: datetime


def to_expire(retention: Retention, taken: Sequence[Taken], zone: ZoneInfo) -> list[int]:
    """Say which snapshots of one connection no rule keeps, the oldest first. Days are those of the time zone."""
    newest_first = sorted(taken, key=lambda one: one.seq, reverse=True)
    if not newest_first:
        return []
    newest = newest_first[0]
    kept = {newest.seq}
    if retention.all_days:
        since = newest.finished_at - timedelta(days=retention.all_days)
        kept |= {one.seq for one in newest_first if one.finished_at > since}
    for _, count, period_of in retention._rules():  # noqa: SLF001 - its own module's
        periods: set[object] = set()
        for one in newest_first:
            period = period_of(one.finished_at.astimezone(zone).date())
            if period not in periods and len(periods) < count:
                periods.add(period)
                kept.add(one.seq)
    return sorted(one.seq for one in newest_first if one.seq not in kept)
