"""Schedules: when each connection's next cycle starts."""

from dataclasses import dataclass
from datetime import datetime

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId

_SQL = queries.load("schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A connection whose next cycle is to be decided, with the time zone its evening is in."""

    connection_id: ConnectionId
    account_id: AccountId
    time_zone: str
    is_paused: bool = False


async def lead(connection: Connection) -> bool:
    """Become the one scheduler until this transaction ends; False when another one is."""
    return bool(await connection.fetchval(_SQL.lead))


async def unscheduled(connection: Connection, *, limit: int = 1000) -> list[Turn]:
    """Return connections that have no schedule yet."""
    rows = await connection.fetch(_SQL.unscheduled, limit)
    return [
        Turn(connection_id=row["connection_id"], account_id=row["account_id"], time_zone=row["time_zone"])
        for row in rows
    ]


async def due(connection: Connection, now: datetime, *, limit: int = 1000) -> list[Turn]:
    """Return connections whose time has come, locked until the transaction ends."""
    return [
        Turn(
            connection_id=row["connection_id"],
            account_id=row["account_id"],
            time_zone=row["time_zone"],
            is_paused=row["status"] == "paused",
        )
        for row in await connection.fetch(_SQL.due, now, limit)
    ]


async def set_next(connection: Connection, turn: Turn, next_at: datetime) -> None:
    """Say when the connection's next cycle starts."""
    await connection.execute(_SQL.set_next, turn.connection_id, turn.account_id, next_at)


async def started(connection: Connection, connection_id: ConnectionId, now: datetime) -> None:
    """Remember that a scheduled cycle was started."""
    await connection.execute(_SQL.started, connection_id, now)


async def next_of(connection: Connection, connection_id: ConnectionId) -> datetime | None:
    """Return when the connection's next cycle starts; None when it is not scheduled yet."""
    next_at: datetime | None = await connection.fetchval(_SQL.next_of, connection_id)
    return next_at
