"""Outages: Postgres or the bucket away in the middle of a cycle; afterwards what is held is the app's own tree."""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from api.cli.serving import app_of
from connectors.trello.sandbox import RateLimits, Sample, Sandbox, generate
from store import cycle
from store.backend import open_backend
from store.backends.folder import FolderBackend
from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from store.errors import StoreError
from store.operations import OperationStatus
from tests.contract.test_backend import make_bucket
from tests.integration.workers.test_convergence import back_up, tree, tree_of_the_app
from tests.integration.workers.test_kill import bench as _bench
from tests.integration.workers.test_kill import saved_cursor, until
from workers.scheduler import schedule_forever

bench = _bench


@pytest.fixture(autouse=True)
def _save_each_checkpoint(monkeypatch):
    monkeypatch.setattr(cycle, "_SAVE_EVERY_SECONDS", 0)


@pytest.fixture
def trello():
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(generate(Sample(named_boards=5, cards_each=6, large_file_bytes=5_000)), limits=limits) as sandbox:
        yield sandbox


class Postgres:
    """One of our own, to be stopped."""

    def __init__(self):
        # Not `tmp_path`: its parents are closed to `nobody`.
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
        self.folder.chmod(0o711)
        # As in real use: it is to have all that it said it has when it comes back from a crash.
        self.server = EmbeddedPostgres(self.folder / "postgres")

    def vanish(self, *, crash):
        if crash:
            self.server._process.kill()
        self.server.stop()


@pytest.fixture
def postgres():
    made = Postgres()
    made.server.start()
    yield made
    made.server.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def database_url(postgres):
    return postgres.server.url()


@pytest.fixture
async def database(database_url):
    opened = await Database.open(database_url, connections=4)
    await opened.migrate()
    yield opened
    await opened.close()


async def perform(bench, operation):
    """Once more, as the broker's next message would."""
    with suppress(StoreError):
        await bench.perform(operation)


@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "crashed"])
async def test_postgres_is_away_for_a_while_in_the_middle_of_a_cycle(bench, trello, postgres, crash):
    # The last board's answer takes a moment, so that others are kept when Postgres goes.
    stuck = max(board["id"] for board in trello.world.boards)
    trello.fail("slow", f"GET /boards/{stuck}/cards", seconds=3)
    operation = await bench.start()
    working = asyncio.create_task(perform(bench, operation))

    async def is_stuck():
        cursor = await saved_cursor(bench)
        boards = {board["id"] for board in trello.world.boards}
        return cursor and boards & cursor["workspaces"].keys() and trello.faults.struck

    await until(is_stuck)
    postgres.vanish(crash=crash)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(bench.runtime, bench.queue, public_url="http://holdfast.test")),
        base_url="http://holdfast.test",
    ) as client:
        during = [
            await client.get("/ready"),
            await client.get("/health"),
            await client.head("/hooks/trello/" + "x" * 43),
        ]
        scheduling = asyncio.create_task(schedule_forever(bench.runtime.database, bench.queue))
        await working
        await asyncio.sleep(0)
        postgres.server.start()
        after = await client.get("/ready")
        assert not scheduling.done()
        scheduling.cancel()
    trello.services.requests.clear()
    for _ in range(5):
        await bench.hasten()
        await perform(bench, operation)
        operation = await bench.read(operation.operation_id)
        if operation.status.is_final:
            break

    assert [503, 200, 503] == [answer.status_code for answer in during]
    assert 200 == after.status_code
    assert OperationStatus.SUCCEEDED is operation.status, operation
    assert [] == operation.warnings
    again = {seen.path.split("/")[2] for seen in trello.services.requests if seen.path.startswith("/boards/")}
    assert stuck in again
    # What a running cycle has read is not logged: a crash of Postgres loses it, a stop does not.
    assert crash == (len(again) == len(trello.world.boards))
    assert await tree_of_the_app(bench, trello) == await tree(bench)


class Unmounted(FolderBackend):
    """A folder whose disk goes away at the write of one number, until it is mounted again."""

    def __init__(self, folder, number):
        super().__init__(folder)
        self.left = number
        self.elsewhere = folder.with_name("unmounted")

    def put(self, key, data):
        self.left -= 1
        if self.left == 0:
            self.folder.rename(self.elsewhere)
        return super().put(key, data)

    def mount(self):
        self.elsewhere.rename(self.folder)

    @property
    def is_away(self):
        return self.elsewhere.exists()


@pytest.mark.parametrize("number", [1, 3, 6, 9])
async def test_the_bucket_is_away_for_a_while_whatever_was_written_last(bench, trello, tmp_path, number):
    backend = bench.runtime.backend = Unmounted(tmp_path / "objects", number)
    bench.runtime._repositories.clear()
    operation = await bench.start()
    seen = []
    for _ in range(8):
        await bench.hasten()
        operation = await bench.perform(operation)
        seen.append(operation.error_code)
        if backend.is_away:
            # Another attempt finds it gone, too.
            await bench.hasten()
            operation = await bench.perform(operation)
            backend.mount()
        if operation.status.is_final:
            break

    assert OperationStatus.SUCCEEDED is operation.status, operation
    assert "STORE_UNAVAILABLE" in seen
    assert [] == operation.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_cycle_after_the_bucket_was_away_is_whole_again(bench, trello, tmp_path):
    await back_up(bench)
    (tmp_path / "objects").rename(tmp_path / "unmounted")
    with trello.editing() as world:
        next(iter(world.boards))["name"] = "renamed"
    failed = await bench.perform(await bench.start())
    (tmp_path / "unmounted").rename(tmp_path / "objects")
    await bench.hasten()
    operation = await bench.perform(failed)

    assert ("queued", "STORE_UNAVAILABLE") == (failed.status, failed.error_code)
    assert OperationStatus.SUCCEEDED is operation.status, operation
    assert await tree_of_the_app(bench, trello) == await tree(bench)


class Line:
    """The way to a server, that can be cut: connections are broken, and new ones refused."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.server = None
        self.port = 0
        self.passed = 0
        self.cut_at = None
        self._passing = set()

    async def open(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def cut(self):
        self.server.close()
        for task in self._passing - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(*self._passing - {asyncio.current_task()}, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._passing.add(asyncio.current_task())
        self.passed += 1
        there, back = await asyncio.open_connection(*self.target)
        try:
            if self.passed == self.cut_at:
                await self.cut()
            else:
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._passing.discard(asyncio.current_task())
            for each in (writer, back):
                each.transport.abort()
                with suppress(OSError):
                    await each.wait_closed()


async def _pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


@pytest.fixture
async def line(monkeypatch):
    # botocore's own waits between its five attempts are not what is tested.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    made = Line(*server.get_host_and_port())
    await made.open()
    yield made
    await made.cut()
    server.stop()


@pytest.mark.parametrize("cut_at", [2])
async def test_s3_is_away_for_a_while_in_the_middle_of_a_cycle(bench, trello, line, cut_at):
    url = f"s3://id:secret@holdfast/{cut_at}?endpoint=http://127.0.0.1:{line.port}&region=us-east-1"
    await asyncio.to_thread(make_bucket, url)
    bench.runtime.backend = open_backend(url)
    bench.runtime._repositories.clear()
    line.cut_at = line.passed + cut_at
    operation = await bench.perform(await bench.start())
    during = await bench.perform(operation)
    await line.open()
    await bench.hasten()
    operation = await bench.perform(during)

    assert ("queued", "STORE_UNAVAILABLE") == (during.status, during.error_code)
    assert OperationStatus.SUCCEEDED is operation.status, operation
    assert [] == operation.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)
