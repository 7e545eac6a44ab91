"""Stage: what a running cycle has read, kept in Postgres until it is committed or abandoned."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain, repeat

from asyncpg.pgproto import pgproto

from store.database import Connection, Database
from store.errors import Outdated
from store.queries import load
from store.record import AccountId, JsonObject, Kind, OperationId, WorkspaceId
from store.remembered import Remembered
from store.rows import Rows

_SQL = load("cycle")
_COLUMNS = (
    "operation_id",
    "ordinal",
    "workspace_id",
    "kind",
    "external_id",
    "parent_kind",
    "parent_id",
    "content_id",
    "leaf_hash",
    "size_bytes",
    "pack_no",
    "other_pack_nos",
    "changed_at",
    "changed_by",
)
_ROWS_AT_ONCE = 5000
_CLEAR = (
    _SQL.clear_rows,
    _SQL.clear_scopes,
    _SQL.clear_subtrees,
    _SQL.clear_held,
    _SQL.clear_changes,
    _SQL.clear_additions,
    _SQL.clear_cursor,
    _SQL.clear_attempt,
)


class Stage:
    """Rows of one operation. Later rows win over earlier ones of the same record.

    What is staged counts for a resumed cycle only up to the last `save`; the rest is dropped when it is opened again.
    `is_first` says that the connection holds nothing yet. Memory: one buffer of rows, and what is remembered.
    """

    def __init__(
        self, database: Database, account_id: AccountId, operation_id: OperationId, *, is_first: bool = False
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._operation_id = operation_id
        self._row_key = pgproto.UUID(operation_id.bytes)  # sent with every row, and sooner than Python's own
        self._batches: list[Iterable[tuple[object, ...]]] = []
        self._waiting = 0
        self._sending: asyncio.Task[None] | None = None
        self._ordinal = 0
        self.remembered = Remembered() if is_first else None
        """All that is staged; None where only Postgres can say it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was staged."""
        return self._ordinal == 0

    async def restore(self) -> tuple[JsonObject, JsonObject] | None:
        """Drop what came after the last save; return its cursor and ledger, or None when nothing was saved."""
        async with self._database.account(self._account_id) as connection:
            saved = await connection.fetchrow(_SQL.restore, self._operation_id)
            self._ordinal = saved["ordinal"] if saved else 0
            if saved:
                self.remembered = None
            await connection.execute(_SQL.forget_after, self._operation_id, self._ordinal)
            await connection.execute(_SQL.forget_scopes_after, self._operation_id, self._ordinal)
            await connection.execute(_SQL.forget_subtrees_after, self._operation_id, self._ordinal)
            await connection.execute(_SQL.begin_attempt, self._operation_id)
        return (saved["cursor"], saved["ledger"]) if saved else None

    async def add(self, rows: Rows) -> None:
        """Append rows."""
        count = len(rows.external_ids)
        ordinals = range(self._ordinal + 1, self._ordinal + count + 1)
        self._batches.append(zip(repeat(self._row_key, count), ordinals, *rows, strict=True))
        self._ordinal += count
        self._waiting += count
        if self.remembered is not None and not self.remembered.add(rows):
            self.remembered = None
        if self._waiting >= _ROWS_AT_ONCE:
            await self._sent()
            self._sending = asyncio.create_task(self._send(self._taken()))

    async def complete(self, workspace_id: WorkspaceId, kinds: Sequence[Kind]) -> None:
        """Note that all living records of these kinds in this workspace are staged."""
        self._ordinal += 1
        async with self._database.account(self._account_id) as connection:
            await connection.execute(_SQL.scope_complete, self._operation_id, self._ordinal, workspace_id, list(kinds))

    async def subtrees(
        self, workspace_id: WorkspaceId, kind: Kind, external_ids: Sequence[str], below: Sequence[Kind], *, gone: bool
    ) -> None:
        """Note that of these records all that lives below them is staged; `gone`: they do not live themselves."""
        self._ordinal += 1
        async with self._database.account(self._account_id) as connection:
            await connection.execute(
                _SQL.subtrees,
                self._operation_id,
                self._ordinal,
                workspace_id,
                kind,
                list(external_ids),
                list(below),
                gone,
            )

    async def gone(self, workspace_id: WorkspaceId) -> None:
        """Note that nothing of this workspace lives any more."""
        self._ordinal += 1
        async with self._database.account(self._account_id) as connection:
            await connection.execute(_SQL.scope_gone, self._operation_id, self._ordinal, workspace_id)

    async def forget(self, workspace_ids: Sequence[WorkspaceId]) -> None:
        """Drop what is staged of these workspaces: they are read anew."""
        await self.flush()
        self.remembered = None
        async with self._database.account(self._account_id) as connection:
            await connection.execute(_SQL.forget_workspaces, self._operation_id, list(workspace_ids))
            await connection.execute(_SQL.forget_workspace_scopes, self._operation_id, list(workspace_ids))
            await connection.execute(_SQL.forget_workspace_subtrees, self._operation_id, list(workspace_ids))

    async def flush(self) -> None:
        """Send the buffered rows to Postgres, and wait until it has them.

        Raises what sending raised, from then on always: what is staged lacks those rows.
        """
        await self._sent()
        self._sending = asyncio.create_task(self._send(self._taken()))
        await self._sent()

    def _taken(self) -> list[Iterable[tuple[object, ...]]]:
        batches, self._batches, self._waiting = self._batches, [], 0
        return batches

    async def _send(self, batches: list[Iterable[tuple[object, ...]]]) -> None:
        if batches:
            async with self._database.account(self._account_id) as connection:
                await connection.copy_records_to_table("staged", records=chain.from_iterable(batches), columns=_COLUMNS)

    async def _sent(self) -> None:
        """Wait for the buffer on its way; one at a time bounds memory."""
        while (sending := self._sending) is not None:
            await asyncio.shield(sending)
            if self._sending is sending:
                self._sending = None

    async def settle(self) -> None:
        """Wait for what is on its way, come of it what will: a later attempt must not meet this one's rows."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def save(self, cursor: JsonObject, ledger: JsonObject) -> None:
        """Make everything staged so far count for a resumed cycle, which starts at `cursor`. Outdated as `need`."""
        await self.flush()
        async with self._database.account(self._account_id) as connection:
            await need(connection, self._operation_id)
            await connection.execute(_SQL.save, self._operation_id, cursor, ledger, self._ordinal)

    async def clear(self) -> None:
        """Remove everything of this operation. Idempotent."""
        self.remembered = None
        async with self._database.account(self._account_id) as connection:
            for query in _CLEAR:
                await connection.execute(query, self._operation_id)


async def need(connection: Connection, operation_id: OperationId) -> None:
    """Outdated where a crash of Postgres emptied the stage since the cycle was opened: what is left is not all."""
    if not await connection.fetchval(_SQL.is_whole, operation_id):
        raise Outdated(f"Postgres lost what operation {operation_id} had read: it has to be read again")
