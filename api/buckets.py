"""Buckets: how much each payer may ask for in a while."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

BUCKET_POINTS = 20_000
POINTS_A_SECOND = 500
_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    points: float
    at: float


class Buckets:
    """One leaky bucket a payer, in this process's memory.

    It fills at a steady rate, and an operation must find its cost in it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, payer: str, points: float) -> float:
        """Take points; return 0, or for how many seconds to wait when there are not enough."""
        bucket = self._filled(payer)
        if bucket.points < points:
            return (points - bucket.points) / POINTS_A_SECOND
        bucket.points -= points
        return 0

    def give_back(self, payer: str, points: float) -> float:
        """Return what was not used after all, and how many points there are now."""
        bucket = self._filled(payer)
        bucket.points = min(bucket.points + points, BUCKET_POINTS)
        return bucket.points

    def _filled(self, payer: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(payer, _Bucket(BUCKET_POINTS, now))
        self._buckets.move_to_end(payer)
        if len(self._buckets) > _BUCKETS:
            # The one that was idle longest is full again or nearly so: forgetting it gives little away.
            self._buckets.popitem(last=False)
        bucket.points = min(bucket.points + (now - bucket.at) * POINTS_A_SECOND, BUCKET_POINTS)
        bucket.at = now
        return bucket
