"""Changes: how what a cycle staged differs from what the last snapshot holds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.database import Connection, Database
from store.living import Living
from store.queries import load
from store.record import AccountId, ConnectionId, Kind, OperationId, WorkspaceId
from store.remembered import Remembered
from store.snapshots import Snapshot
from store.stage import need
from store.tree.nodes import PostgresNodes

_SQL = load("cycle")
_ROWS_AT_ONCE = 5000

Columns = Sequence[Sequence[Any]]
"""One sequence for each column of `changes_in_key_order` in `store/sql/cycle.sql`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """How many records of one kind and workspace differ in one way, and the first of their ids."""

    workspace_id: WorkspaceId
    kind: Kind
    change: str
    records: int
    external_ids: Sequence[str]


class Changes:
    """The changes of one operation, found once by one join in Postgres and then read in key order.

    They lie in a table of their own, so that the tree can be made of them on one connection while another indexes
    the versions. Where all that was staged is `remembered`, it is not read back. Memory: some thousand rows, and what
    `Remembered` says.
    """

    def __init__(
        self,
        database: Database,
        account_id: AccountId,
        operation_id: OperationId,
        previous: Snapshot | None,
        remembered: Remembered | None = None,
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._operation_id = operation_id
        self._previous = previous
        self._remembered = remembered
        self.counts: Mapping[str, int] = {}
        """`added`, `edited`, `moved`, `deleted`: how many, where any."""

    @property
    def places(self) -> int:
        """How many entries of the tree change: a move changes two."""
        return sum(self.counts.values()) + self.counts.get("moved", 0)

    @property
    def living(self) -> int:
        """How many records have a new state."""
        return sum(self.counts.values()) - self.counts.get("deleted", 0)

    async def find(self, connection_id: ConnectionId) -> None:
        """Compare. Idempotent: what an earlier attempt found is found anew.

        Where nothing is held yet, and no record was staged twice, all that was staged is a change as it stands, and
        nothing is compared or copied. What is remembered was not staged twice. Outdated when Postgres lost some of it.
        """
        async with self._database.account(self._account_id) as connection:
            await need(connection, self._operation_id)
            await connection.execute(_SQL.sort_in_memory)
            await connection.execute(_SQL.clear_changes, self._operation_id)
            await connection.execute(_SQL.clear_additions, self._operation_id)
            if self._previous is not None or (
                self._remembered is None and await connection.fetchval(_SQL.any_repeated, self._operation_id)
            ):
                await self._list_held(connection)
                await connection.execute(_SQL.find_changes, self._operation_id, connection_id)
                await self.count(connection)
                return
            await connection.execute(_SQL.all_are_additions, self._operation_id)
            if self._remembered is None:
                await self.count(connection)
            else:
                added = self._remembered.additions
                self.counts = {"added": added} if added else {}

    async def _list_held(self, connection: Connection) -> None:
        """List what the last snapshot has in the scopes that were read completely: what of it is gone is deleted."""
        await connection.execute(_SQL.clear_held, self._operation_id)
        scopes = [tuple(row) for row in await connection.fetch(_SQL.scopes, self._operation_id)]
        if not scopes:
            return
        rows: list[tuple[object, ...]] = []
        async for entries in self._living(connection).entries(scopes):
            rows += [(self._operation_id, entry.key.kind, entry.key.external_id) for entry in entries]
            if len(rows) >= _ROWS_AT_ONCE:
                await self._hold(connection, rows)
                rows = []
        if rows:
            await self._hold(connection, rows)

    async def _hold(self, connection: Connection, rows: list[tuple[object, ...]]) -> None:
        columns = ("operation_id", "kind", "external_id")
        await connection.copy_records_to_table("staged_held", records=rows, columns=columns)

    def _living(self, connection: Connection) -> Living:
        root = self._previous.tree_root if self._previous else None
        return Living(PostgresNodes(connection, self._account_id), root)

    async def count(self, connection: Connection) -> None:
        """Count what was found."""
        rows = await connection.fetch(_SQL.count_changes, self._operation_id)
        self.counts = {row["change"]: row["records"] for row in rows}

    async def within(self, workspace_ids: Collection[WorkspaceId], *, ids: int) -> list[Differing]:
        """Count what differs in these workspaces, naming so many of each."""
        if not workspace_ids or not self.counts:
            return []
        async with self._database.account(self._account_id) as connection:
            rows = await connection.fetch(_SQL.changes_within, self._operation_id, list(workspace_ids), ids)
        return [Differing(**row) for row in rows]

    async def stored(self, workspace_ids: Collection[WorkspaceId]) -> Mapping[WorkspaceId, Mapping[Kind, int]]:
        """Count the records of each kind that these workspaces will have once the changes are committed."""
        async with self._database.account(self._account_id) as connection:
            held = await self._living(connection).count_by_kind(workspace_ids)
            steps = await connection.fetch(_SQL.steps_within, self._operation_id, list(workspace_ids))
        found = {workspace_id: Counter(held.get(workspace_id, {})) for workspace_id in workspace_ids}
        for row in steps:
            found[row["workspace_id"]][row["kind"]] += row["step"]
        return {workspace_id: +counts for workspace_id, counts in found.items()}

    async def in_key_order(self, connection: Connection) -> AsyncIterator[Columns]:
        """Read them within the transaction of `connection`. A move comes twice: as `left`, and where it went."""
        if self._remembered is not None:
            for columns in await asyncio.to_thread(self._remembered.in_key_order, _ROWS_AT_ONCE):
                yield columns
            return
        await connection.execute(_SQL.sort_in_memory)
        cursor = await connection.cursor(_SQL.changes_in_key_order, self._operation_id)
        while rows := await cursor.fetch(_ROWS_AT_ONCE):
            yield list(zip(*rows, strict=True))

    async def count_pack_uses(self, connection: Connection, connection_id: ConnectionId) -> None:
        """Add to what a connection needs of each pack what the changes need of it, and take off what they end."""
        if self._remembered is None:
            await connection.execute(_SQL.count_pack_uses, self._operation_id, self._account_id, connection_id)
        else:
            await add_pack_uses(connection, self._account_id, connection_id, self._remembered.pack_uses())


async def add_pack_uses(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, uses: Mapping[int, int]
) -> None:
    """Add that so many more of a connection's records or segments need each of these packs."""
    await connection.execute(_SQL.add_pack_uses, account_id, connection_id, list(uses), list(uses.values()))
