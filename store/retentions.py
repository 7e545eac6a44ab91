"""Retentions: what each connection of an account keeps, as rows; and what that would give up."""

from zoneinfo import ZoneInfo

from store.database import Connection
from store.queries import load
from store.record import AccountId, ConnectionId
from store.retention import Retention, Taken, to_expire

_SQL = load("keeping")


async def put(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId | None, retention: Retention | None
) -> None:
    """Set what a connection keeps; without one, what all those keep that have no retention of their own.

    None takes it back: the connection then keeps what its account says, and the account everything.
    """
    if retention is None:
        await connection.execute(_SQL.clear_retention, account_id, connection_id)
        return
    numbers = (retention.all_days, retention.days, retention.weeks, retention.months, retention.years)
    await connection.execute(_SQL.set_retention, account_id, connection_id, *numbers)


async def of_account(connection: Connection, account_id: AccountId) -> dict[ConnectionId | None, Retention]:
    """Return the account's own (under None), and those of its connections that have one."""
    rows = await connection.fetch(_SQL.retentions, account_id)
    return {
        row["connection_id"]: Retention(
            all_days=row["all_days"],
            days=row["days"],
            weeks=row["weeks"],
            months=row["months"],
            years=row["years"],
        )
        for row in rows
    }


async def of_connection(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> Retention | None:
    """Return what a connection goes by: its own, else its account's, else None: everything is kept."""
    found = await of_account(connection, account_id)
    return found.get(connection_id, found.get(None))


async def plan(
    connection: Connection, connection_id: ConnectionId, retention: Retention, zone: ZoneInfo
) -> list[Taken]:
    """List the snapshots of a connection that a retention gives up, the oldest first. Changes nothing."""
    found = await taken(connection, connection_id)
    seqs = frozenset(to_expire(retention, found, zone))
    return [one for one in found if one.seq in seqs]


async def taken(connection: Connection, connection_id: ConnectionId) -> list[Taken]:
    """List the snapshots of a connection that are kept, the oldest first."""
    return [Taken(row["seq"], row["finished_at"]) for row in await connection.fetch(_SQL.taken, connection_id)]
