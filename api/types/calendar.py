"""Calendar: how the backup of a connection went, day by day."""

import datetime as dt
from enum import Enum
from typing import Self

import strawberry

from api.auth import Scope, Scoped
from api.context import Info
from api.scalars import BigInt
from api.types.operation import BackupOperation, backup_of
from workers import calendar
from workers.calendar import Outcome as FoundOutcome


@strawberry.enum(description="How a day's backup went. Where there were several, the best counts.")
class Outcome(Enum):
    """`workers.calendar.Outcome`, described."""

    SUCCEEDED = strawberry.enum_value(FoundOutcome.SUCCEEDED, description="A snapshot was made, without a warning.")
    WARNED = strawberry.enum_value(
        FoundOutcome.WARNED, description="A snapshot was made; something was not captured, or not surely."
    )
    FAILED = strawberry.enum_value(FoundOutcome.FAILED, description="No snapshot was made.")
    CANCELLED = strawberry.enum_value(FoundOutcome.CANCELLED, description="Somebody stopped it.")
    RUNNING = strawberry.enum_value(FoundOutcome.RUNNING, description="It is queued or running.")
    DUE = strawberry.enum_value(FoundOutcome.DUE, description="Its evening has not come yet.")
    MISSED = strawberry.enum_value(FoundOutcome.MISSED, description="Its evening went by without a backup.")
    NONE = strawberry.enum_value(
        FoundOutcome.NONE, description="None was wanted: the connection was not there yet, or is paused."
    )


@strawberry.type(description="One day of a connection, in the account's time zone.")
class CalendarDay:
    """A `workers.calendar.Day`. Counts are of all backups that were asked for on that day."""

    day: strawberry.Private[calendar.Day]
    date: dt.date = strawberry.field(description="The day.")
    outcome: Outcome = strawberry.field(description="How its backup went.")
    succeeded: int = strawberry.field(description="How many backups made a snapshot.")
    failed: int = strawberry.field(description="How many backups failed.")
    warning_count: int = strawberry.field(description="How many warnings the last one that made a snapshot has.")
    record_count: BigInt | None = strawberry.field(description="How many records its last snapshot has.")
    added: BigInt = strawberry.field(description="How many records were added.")
    edited: BigInt = strawberry.field(description="How many changed in content or parent.")
    moved: BigInt = strawberry.field(description="How many went to another workspace.")
    deleted: BigInt = strawberry.field(description="How many were deleted.")
    stored_bytes: BigInt = strawberry.field(description="How many bytes were added to the store.")

    @classmethod
    def of(cls, day: calendar.Day) -> Self:
        """Show a day."""
        tally = day.tally
        return cls(
            day=day,
            date=day.date,
            outcome=Outcome(day.outcome),
            succeeded=tally.succeeded,
            failed=tally.failed,
            warning_count=tally.warnings or 0,
            record_count=None if tally.records is None else BigInt(tally.records),
            added=BigInt(tally.added),
            edited=BigInt(tally.edited),
            moved=BigInt(tally.moved),
            deleted=BigInt(tally.deleted),
            stored_bytes=BigInt(tally.stored_bytes),
        )

    @strawberry.field(
        description="Its last backup, with what it warned of or why it failed; null where there was none.",
        extensions=[Scoped(Scope.OPERATION_READ)],
    )
    async def last_backup(self, info: Info) -> BackupOperation | None:
        """Gathered with other lookups of the same request."""
        last_id = self.day.tally.last_id
        row = await info.context.loaders.operation.load(last_id) if last_id is not None else None
        return backup_of(row) if row else None
