"""Journal: what of a plan was begun and what was done, so that after a crash nothing is done twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from store.record import ExternalId
from workers.restoring.plan import Named, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a step ended."""

    made_id: ExternalId | None = None
    names: Mapping[Named, str] = field(default_factory=dict)
    """What takes the place of which name from now on."""
    failed: str | None = None
    """Why it could not be done; None where it was."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Fields that were lost and had not been said to be."""


class Journal(Protocol):
    """One restore's. What it has returned from is durable."""

    async def begin(self, step: Step, key: str) -> None:
        """Note that a step's call is about to be made. Idempotent."""
        ...

    async def end(self, step: Step, outcome: Outcome) -> None:
        """Note how it ended, and keep its names, in one transaction."""
        ...
