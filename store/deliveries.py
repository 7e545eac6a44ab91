"""Deliveries: events on their way to destinations. Each arrives at least once, or is given up after days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID

from store import queries
from store.database import Connection
from store.destinations import DestinationId
from store.errors import NotFound
from store.events import EventId
from store.record import AccountId

DeliveryId = NewType("DeliveryId", UUID)

_SQL = queries.load("deliveries")


class DeliveryStatus(StrEnum):
    """Where it is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up. It can be asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row."""

    delivery_id: DeliveryId
    account_id: AccountId
    event_id: EventId
    destination_id: DestinationId
    status: DeliveryStatus
    attempts: int
    next_at: datetime
    reason: str | None
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"status": DeliveryStatus(row["status"])})


async def claim_webhooks(connection: Connection, *, lease: timedelta, limit: int) -> list[Delivery]:
    """Take deliveries to webhooks that are due, whatever account they are of; nobody else gets them for a while.

    One that is not settled within `lease` is due again: whoever took it has died, and it may arrive twice.
    """
    return [Delivery.of(row) for row in await connection.fetch(_SQL.claim_webhooks, lease, limit)]


async def claim_mail(
    connection: Connection, *, gather: timedelta, apart: timedelta, lease: timedelta, limit: int
) -> list[Delivery]:
    """Take all that waits for e-mail destinations whose next mail is due; nobody else gets them for a while.

    A mail is due when the first of what waits has waited for `gather`, and the last mail is `apart` ago.
    """
    rows = await connection.fetch(_SQL.claim_mail, gather, apart, lease, limit)
    return [Delivery.of(row) for row in rows]


async def delivered(connection: Connection, account_id: AccountId, delivery_ids: Sequence[DeliveryId]) -> None:
    """Say that they arrived."""
    await connection.execute(_SQL.delivered, account_id, list(delivery_ids))


async def postponed(
    connection: Connection, account_id: AccountId, delivery_ids: Sequence[DeliveryId], *, wait: timedelta, reason: str
) -> None:
    """Say that they did not arrive, and when to try again."""
    await connection.execute(_SQL.postponed, account_id, list(delivery_ids), wait, reason)


async def given_up(
    connection: Connection, account_id: AccountId, delivery_ids: Sequence[DeliveryId], *, reason: str
) -> None:
    """Say that they did not arrive, and are not tried again."""
    await connection.execute(_SQL.given_up, account_id, list(delivery_ids), reason)


async def send_again(connection: Connection, account_id: AccountId, delivery_id: DeliveryId) -> Delivery:
    """Put one on its way once more, whatever became of it; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.send_again, account_id, delivery_id)
    if row is None:
        raise NotFound(f"no delivery {delivery_id}")
    return Delivery.of(row)


async def send_now(
    connection: Connection, account_id: AccountId, event_id: EventId, destination_id: DestinationId
) -> Delivery:
    """Put one event on its way to one destination alone, whatever kinds it wants; a mail does not wait for others."""
    return Delivery.of(await connection.fetchrow(_SQL.send_now, account_id, event_id, destination_id))


async def get(connection: Connection, account_id: AccountId, delivery_id: DeliveryId) -> Delivery:
    """Read one; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.get, account_id, delivery_id)
    if row is None:
        raise NotFound(f"no delivery {delivery_id}")
    return Delivery.of(row)


async def page(
    connection: Connection,
    account_id: AccountId,
    destination_id: DestinationId,
    *,
    beyond: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[Delivery]:
    """List a destination's, newest first (`backwards`: oldest first), beyond the given `(created_at, delivery_id)`."""
    created_at, delivery_id = beyond or (None, None)
    query = _SQL.page_back if backwards else _SQL.page
    rows = await connection.fetch(query, account_id, destination_id, created_at, delivery_id, limit)
    return [Delivery.of(row) for row in rows]


async def count(connection: Connection, account_id: AccountId, destination_id: DestinationId, *, limit: int) -> int:
    """Count a destination's, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, destination_id, limit))
