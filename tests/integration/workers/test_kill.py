"""A worker that is killed in the middle: another one goes on, reads nothing again that was kept, and misses nothing."""

import asyncio
import json
import re
import signal
import sys

import orjson
import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.faults import Faults
from store import accounts, connected_apps, grants, snapshots, versions
from store.account_keys import create_account_keys
from store.backend import open_backend
from store.master_keys import MasterKeys
from store.master_keys import generate as generate_key
from store.operations import OperationStatus
from tests.integration.workers.conftest import Bench
from workers.broker import open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.settings import Settings

GENEROUS_SECONDS = 60


@pytest.fixture
def trello():
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(generate(), limits=limits) as sandbox:
        yield sandbox


@pytest.fixture
def asked(monkeypatch):
    """Every request that the stand-in was sent, as `GET /boards/…?…`."""
    seen: list[str] = []
    judge = Faults.next

    def listen(faults, request):
        seen.append(request)
        return judge(faults, request)

    monkeypatch.setattr(Faults, "next", listen)
    return seen


@pytest.fixture
async def bench(database, database_url, tmp_path, trello):
    master_key = generate_key()
    settings = Settings.load(
        database_url=database_url,
        store_url=(tmp_path / "objects").as_uri(),
        master_key=master_key,
        trello_url=trello.url,
        allow_private_addresses=True,
    )
    runtime = Runtime(settings, database, open_backend(settings.store_address), MasterKeys.from_text(master_key))
    async with database.system() as connection:
        account = await accounts.create(connection, name="Acme")
        keys = await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
        connected = await connected_apps.create(connection, account_id=account.account_id, app="trello", name="Trello")
        await grants.put(
            connection,
            keys,
            account_id=account.account_id,
            connection_id=connected.connection_id,
            method="key_token",
            subject=trello.owner["id"],
            name="Owner",
            credentials={"key": trello.key, "token": trello.token},
            expires_at=None,
        )
    yield Bench(
        runtime=runtime,
        queue=Queue(open_broker(None)),
        app=None,
        account_id=account.account_id,
        connected=connected,
    )
    for connector in runtime._connectors.values():
        await connector.aclose()


async def started_elsewhere(bench, operation):
    settings = bench.runtime.settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.workers.one_operation", stdin=asyncio.subprocess.PIPE
    )
    given = {
        "database_url": settings.database_url,
        "store_url": settings.store_url,
        "master_key": settings.master_key.get_secret_value(),
        "trello_url": settings.trello_url,
        "operation_id": str(operation.operation_id),
    }
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    return process


async def until(condition):
    async with asyncio.timeout(GENEROUS_SECONDS):
        while True:
            if found := await condition():
                return found
            await asyncio.sleep(0.05)


async def saved_cursor(bench):
    async with bench.runtime.database.system() as connection:
        return await connection.fetchval("select cursor from staged_cursors")


async def test_a_killed_worker_is_followed_by_one_that_goes_on(bench, trello, asked):
    # Somewhere in the later boards an answer does not come; what was read before is kept by then.
    boards = [board["id"] for board in trello.world.boards_of(trello.owner)]
    stuck = boards[-1]
    trello.fail("slow", rf"GET /boards/{stuck}(/|[?]|$)", seconds=3600, times=None)
    operation = await bench.start()
    process = await started_elsewhere(bench, operation)

    async def is_stuck():
        cursor = await saved_cursor(bench)
        return cursor if cursor is not None and len(cursor["workspaces"]) > 1 and trello.faults.struck else None

    cursor = await until(is_stuck)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    trello.faults.clear()
    assert OperationStatus.RUNNING is (await bench.read(operation.operation_id)).status

    asked.clear()
    await bench.hasten()
    resumed = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is resumed.status, resumed
    again = {found[1] for line in asked if (found := re.match(r"GET /(?:boards|organizations)/([0-9a-f]{24})", line))}
    assert stuck in again
    assert set() == again & cursor["workspaces"].keys()
    held = await everything(bench, "card")
    assert {card["id"]: card["name"] for card in trello.world.cards} == {
        key: content["name"] for key, content in held.items()
    }
    files = await everything(bench, "file")
    assert set(files) == {
        key for key, content in (await everything(bench, "attachment")).items() if content["isUpload"]
    }


async def everything(bench, kind):
    """The content of every record of a kind in the newest snapshot, by id."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        latest = await snapshots.latest(connection, bench.connected.connection_id)
        rows = await versions.list_records(
            connection, bench.connected.connection_id, latest.seq, kinds=[kind], limit=100_000
        )
    repository = await bench.runtime.repository(bench.account_id)
    contents = await repository.read_many([row.content_id for row in rows])
    return {row.key.external_id: orjson.loads(contents[row.content_id]) for row in rows}
