"""Journal: what of a plan was begun and what was done, so that after a crash nothing is done twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from store import restores
from store.database import Database
from store.record import ExternalId
from store.restores import RestorePlan
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

    async def begin(self, step: Step) -> None:
        """Note that a step's call is about to be made. Idempotent."""
        ...

    async def end(self, step: Step, outcome: Outcome) -> None:
        """Note how it ended, and keep its names, in one transaction."""
        ...


class PlanJournal:
    """The journal of a plan in Postgres."""

    def __init__(self, database: Database, plan: RestorePlan) -> None:
        self._database = database
        self._plan = plan

    async def begin(self, step: Step) -> None:
        """Note that a step's call is about to be made."""
        async with self._database.account(self._plan.account_id) as connection:
            await restores.begin_step(connection, self._plan, step.ordinal)

    async def end(self, step: Step, outcome: Outcome) -> None:
        """Note how it ended, and keep its names for good."""
        async with self._database.account(self._plan.account_id) as connection:
            await restores.end_step(
                connection,
                self._plan,
                step.ordinal,
                made_id=outcome.made_id,
                failed=outcome.failed,
                lost=outcome.lost,
                names=outcome.names,
            )
