"""Keeping: how long snapshots are kept, and the legal holds that forbid taking anything away."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.types.node import Node
from store import holds, retention

Lazy = strawberry.lazy


@strawberry.type(
    description=(
        "How many snapshots are kept. Periods are counted from the newest snapshot back, those without one left out, "
        "and the last snapshot of each is kept. What any rule keeps is kept, and the newest snapshot always is."
    )
)
class Retention:
    """A `store.retention.Retention`."""

    all_days: int = strawberry.field(description="All of so many days before the newest one.")
    days: int = strawberry.field(description="The last of each of so many days.")
    weeks: int = strawberry.field(description="The last of each of so many weeks, Monday to Sunday.")
    months: int = strawberry.field(description="The last of each of so many months.")
    years: int = strawberry.field(description="The last of each of so many years.")
    summary: str = strawberry.field(description="All of it in words, as the log says it.")

    @classmethod
    def of(cls, found: retention.Retention) -> Self:
        """Show one."""
        return cls(
            all_days=found.all_days,
            days=found.days,
            weeks=found.weeks,
            months=found.months,
            years=found.years,
            summary=str(found),
        )


@strawberry.input(description="How many snapshots to keep; at least one number is given.")
class RetentionInput:
    """Each 0 to 10,000."""

    all_days: int = strawberry.field(default=0, description="All of so many days before the newest one.")
    days: int = strawberry.field(default=0, description="The last of each of so many days.")
    weeks: int = strawberry.field(default=0, description="The last of each of so many weeks, Monday to Sunday.")
    months: int = strawberry.field(default=0, description="The last of each of so many months.")
    years: int = strawberry.field(default=0, description="The last of each of so many years.")


def retention_of(given: RetentionInput) -> retention.Retention:
    """Read one; Invalid when it keeps nothing."""
    return retention.Retention(
        all_days=given.all_days, days=given.days, weeks=given.weeks, months=given.months, years=given.years
    )


@strawberry.type(
    description="A legal hold: while it is not lifted, nothing of what it lies on is given up, erased or collected."
)
class Hold(Node):
    """A row of `holds`, opened."""

    row: strawberry.Private[holds.Hold]
    reason: str = strawberry.field(description="Why it was placed.")
    placed_by: str = strawberry.field(description="Who placed it: a member's id, or `command line`.")
    placed_at: datetime = strawberry.field(description="When; the log says so too.")
    lift_reason: str | None = strawberry.field(description="Why it was lifted; null: it was not.")
    lifted_by: str | None = strawberry.field(description="Who lifted it; null: nobody.")
    lifted_at: datetime | None = strawberry.field(description="When it was lifted; null: it holds.")

    @classmethod
    def of(cls, row: holds.Hold) -> Self:
        """Show a hold."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.HOLD, row.hold_id)),
            row=row,
            reason=row.reason,
            placed_by=_person(row.placed_by),
            placed_at=row.placed_at,
            lift_reason=row.lift_reason,
            lifted_by=None if row.lifted_by is None else _person(row.lifted_by),
            lifted_at=row.lifted_at,
        )

    @strawberry.field(
        description="The connection it lies on; null: the whole account.", extensions=[Scoped(Scope.CONNECTION_READ)]
    )
    async def connection(self, info: Info) -> Annotated["ConnectedApp", Lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        if self.row.connection_id is None:
            return None
        row = await info.context.loaders.connection.load(self.row.connection_id)
        return ConnectedApp.of(row) if row else None


def _person(by: str) -> str:
    """Say who: a member by the id that `node` finds them by."""
    try:
        return ids.encode(ids.Prefix.MEMBER, UUID(by))
    except ValueError:
        return by
