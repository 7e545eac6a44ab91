"""Account: one account's rows, from its keys, its catalog, its packs' rows, its manifests and its log."""

import asyncio
from collections.abc import Mapping, Sequence

from store import accounts, catalog, connected_apps
from store.backend import Backend
from store.connected_apps import ConnectionStatus
from store.database import Connection, Database
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys
from store.queries import load
from store.rebuild.contents import keep_untold
from store.rebuild.found import Found, LossCode
from store.rebuild.kept import read_kept
from store.rebuild.ledger import Ledger, read
from store.rebuild.manifests import Step, open_step, steps_of
from store.rebuild.replay import Replay
from store.record import ConnectionId, SnapshotId
from store.repository import Repository

_SQL = load("rebuild")
_KEYS = load("keys")

AUTHORISE = "made again from the bucket, where credentials are never kept: authorise it again"
"""Why a connection that was rebuilt is not backed up yet."""


class AccountRebuild:
    """One account's. What it needs must be there: the rows of its packs, and `rebuild_chunks`."""

    def __init__(self, database: Database, backend: Backend, keys: AccountKeys, found: Found) -> None:
        self._database = database
        self._backend = backend
        self._keys = keys
        self._found = found

    async def begin(self, wrapped: tuple[str, bytes]) -> None:
        """Insert the account itself, its keys, and what people set up."""
        account_id = self._keys.account_id
        async with self._database.system() as connection:
            try:
                held = await catalog.find(self._backend, self._keys)
                await held.restore(connection, self._keys)
            except (Corrupt, NotFound) as error:
                self._found.lost(LossCode.CATALOG_LOST, catalog.prefix(account_id), error)
            if not await connection.fetchval(_SQL.has_account, account_id):
                await accounts.create(connection, name="Rebuilt", account_id=account_id)
            await connection.execute(_KEYS.insert_wrapped_keys, account_id, *wrapped)

    async def replay(self, manifests: Mapping[ConnectionId, Sequence[str]]) -> None:
        """Make every connection's snapshots again; then insert the log, which says that the account is whole."""
        account_id = self._keys.account_id
        try:
            ledger = await asyncio.to_thread(read, self._backend, self._keys)
        except Corrupt as error:
            self._found.lost(LossCode.LOG_LOST, f"logs/{account_id}", error)
            ledger = None
        kept = await asyncio.to_thread(read_kept, self._backend, self._keys, ledger, self._found)
        repository = Repository(self._database, self._backend, self._keys)
        snapshot_ids: dict[str, SnapshotId] = {}
        for connection_id, names in manifests.items():
            steps = await asyncio.to_thread(
                steps_of, self._backend, self._keys, connection_id, names, ledger=ledger, kept=kept, found=self._found
            )
            await self._connect(connection_id, steps)
            async with self._database.account(account_id) as connection:
                await kept.insert_tombstones(connection, connection_id)
            replayed = await Replay(repository, connection_id, kept, self._found).run(steps)
            snapshot_ids |= replayed.snapshot_ids
            self._found.connections += 1
        async with self._database.account(account_id) as connection:
            await kept.insert_holds(connection)
        await keep_untold(repository)
        await self._end(ledger, snapshot_ids)

    async def _connect(self, connection_id: ConnectionId, steps: Sequence[Step]) -> None:
        """Let the connection wait for somebody to authorise it; insert it where no catalog had it."""
        account_id = self._keys.account_id
        async with self._database.account(account_id) as connection:
            if not await _is_connected(connection, self._keys, connection_id):
                app, name = await asyncio.to_thread(self._named, steps)
                self._found.lost(
                    LossCode.CATALOG_LOST,
                    f"connection/{connection_id}",
                    "made again as its manifests name it, all in scope",
                )
                await connected_apps.create(
                    connection, account_id=account_id, app=app, name=name, connection_id=connection_id
                )
            await connected_apps.set_status(
                connection, account_id, connection_id, ConnectionStatus.NEEDS_ATTENTION, AUTHORISE
            )

    def _named(self, steps: Sequence[Step]) -> tuple[str, str]:
        for step in reversed(steps):
            try:
                opened = open_step(self._backend, self._keys, step.name)
            except (Corrupt, NotFound):
                continue
            return opened.app, opened.connection_name
        return "unknown", "Unknown"

    async def _end(self, ledger: Ledger | None, snapshot_ids: Mapping[str, SnapshotId]) -> None:
        async with self._database.account(self._keys.account_id) as connection:
            if ledger is not None:
                await ledger.insert(connection, self._backend, self._keys, snapshot_ids)
            counts = await connection.fetchrow(_SQL.counts, self._keys.account_id)
            assert counts is not None
            self._found.versions += counts["versions"]
            self._found.chunks += counts["chunks"]
        self._found.accounts += 1


async def _is_connected(connection: Connection, keys: AccountKeys, connection_id: ConnectionId) -> bool:
    return connection_id in await connected_apps.some(connection, keys.account_id, [connection_id])
