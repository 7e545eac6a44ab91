"""Usage: how much an account holds."""

from dataclasses import dataclass

from store import queries
from store.database import Connection
from store.record import AccountId

_SQL = queries.load("usage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counts of one account, now."""

    snapshots: int
    packs: int
    chunks: int
    """Distinct ones: a chunk that lies in two packs counts once."""
    stored_bytes: int
    """The length of all packs in the bucket."""


async def usage(connection: Connection, account_id: AccountId) -> Usage:
    """Count. Reads every row of chunks: for people and reports, not for requests."""
    row = await connection.fetchrow(_SQL.usage, account_id)
    assert row is not None
    return Usage(**row)
