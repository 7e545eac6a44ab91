"""Events: what happened that somebody may want to be told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID, uuid5

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId, JsonObject

EventId = NewType("EventId", UUID)

_SQL = queries.load("events")


class EventKind(StrEnum):
    """What happened. The names are those that webhooks carry, and never change."""

    BACKUP_FAILED = "backup.failed"
    BACKUP_DRIFT = "backup.drift"
    BACKUP_MASS_CHANGE = "backup.mass_change"
    BACKUP_MASS_DELETION = "backup.mass_deletion"
    CONNECTION_NEEDS_ATTENTION = "connection.needs_attention"
    VERIFICATION_FAULT = "verification.fault"
    COPY_FAILED = "copy.failed"
    CHECKPOINT_PUBLISHED = "checkpoint.published"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """What can be said of a kind of event before it happens. One that is added to `EVENTS` can be asked for at once."""

    description: str
    is_alert: bool
    """Whether it is sent to who did not say which kinds they want. What is none is not even kept for nobody."""


EVENTS: Mapping[EventKind, EventSpec] = {
    EventKind.BACKUP_FAILED: EventSpec(description="A backup ended without a snapshot.", is_alert=True),
    EventKind.BACKUP_DRIFT: EventSpec(
        description="A full read found changes of which nothing had told; they are healed.", is_alert=True
    ),
    EventKind.BACKUP_MASS_CHANGE: EventSpec(
        description="Far more records were changed than on other days of the connection.", is_alert=True
    ),
    EventKind.BACKUP_MASS_DELETION: EventSpec(
        description="Far more records were deleted than on other days of the connection.", is_alert=True
    ),
    EventKind.CONNECTION_NEEDS_ATTENTION: EventSpec(
        description="A connection is backed up in part or not at all until somebody does something.", is_alert=True
    ),
    EventKind.VERIFICATION_FAULT: EventSpec(
        description="A verification found stored bytes that are not what they should be, or could not end.",
        is_alert=True,
    ),
    EventKind.COPY_FAILED: EventSpec(
        description="The copy in Google Drive could not be brought up to date, or not without somebody's help.",
        is_alert=True,
    ),
    EventKind.CHECKPOINT_PUBLISHED: EventSpec(
        description="The head of the account's log was signed and published: for whoever keeps a copy of each.",
        is_alert=False,
    ),
    EventKind.TEST: EventSpec(description="Somebody wanted to see whether events arrive.", is_alert=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row. `data` is of the form that its kind says (docs/events.md); ids, counts and reasons, never content."""

    event_id: EventId
    account_id: AccountId
    kind: str
    """One of `EventKind`; of a newer Holdfast, perhaps none that this one knows."""
    connection_id: ConnectionId | None
    data: JsonObject
    occurred_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


async def put(
    connection: Connection,
    *,
    account_id: AccountId,
    kind: EventKind,
    key: str,
    data: JsonObject,
    connection_id: ConnectionId | None = None,
    to_all: bool = True,
) -> Event | None:
    """Keep that something happened, and put it on its way to every destination that wants it, in one statement.

    `key` names what happened within the account and kind: the same is kept once, and None returned after that, as it is
    for what is no alert and nobody asked for.
    Not `to_all`: to none, yet.
    """
    event_id = uuid5(account_id, f"{kind} {key}")
    is_alert = EVENTS[kind].is_alert
    row = await connection.fetchrow(_SQL.put, event_id, account_id, kind, connection_id, data, is_alert, to_all)
    return Event.of(row) if row else None


async def some(connection: Connection, account_id: AccountId, event_ids: list[EventId]) -> dict[EventId, Event]:
    """Read those of the ids that this account has."""
    rows = await connection.fetch(_SQL.some, account_id, event_ids)
    return {EventId(row["event_id"]): Event.of(row) for row in rows}


async def page(
    connection: Connection,
    account_id: AccountId,
    *,
    kind: str | None = None,
    beyond: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[Event]:
    """List events, newest first (`backwards`: oldest first), beyond the given `(occurred_at, event_id)`."""
    occurred_at, event_id = beyond or (None, None)
    query = _SQL.page_back if backwards else _SQL.page
    return [Event.of(row) for row in await connection.fetch(query, account_id, kind, occurred_at, event_id, limit)]


async def count(connection: Connection, account_id: AccountId, *, kind: str | None = None, limit: int) -> int:
    """Count them, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, kind, limit))


async def forget_old(connection: Connection, days: int) -> None:
    """Forget what happened so long ago, in every account, with how it was told."""
    await connection.execute(_SQL.forget_old, days)
