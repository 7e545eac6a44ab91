"""A store with one connection, and cards to put into it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from store import canonical, snapshots, versions
from store.backends.folder import FolderBackend
from store.cycle import Cycle
from store.entry import decode_entry
from store.keys import AccountKeys
from store.log import Log
from store.record import (
    AccountId,
    ConnectionId,
    ExternalId,
    Kind,
    OperationId,
    Record,
    WorkspaceId,
)
from store.repository import Repository
from store.tree.nodes import PostgresNodes
from store.tree.read import entries

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
CARD = Kind("card")
BOARD = WorkspaceId("board")


def card(number: int, text: str = "as it was", workspace: str = "board") -> Record:
    return Record(
        workspace_id=WorkspaceId(workspace),
        kind=CARD,
        external_id=ExternalId(f"{number:04d}"),
        content={"id": f"{number:04d}", "name": text},
        changed_at=NOW,
        changed_by="mary",
    )


class Store:
    def __init__(self, repository, connection_id):
        self.repository, self.connection_id = repository, connection_id
        self.clock = NOW

    def cycle(self, operation_id=None):
        return Cycle.open(self.repository, self.connection_id, operation_id or OperationId(uuid4()), self.clock)

    def transaction(self):
        return self.repository.database.account(self.repository.account_id)

    async def snapshot(self, records, complete=(BOARD,)):
        snapshot = await self.unsigned_snapshot(records, complete)
        await Log(self.repository).publish()
        return snapshot

    async def unsigned_snapshot(self, records, complete=(BOARD,)):
        self.clock += timedelta(days=1)
        async with self.cycle() as cycle:
            for at in range(0, len(records), 50):
                await cycle.put(records[at : at + 50])
            for workspace in complete:
                await cycle.complete(workspace, [CARD])
            return await cycle.commit({"n": 1}, self.clock)

    async def versions(self, seq):
        async with self.transaction() as connection:
            return await versions.list_records(connection, self.connection_id, seq, limit=10_000)

    async def contents(self, seq):
        found = await self.versions(seq)
        plain = await self.repository.read_many([v.content_id for v in found]) if found else {}
        return {(v.key.workspace_id, v.key.external_id): canonical.decode(plain[v.content_id])["name"] for v in found}

    async def tree_keys(self, seq):
        async with self.transaction() as connection:
            snapshot = (await snapshots.by_seqs(connection, self.connection_id, [seq]))[seq]
            nodes = PostgresNodes(connection, self.repository.account_id)
            found = [decode_entry(*e) async for batch in entries(nodes, snapshot.tree_root) for e in batch]
        return {(entry.key.workspace_id, entry.key.external_id) for entry in found}

    async def snapshots(self):
        async with self.transaction() as connection:
            return await snapshots.list_snapshots(connection, self.connection_id)

    async def row_counts(self):
        async with self.transaction() as connection:
            return await connection.fetchrow("select (select count(*) from packs), (select count(*) from nodes)")


async def new_store(database, folder):
    account_id, connection_id = AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as connection:
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, 'a', 'UTC')", account_id
        )
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 't')",
            connection_id,
            account_id,
        )
    return Store(Repository(database, FolderBackend(folder / "store"), AccountKeys.generate(account_id)), connection_id)
