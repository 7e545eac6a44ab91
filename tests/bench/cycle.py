"""Cycle bench: an evening of 1,000 boards, 1 % of them changed, under Trello's rate limits, through a whole worker.

The stand-in is a process of its own. The first cycle, with the limits off, says how many records a second go from the
app's HTTP to a signed snapshot. Of the second, a day later, the limits decide the time: what counts is how many
requests it makes, how much of the budget it uses, and that none is refused.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from connectors.trello.sandbox import RateLimits
from store import accounts, connected_apps, grants, operations
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.connected_apps import ConnectedApp
from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from store.master_keys import MasterKeys, generate
from store.operations import Operation, OperationStatus
from tests.bench.result import Result
from tests.bench.workbench import new_folder
from workers import capture, run
from workers.broker import open_broker
from workers.queue import Queue, start_backup
from workers.runtime import Runtime
from workers.settings import Settings

BOARDS = 1000
CHANGED = BOARDS // 100
WINDOW_SECONDS = 10.0
TOKEN_REQUESTS = 100
_PER_CHANGED_BOARD, _PER_FULL_BOARD = 5, 4
_MOST = 3 + CHANGED * _PER_CHANGED_BOARD + (-(-BOARDS // 7) + 1) * _PER_FULL_BOARD
"""One listing and its like, five requests a changed board, and a seventh of all boards read in full."""


@dataclass(frozen=True)
class App:
    """The stand-in, from outside."""

    about: dict[str, Any]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask its control surface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.about['url']}/sandbox{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def call(self, method: str, path: str, **params: str) -> Any:
        """Call its API as the owner."""
        query = urlencode({"key": self.about["key"], "token": self.about["token"], **params})
        request = urllib.request.Request(f"{self.about['url']}/1{path}?{query}", method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


async def cycle() -> list[Result]:
    """Back up once as fast as it goes; change 1 %; back up again the next evening, under the limits."""
    with _app() as app:
        async with _worker(app) as worker:
            app.ask("POST", "/limits", dict.fromkeys(("token_max", "key_max", "member_max"), 10**6))
            first, first_seconds = await worker.back_up(datetime.now(UTC))
            boards = app.call("GET", "/members/me/boards", fields="id", filter="open")[:CHANGED]
            for board in boards:
                card = app.call("GET", f"/boards/{board['id']}/cards", fields="id", limit="1")[0]
                app.call("PUT", f"/cards/{card['id']}", name="changed")
            app.ask("POST", "/limits", asdict(RateLimits()))
            # A day lies between the two: what the first one asked fills none of the windows of the second.
            await asyncio.sleep(WINDOW_SECONDS)
            second, seconds = await worker.back_up(datetime.now(UTC) + timedelta(days=1))
            told = app.ask("GET", "/limits")
    assert [] == first.warnings + second.warnings
    taken = told["taken"]
    return [
        Result(
            name="trello-cycle-requests",
            value=len(taken),
            unit="requests",
            target=f"at most {_MOST}: 10 of 1,000 boards changed, 143 in turn",
            limit=_MOST,
        ),
        Result(name="trello-cycle", value=seconds, unit="s", target="as the limits allow"),
        Result(
            name="trello-cycle-budget",
            value=100 * used(taken),
            unit="%",
            target="at least 95 % of the budget while there is work",
            limit=-95,
        ),
        Result(name="trello-cycle-refused", value=told["refused"], unit="429s", target="none", limit=0),
        Result(
            name="trello-cycle-records",
            value=(first.result or {})["records"] / first_seconds,
            unit="rec/s",
            target=f"{(first.result or {})['records']:,} records end to end, without limits",
        ),
    ]


def used(taken: Sequence[float]) -> float:
    """Return the share of the budget that was used: in all of the app's windows but the last, which work ran out in."""
    windows: list[int] = []
    ends = float("-inf")
    for moment in sorted(taken):
        if moment >= ends:
            windows.append(0)
            ends = moment + WINDOW_SECONDS
        windows[-1] += 1
    span = sorted(taken)[-windows[-1]] - min(taken)
    # A window begins with the first request after the one before: time lost in between counts as unused.
    return (len(taken) - windows[-1]) / (span / WINDOW_SECONDS * TOKEN_REQUESTS)


@dataclass(frozen=True)
class Worker:
    """A whole worker, but for the broker."""

    runtime: Runtime
    connected: ConnectedApp

    async def back_up(self, now: datetime) -> tuple[Operation, float]:
        """Back up at some moment; returns the operation, and the wall seconds it took."""

        class At(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return now.astimezone(tz)

        account_id, started = self.connected.account_id, time.perf_counter()
        queue = Queue(open_broker(None))
        async with self.runtime.database.account(account_id) as connection:
            operation = await start_backup(
                connection, account_id=account_id, connection_id=self.connected.connection_id
            )
        with mock.patch.object(capture, "datetime", At):
            while not operation.status.is_final:
                await run.perform(self.runtime, queue, operation.operation_id)
                async with self.runtime.database.account(account_id) as connection:
                    operation = await operations.get(connection, account_id, operation.operation_id)
        assert operation.status is OperationStatus.SUCCEEDED, operation
        return operation, time.perf_counter() - started


@contextmanager
def _app() -> Iterator[App]:
    command = [sys.executable, "-m", "connectors.trello.sandbox", "--sample", "thousand"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield App(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@asynccontextmanager
async def _worker(app: App) -> AsyncIterator[Worker]:
    folder = new_folder()
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres:
            database = await Database.open(postgres.url(), connections=10)
            await database.migrate()
            settings = Settings.load(
                database_url=postgres.url(),
                store_url=(folder / "bucket").as_uri(),
                trello_url=app.about["url"],
                allow_private_addresses=True,
            )
            runtime = Runtime(
                settings, database, open_backend(settings.store_address), MasterKeys.from_text(generate())
            )
            yield Worker(runtime, await _connect(runtime, app))
            await runtime.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _connect(runtime: Runtime, app: App) -> ConnectedApp:
    async with runtime.database.system() as connection:
        account = await accounts.create(connection, name="bench")
        keys = await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
        connected = await connected_apps.create(connection, account_id=account.account_id, app="trello", name="bench")
        await grants.put(
            connection,
            keys,
            account_id=account.account_id,
            connection_id=connected.connection_id,
            method="key_token",
            subject=app.about["owner"],
            name="owner",
            credentials={"key": app.about["key"], "token": app.about["token"]},
            expires_at=None,
        )
    return connected
