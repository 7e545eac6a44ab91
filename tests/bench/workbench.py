"""Workbench: Holdfast's store as the embedded default runs it, durable, in a temporary folder."""

import asyncio
import gc
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from store.backends.folder import FolderBackend
from store.cycle import Cycle
from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from store.keys import AccountKeys
from store.log import Log
from store.record import AccountId, ConnectionId, ExternalId, Kind, OperationId, ParentRef, Record, WorkspaceId
from store.repository import Repository
from store.snapshots import Snapshot
from tests.bench.peers import size_bytes
from workers.interpreter import prepare_interpreter

BOARD = WorkspaceId("board")
CARD = Kind("card")
LIST = Kind("list")


class Bench:
    """One account with one connection, and a clock that a day passes on between snapshots."""

    def __init__(self, repository: Repository, connection_id: ConnectionId, bucket: Path) -> None:
        self.repository = repository
        self.connection_id = connection_id
        self.bucket = bucket
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    async def snapshot(self, pages: Iterable[Sequence[Record]]) -> tuple[Snapshot, float]:
        """Take a snapshot of the records given; return it and the wall seconds until a checkpoint covers it."""
        self._now += timedelta(days=1)
        gc.collect()
        started = time.perf_counter()
        async with Cycle.open(self.repository, self.connection_id, OperationId(uuid4()), self._now) as cycle:
            for page in pages:
                await cycle.put(page)
            snapshot = await cycle.commit({}, self._now)
        await Log(self.repository).publish()
        return snapshot, time.perf_counter() - started

    def stored_bytes(self) -> int:
        """Count what lies in the bucket."""
        return size_bytes(self.bucket)


def new_folder() -> Path:
    """Make a temporary folder that `nobody`, as whom Postgres runs when we are root, can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
    folder.chmod(0o711)
    return folder


@asynccontextmanager
async def workbench() -> AsyncIterator[Bench]:
    """Start Postgres with its durable settings, and a store in a folder beside it, in a process like a worker's."""
    prepare_interpreter()
    folder = new_folder()
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres:
            database = await Database.open(postgres.url())
            await database.migrate()
            yield await new_account(database, folder / "bucket")
            await database.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def new_account(database: Database, bucket: Path) -> Bench:
    """Add an account with one connection."""
    account_id, connection_id = AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as connection:
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, 'bench', 'UTC')", account_id
        )
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 'bench')",
            connection_id,
            account_id,
        )
    repository = Repository(database, FolderBackend(bucket), AccountKeys.generate(account_id))
    return Bench(repository, connection_id, bucket)


def card(content: dict[str, object]) -> Record:
    """Make a record of a sample."""
    return Record(
        workspace_id=BOARD,
        kind=CARD,
        external_id=ExternalId(str(content["id"])),
        content=content,
        parent=ParentRef(kind=LIST, external_id=ExternalId(str(content["idList"]))),
    )
