"""A worker killed with SIGKILL in the middle of a sync: the next one goes on, and nothing is there twice."""

import asyncio
import json
import os
import signal
import sys

import pytest

from store.backend import open_backend
from store.master_keys import MasterKeys, generate
from store.operations import OperationStatus
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from tests.integration.workers.fake_app import FakeApp
from workers.queue import start_drive_sync
from workers.runtime import Runtime
from workers.settings import Settings

GENEROUS_SECONDS = 60
ROUTES = [(r"POST /drive/v3/files", 3), (r"POST /upload.*multipart", 1), (r"PUT /upload", 1), (r"batchUpdate", 0)]
EVERY = [(kind, *route) for kind in ("slow", "late") for route in ROUTES]
"""Before a request is carried out, and after it was and before its answer."""
MOMENTS = EVERY if os.environ.get("HOLDFAST_TEST_THOROUGH") else EVERY[1::2]


@pytest.fixture
def app() -> FakeApp:
    return FakeApp(
        boards={"board0": {f"card{n}": {"name": f"Card {n}"} for n in range(3)}},
        files={"card1": ("r1", b"a" * 1000), "card2": ("r1", bytes(range(256)) * 40_000)},
    )


@pytest.fixture
async def runtime(database, database_url, tmp_path, app):
    key = generate()
    settings = Settings.load(database_url=database_url, store_url=(tmp_path / "objects").as_uri(), master_key=key)
    masters = MasterKeys.from_text(key)
    return Runtime(
        settings, database, open_backend(settings.store_address), masters, make=lambda name, _: {"fake": app}[name]
    )


@pytest.fixture
async def copy(bench):
    async with drive_bench(bench) as made:
        await made.back_up()
        yield made


async def started_elsewhere(copy: DriveBench, operation_id: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.workers.one_operation", stdin=asyncio.subprocess.PIPE
    )
    settings, google = copy.bench.runtime.settings, copy.google
    given = {
        "database_url": settings.database_url,
        "store_url": settings.store_url,
        "master_key": settings.master_key.get_secret_value(),
        "google_client_id": google.client.client_id,
        "google_client_secret": google.client.secret,
        "google_api_url": google.url,
        "google_upload_url": f"{google.url}/upload",
        "google_sheets_url": google.url,
        "google_token_url": f"{google.url}/token",
        "operation_id": operation_id,
    }
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    return process


@pytest.mark.parametrize(("kind", "route", "skip"), MOMENTS)
async def test_a_killed_sync_is_followed_by_one_that_goes_on(copy: DriveBench, kind: str, route: str, skip: int):
    bench = copy.bench
    copy.google.fail(kind, route, skip=skip, seconds=3600)
    async with bench.runtime.database.account(bench.account_id) as connection:
        operation = await start_drive_sync(connection, account_id=bench.account_id)
    process = await started_elsewhere(copy, str(operation.operation_id))
    async with asyncio.timeout(GENEROUS_SECONDS):
        while not copy.google.faults.struck:
            assert process.returncode is None
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert OperationStatus.RUNNING is (await bench.read(operation.operation_id)).status

    await bench.hasten()
    resumed = await bench.perform(operation)

    assert (OperationStatus.SUCCEEDED, []) == (resumed.status, resumed.warnings), resumed
    tree = copy.tree()
    board = "Holdfast/Fake/Board board0"
    assert bytes(range(256)) * 40_000 == tree[f"{board}/Files/card2.bin"]
    assert ["card0", "card1", "card2"] == [row[0] for row in tree[f"{board}/Card"][1:]]
    assert 10 == len(tree)
    if route.startswith("PUT"):
        # The session is asked what it holds; what it has taken is not sent again.
        pieces = [seen.headers["content-range"] for seen in copy.google.api.requests if seen.method == "PUT"]
        asked = pieces.index("bytes */10240000")
        assert not [text for text in pieces[asked:] if text.startswith("bytes 0-")]
    await copy.sync()
    assert [] == copy.writes()
