"""Schedules: when each connection's next cycle starts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    next_full_at: datetime | None = None
    """The first cycle from then on reads everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An account whose next verification is to be decided."""

    account_id: AccountId
    time_zone: str
    is_due: bool
    """False: it was never decided before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """An account whose expired snapshots and unneeded packs are next looked for."""

    account_id: AccountId
    time_zone: str
    is_due: bool
    has_retention: bool
    """Whether anything can expire; without, there is only what broken cycles left."""
    is_held: bool
    """Whether a legal hold lies on the whole account."""


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
    return [_turn(row) for row in await connection.fetch(_SQL.due, now, limit)]


async def astray(
    connection: Connection, *, next_after: datetime, full_after: datetime, limit: int = 1000
) -> list[Turn]:
    """Return connections whose next cycle, or next full one, is later than any can be, locked like those that are due.

    A scheduler whose clock was ahead wrote them: left alone, they would not be backed up before that time.
    """
    rows = await connection.fetch(_SQL.astray, next_after, full_after, limit)
    return [_turn(row) for row in rows]


async def of_account(connection: Connection, account_id: AccountId, *, not_before: datetime) -> list[Turn]:
    """Return an account's connections whose next cycle is not due yet at that moment."""
    return [_turn(row) for row in await connection.fetch(_SQL.of_account, account_id, not_before)]


async def move_verification(
    connection: Connection, account_id: AccountId, next_at: datetime, *, not_before: datetime
) -> None:
    """Say when an account's next verification starts, unless it is due already at `not_before`."""
    await connection.execute(_SQL.move_verification, account_id, next_at, not_before)


async def verifications_astray(connection: Connection, after: datetime, *, limit: int = 1000) -> list[Watch]:
    """Return accounts whose next verification is later than any can be."""
    rows = await connection.fetch(_SQL.verifications_astray, after, limit)
    return [Watch(account_id=row["account_id"], time_zone=row["time_zone"], is_due=False) for row in rows]


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


async def set_next_full(connection: Connection, connection_id: ConnectionId, next_full_at: datetime) -> None:
    """Say from when on the connection's next cycle reads everything; nothing where it is not scheduled."""
    await connection.execute(_SQL.set_next_full, connection_id, next_full_at)


async def to_drill(
    connection: Connection, now: datetime, latest: datetime, *, limit: int = 1000
) -> list[tuple[Turn, bool]]:
    """Return connections whose next drill is to be decided, and whether one is due now.

    Others were never scheduled, or for later than `latest`, which only a clock that was wrong can have set.
    """
    return [
        (
            Turn(
                connection_id=row["connection_id"],
                account_id=row["account_id"],
                time_zone=row["time_zone"],
                is_paused=row["status"] == "paused",
            ),
            row["next_at"] is not None and row["next_at"] <= now,
        )
        for row in await connection.fetch(_SQL.connections_to_drill, now, limit, latest)
    ]


async def set_next_drill(connection: Connection, turn: Turn, next_at: datetime) -> None:
    """Say when a connection's next drill starts."""
    await connection.execute(_SQL.set_next_drill, turn.connection_id, turn.account_id, next_at)


async def to_verify(connection: Connection, now: datetime, *, limit: int = 1000) -> list[Watch]:
    """Return accounts whose nightly verification is due, or was never scheduled."""
    return [
        Watch(account_id=row["account_id"], time_zone=row["time_zone"], is_due=row["next_at"] is not None)
        for row in await connection.fetch(_SQL.accounts_to_verify, now, limit)
    ]


async def set_next_verification(connection: Connection, account_id: AccountId, next_at: datetime) -> None:
    """Say when the account's next nightly verification starts."""
    await connection.execute(_SQL.set_next_verification, account_id, next_at)


def _turn(row: Any) -> Turn:
    return Turn(
        connection_id=row["connection_id"],
        account_id=row["account_id"],
        time_zone=row["time_zone"],
        is_paused=row["status"] == "paused",
        next_full_at=row["next_full_at"],
    )


async def to_clear(
    connection: Connection, now: datetime, *, astray_after: datetime, limit: int = 1000
) -> list[Clearing]:
    """Return accounts whose nightly expiry is due, was never scheduled, or is later than any can be."""
    return [
        Clearing(
            account_id=row["account_id"],
            time_zone=row["time_zone"],
            is_due=row["next_at"] is not None and row["next_at"] <= now,
            has_retention=row["has_retention"],
            is_held=row["is_held"],
        )
        for row in await connection.fetch(_SQL.accounts_to_clear, now, astray_after, limit)
    ]


async def set_next_expiry(connection: Connection, account_id: AccountId, next_at: datetime) -> None:
    """Say when the account's next expiry starts."""
    await connection.execute(_SQL.set_next_expiry, account_id, next_at)
