"""Calendar: what became of a connection's backups on each of some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId, OperationId

_SQL = queries.load("calendar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One day's backups, by when they were asked for, and what their snapshots came to."""

    succeeded: int
    failed: int
    cancelled: int
    open: int
    """Queued or running now."""
    warnings: int | None
    """Of the last that succeeded."""
    last_id: OperationId | None
    records: int | None
    """In the last snapshot."""
    added: int
    edited: int
    moved: int
    deleted: int
    stored_bytes: int


async def days(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    bounds: Sequence[tuple[datetime, datetime]],
) -> list[Tally]:
    """Count one connection's backups on each of these days: from its first moment to that of the next."""
    opens, closes = [each[0] for each in bounds], [each[1] for each in bounds]
    rows = await connection.fetch(_SQL.days, account_id, connection_id, opens, closes)
    return [Tally(**{name: row[name] for name in Tally.__dataclass_fields__}) for row in rows]
