"""Changes: how what a cycle staged differs from what the last snapshot holds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from store.database import Connection, Database
from store.queries import load
from store.record import AccountId, ConnectionId, OperationId

_SQL = load("cycle")
_ROWS_AT_ONCE = 5000

Columns = Sequence[Sequence[Any]]
"""One sequence for each column of `changes_in_key_order` in `store/sql/cycle.sql`."""


class Changes:
    """The changes of one operation, found once by one join in Postgres and then read in key order.

    They lie in a table of their own, so that the tree can be made of them on one connection while another indexes
    the versions. Memory: some thousand rows.
    """

    def __init__(self, database: Database, account_id: AccountId, operation_id: OperationId) -> None:
        self._database = database
        self._account_id = account_id
        self._operation_id = operation_id
        self.counts: Mapping[str, int] = {}
        """`added`, `edited`, `moved`, `deleted`: how many, where any."""

    @property
    def places(self) -> int:
        """How many entries of the tree change: a move changes two."""
        return sum(self.counts.values()) + self.counts.get("moved", 0)

    async def find(self, connection_id: ConnectionId) -> None:
        """Compare. Idempotent: what an earlier attempt found is found anew."""
        async with self._database.account(self._account_id) as connection:
            await connection.execute(_SQL.sort_in_memory)
            await connection.execute(_SQL.clear_changes, self._operation_id)
            await connection.execute(_SQL.find_changes, self._operation_id, connection_id)
            rows = await connection.fetch(_SQL.count_changes, self._operation_id)
        self.counts = {row["change"]: row["records"] for row in rows}

    async def in_key_order(self, connection: Connection) -> AsyncIterator[Columns]:
        """Read them within the transaction of `connection`. A move comes twice: as `left`, and where it went."""
        await connection.execute(_SQL.sort_in_memory)
        cursor = await connection.cursor(_SQL.changes_in_key_order, self._operation_id)
        while rows := await cursor.fetch(_ROWS_AT_ONCE):
            yield list(zip(*rows, strict=True))
