"""Drive bench: the requests and seconds that a copy in Google Drive costs, against the stand-in, without its rates."""

import gc
import shutil
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

from connectors.google_drive.sandbox import Sandbox
from store import drive
from store.account_keys import create_account_keys
from store.accounts import create
from store.backends.folder import FolderBackend
from store.cycle import Cycle
from store.database import Database
from store.drive import DriveDestination
from store.embedded_postgres import EmbeddedPostgres
from store.files import FileMeta
from store.master_keys import MasterKeys, generate
from store.operations import OperationStatus
from store.record import ExternalId, OperationId, ParentRef, Record, WorkspaceId
from tests.bench.result import Result
from tests.bench.workbench import CARD, Bench, new_folder
from tests.integration.workers.drive_bench import drive_app
from workers import run
from workers.broker import open_broker
from workers.queue import Queue, start_drive_sync
from workers.runtime import Runtime
from workers.settings import Settings

BOARDS = 10
RECORDS = 10_000
FILES = 1_000
FILE_BYTES = 20_000


async def copies() -> list[Result]:
    """10,000 records and 1,000 files on 10 boards: at first, unchanged, 1 % changed, and one record changed."""
    folder = new_folder()
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres, Sandbox() as google:
            database = await Database.open(postgres.url())
            await database.migrate()
            masters = MasterKeys.from_text(generate())
            backend = FolderBackend(folder / "bucket")
            settings = Settings.load(database_url=postgres.url(), store_url=(folder / "bucket").as_uri())
            app = drive_app(google, [])
            runtime = Runtime(settings, database, backend, masters, make=_none, drive=app)
            try:
                return await _measure(runtime, google)
            finally:
                await app.http.aclose()
                await database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(runtime: Runtime, google: Sandbox) -> list[Result]:
    bench = await _account(runtime, google)
    await _snapshot(bench, changed=range(RECORDS + FILES))
    initial, seconds, cpu = await _sync(runtime, bench, google)
    # Drive's feed tells the next sync of all that this one wrote; the one after is told nothing.
    await _sync(runtime, bench, google)
    unchanged, _, _ = await _sync(runtime, bench, google)
    await _snapshot(bench, changed=range(0, RECORDS + FILES, 100), state=1)
    some, some_seconds, some_cpu = await _sync(runtime, bench, google)
    await _snapshot(bench, changed=[7], state=2)
    one, _, _ = await _sync(runtime, bench, google)
    everything = RECORDS + FILES
    return [
        Result(name="drive-initial-calls", value=sum(initial.values()), unit="calls"),
        Result(name="drive-initial", value=seconds, unit="s"),
        Result(name="drive-initial-cpu", value=cpu / everything * 1e3, unit="ms/item"),
        Result(
            name="drive-calls-a-file",
            value=sum(initial.values()) / everything,
            unit="calls",
            target="at most 1 for each record and file",
            limit=1.0,
        ),
        Result(name="drive-unchanged-calls", value=sum(unchanged.values()), unit="calls", target="at most 2", limit=2),
        Result(name="drive-changed", value=some_seconds, unit="s"),
        Result(name="drive-changed-cpu", value=some_cpu, unit="s"),
        Result(
            name="drive-changed-calls",
            value=sum(some.values()) / (everything / 100),
            unit="calls",
            target="at most 2 for each that changed",
            limit=2.0,
        ),
        Result(name="drive-one-changed-calls", value=sum(one.values()), unit="calls", target="at most 6", limit=6),
    ]


async def _account(runtime: Runtime, google: Sandbox) -> Bench:
    async with runtime.database.system() as connection:
        account = await create(connection, name="bench")
        keys = await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
    connection_id = uuid4()
    async with runtime.database.account(account.account_id) as connection:
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'none', 'Bench')",
            connection_id,
            account.account_id,
        )
        await _connect(connection, keys, account.account_id, google)
    repository = await runtime.repository(account.account_id)
    return Bench(repository, connection_id, None)


async def _connect(connection, keys, account_id, google: Sandbox) -> DriveDestination:
    credentials = google.grant()
    return await drive.put(
        connection,
        keys,
        account_id=account_id,
        subject=google.owner.permission_id,
        name=google.owner.email,
        credentials={name: str(credentials[name]) for name in ("access_token", "refresh_token", "scope")},
    )


async def _snapshot(bench: Bench, *, changed, state: int = 0) -> None:
    """Take a snapshot in which these of the records and files are new or differ."""
    bench._now += timedelta(days=1)
    async with Cycle.open(bench.repository, bench.connection_id, OperationId(uuid4()), bench._now) as cycle:
        records = [_record(number, state) for number in changed if number < RECORDS]
        for start in range(0, len(records), 1000):
            await cycle.put(records[start : start + 1000])
        for number in changed:
            if number >= RECORDS:
                await cycle.put_file(_file(number, state), _bytes(number, state))
        await cycle.commit({}, bench._now)


def _board(number: int) -> WorkspaceId:
    return WorkspaceId(f"board{number % BOARDS}")


def _record(number: int, state: int) -> Record:
    return Record(
        workspace_id=_board(number),
        kind=CARD,
        external_id=ExternalId(f"{number:08}"),
        content={
            "id": f"{number:08}",
            "name": f"Card {number}",
            "desc": "What is to be done. " * 20,
            "state": state,
            "labels": ["a", "b"],
            "badges": {"votes": number, "comments": 3},
        },
    )


def _file(number: int, state: int) -> FileMeta:
    return FileMeta(
        workspace_id=_board(number),
        external_id=ExternalId(f"file{number:08}"),
        parent=ParentRef(kind=CARD, external_id=ExternalId(f"{number - RECORDS:08}")),
        name=f"file {number}.bin",
        media_type=None,
        revision=str(state),
    )


async def _bytes(number: int, state: int) -> AsyncIterator[bytes]:
    yield f"{number} {state} ".encode() * (FILE_BYTES // 12)


async def _sync(runtime: Runtime, bench: Bench, google: Sandbox) -> tuple[dict[str, int], float, float]:
    """Run one sync; return its calls by method, and its wall and processor seconds."""
    account_id = bench.repository.account_id
    async with runtime.database.account(account_id) as connection:
        operation = await start_drive_sync(connection, account_id=account_id)
    google.api.requests.clear()
    gc.collect()
    broker = open_broker(None)
    started, cpu = time.perf_counter(), time.thread_time()
    await run.perform(runtime, Queue(broker), operation.operation_id)
    taken = time.perf_counter() - started, time.thread_time() - cpu
    broker.close()
    async with runtime.database.account(account_id) as connection:
        status = await connection.fetchval(
            "select status from operations where operation_id = $1", operation.operation_id
        )
    assert status == OperationStatus.SUCCEEDED, status
    return google.counts(), *taken


def _none(app: str, _: object):
    raise KeyError(app)
