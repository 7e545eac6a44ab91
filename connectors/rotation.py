"""Rotation: what is due to be looked at whole tonight, so that all of it is within some days, at even load. Pure."""

from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

_TODAY = timedelta(hours=12)
"""What was looked at so recently counts as tonight's: a cycle that is resumed or repeated adds no load."""


def due(looked_at: Mapping[T, datetime | None], now: datetime, *, days: int) -> frozenset[T]:
    """Say what to look at now, given when each was last: an even share of all, the longest ago first.

    Called once a night, it gives each of n things every `days` nights at the latest, and no more than ceil(n / days)
    of them a night, however many were last looked at together. What waited that long already, or was never looked
    at, is due whatever the share: nights that were missed are made up for. What was looked at in the future, by a clock
    that was wrong, comes first in the shares: from when the clock was put right it waits for twice the days at most.
    """
    late = timedelta(days=days) - _TODAY
    ages = {key: None if seen is None else now - seen for key, seen in looked_at.items()}
    overdue = {key for key, age in ages.items() if age is None or age >= late}
    recent = sum(age is not None and abs(age) < _TODAY for age in ages.values())
    share = max(0, -(-len(ages) // days) - recent - len(overdue))
    waiting = [(key, age) for key, age in ages.items() if age is not None and abs(age) >= _TODAY and age < late]
    # Of those looked at in one go, a hash decides: an order of ids or ages would keep neighbours together for ever.
    waiting.sort(key=lambda each: (each[1] > timedelta(0), looked_at[each[0]], _place(each[0])))
    return frozenset(overdue.union(key for key, _ in waiting[:share]))


def _place(key: Hashable) -> bytes:
    return sha256(str(key).encode()).digest()
