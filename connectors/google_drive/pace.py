"""Pace: what one person's Drive takes. Google states no budget on replies, so these are what its pages say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.pacing import Budget


@dataclass(slots=True, kw_only=True)
class FixedPace:
    """So many requests in so many seconds; replies say nothing of it."""

    initial: Sequence[Budget]
    in_flight: int = 8
    still_seconds: float = 30.0
    """After a 429 without Retry-After."""

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        """No reply states any."""
        del headers
        return ()

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        """Return a pause that lets a window of a minute pass in two attempts."""
        del headers
        return self.still_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """The budgets of one person, apart: Drive's reads and writes, and the reads and writes of Sheets.

    Drive: 12,000 queries a minute for projects of before May 2026, far more since; writes are kept to ten a second,
    as widely used clients keep them. Sheets: 60 reads and 60 writes a minute for each person, in every project.
    """

    reads: FixedPace = field(
        default_factory=lambda: FixedPace(initial=(Budget(name="reads", limit=200, interval_seconds=10.0),))
    )
    writes: FixedPace = field(
        default_factory=lambda: FixedPace(initial=(Budget(name="writes", limit=100, interval_seconds=10.0),))
    )
    sheet_reads: FixedPace = field(
        default_factory=lambda: FixedPace(initial=(Budget(name="sheet reads", limit=60, interval_seconds=60.0),))
    )
    sheet_writes: FixedPace = field(
        default_factory=lambda: FixedPace(initial=(Budget(name="sheet writes", limit=60, interval_seconds=60.0),))
    )


UNPACED = Paces(
    reads=FixedPace(initial=()),
    writes=FixedPace(initial=()),
    sheet_reads=FixedPace(initial=()),
    sheet_writes=FixedPace(initial=()),
)
"""For stand-ins, which have no quota unless told so."""
