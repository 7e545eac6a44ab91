"""A worker's runtime on a fresh database and a folder, with an app in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from store import accounts, operations, snapshots, versions
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.connected_apps import ConnectedApp
from store.database import Database
from store.master_keys import MasterKeys, generate
from store.operations import Operation
from store.record import AccountId, OperationId
from tests.conftest import PostgresServer
from tests.integration.workers.connecting import connect
from tests.integration.workers.fake_app import FakeApp
from tests.remembered import Remembered, remembered
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, start_backup
from workers.runtime import Runtime
from workers.settings import Settings


@dataclass
class Bench:
    """What the tests of workers drive."""

    runtime: Runtime
    queue: Queue
    app: FakeApp
    account_id: AccountId
    connected: ConnectedApp

    async def start(self, *, full: bool = False) -> Operation:
        async with self.runtime.database.account(self.account_id) as connection:
            return await start_backup(
                connection, account_id=self.account_id, connection_id=self.connected.connection_id, full=full
            )

    async def perform(self, operation: Operation) -> Operation:
        await run.perform(self.runtime, self.queue, operation.operation_id)
        return await self.read(operation.operation_id)

    async def back_up(self) -> Operation:
        return await self.perform(await self.start())

    async def read(self, operation_id: OperationId) -> Operation:
        async with self.runtime.database.account(self.account_id) as connection:
            return await operations.get(connection, self.account_id, operation_id)

    async def held(self) -> dict[str, dict]:
        """The content of every record that the newest snapshot has, by id."""
        async with self.runtime.database.account(self.account_id) as connection:
            latest = await snapshots.latest(connection, self.connected.connection_id)
            if latest is None:
                return {}
            rows = await versions.list_records(connection, self.connected.connection_id, latest.seq, limit=10_000)
        repository = await self.runtime.repository(self.account_id)
        contents = await repository.read_many([row.content_id for row in rows])
        return {row.key.external_id: orjson.loads(contents[row.content_id]) for row in rows}

    def make_due(self) -> str:
        return "update operations set run_after = now(), lease_until = now() - interval '1 second'"

    async def hasten(self) -> None:
        """Let no wait and no lease stand in the way."""
        async with self.runtime.database.system() as connection:
            await connection.execute(self.make_due())


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a module's tests begin with, beside what lies in Postgres and in the bucket."""

    account_id: AccountId
    connected: ConnectedApp
    masters: MasterKeys
    app: FakeApp


@contextmanager
def begun(
    server: PostgresServer, app: FakeApp, work: Callable[[Bench], Awaitable[object]]
) -> Iterator[Remembered[Begun]]:
    """Do some work once that all tests of a module begin after: their fixture `beginning`, of the module's scope."""
    masters = MasterKeys.from_text(generate())

    async def make(database_url: str, bucket: Path) -> Begun:
        database = await Database.open(database_url, connections=4)
        async with _bench(_runtime(database, database_url, bucket, app, masters), app) as bench:
            await work(bench)
        await database.close()
        return Begun(account_id=bench.account_id, connected=bench.connected, masters=masters, app=app)

    with remembered(server, make) as found:
        yield found


def _runtime(database: Database, database_url: str, bucket: Path, app: FakeApp, masters: MasterKeys) -> Runtime:
    settings = Settings.load(database_url=database_url, store_url=bucket.as_uri())
    return Runtime(
        settings, database, open_backend(settings.store_address), masters, make=lambda name, _: {"fake": app}[name]
    )


@asynccontextmanager
async def _bench(runtime: Runtime, app: FakeApp, after: Begun | None = None) -> AsyncIterator[Bench]:
    if after is None:
        async with runtime.database.system() as connection:
            account = await accounts.create(connection, name="Acme")
            await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
        account_id = account.account_id
        connected, _ = await connect(runtime, account_id, app="fake", method="token", credentials={"token": "ada-1"})
    else:
        account_id, connected = after.account_id, after.connected
    broker = open_broker(None)
    yield Bench(runtime=runtime, queue=Queue(broker), app=app, account_id=account_id, connected=connected)
    broker.close()


def small_app() -> FakeApp:
    """Make an app of three boards, each of five cards, two of which have a file."""
    return FakeApp(
        boards={
            f"board{board}": {f"card{board}{card}": {"name": f"{board}/{card}"} for card in range(5)}
            for board in range(3)
        },
        files={"card00": ("r1", b"a" * 10_000), "card11": ("r1", b"b" * 300_000)},
    )


@pytest.fixture
def app(beginning: Remembered[Begun] | None) -> FakeApp:
    if beginning is None:
        return small_app()
    made = beginning.made.app
    return FakeApp(boards=deepcopy(made.boards), files=made.files.copy(), reads=made.reads.copy())


@pytest.fixture
async def runtime(
    database: Database, database_url: str, tmp_path: Path, app: FakeApp, beginning: Remembered[Begun] | None
) -> Runtime:
    bucket = tmp_path / "objects"
    if beginning is None:
        return _runtime(database, database_url, bucket, app, MasterKeys.from_text(generate()))
    beginning.copy_bucket(bucket)
    return _runtime(database, database_url, bucket, app, beginning.made.masters)


@pytest.fixture
async def bench(runtime: Runtime, app: FakeApp, beginning: Remembered[Begun] | None) -> AsyncIterator[Bench]:
    async with _bench(runtime, app, beginning and beginning.made) as made:
        yield made
