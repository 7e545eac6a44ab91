"""Processes that kill themselves at every point that matters: what another one then makes of it is whole, and once."""

import asyncio
import json
import sys

import pytest

from connectors.trello.sandbox import RateLimits, Sample, Sandbox, generate
from store import operations
from store.operations import OperationStatus
from tests.integration.workers.test_convergence import tree, tree_of_the_app
from tests.integration.workers.test_kill import bench as _bench
from tests.integration.workers.test_kill import saved_cursor

bench = _bench

POINTS = [
    "connectors.http:Http.request#4",
    "store.stage:Stage.save!after#2",
    "store.backends.folder:FolderBackend.put#2",
    "store.backends.folder:FolderBackend.put!after#3",
    "workers.backup:judge",
    "store.commit:Commit._keep!after",
    "store.stage:Stage.clear",
    "workers.capture:cover",
    "workers.lease:Lease.succeed",
    "store.operations:succeed",
]
"""In the order in which one cycle comes to them. Each attempt dies at the next, so that each begins where one died."""


@pytest.fixture
def trello():
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    world = generate(Sample(named_boards=4, cards_each=6, large_file_bytes=2_000))
    with Sandbox(world, limits=limits) as sandbox:
        yield sandbox


async def die(bench, module, **given):
    """Run a process that kills itself; True if it did."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE)
    settings = bench.runtime.settings
    about = {
        "database_url": settings.database_url,
        "store_url": settings.store_url,
        "master_key": settings.master_key.get_secret_value(),
        "trello_url": settings.trello_url,
    }
    await process.communicate(json.dumps(about | given).encode())
    return process.returncode == -9


async def test_a_worker_killed_at_every_point_of_one_cycle_makes_one_whole_snapshot(bench, trello):
    operation = await bench.start()
    held, asked_again = set(), set()
    for point in POINTS:
        trello.services.requests.clear()
        await bench.hasten()
        died = await die(
            bench,
            "tests.integration.workers.one_operation",
            operation_id=str(operation.operation_id),
            die=point,
        )
        assert died, point
        asked = {seen.path.split("/")[2] for seen in trello.services.requests if seen.path.startswith("/boards/")}
        asked_again |= asked & held
        cursor = await saved_cursor(bench)
        held |= cursor["workspaces"].keys() if cursor else set()
        assert OperationStatus.RUNNING is (await bench.read(operation.operation_id)).status, point
    await bench.hasten()
    operation = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is operation.status, operation
    assert (1, []) == (operation.result["seq"], operation.warnings)
    assert held >= {board["id"] for board in trello.world.boards}
    assert set() == asked_again
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def started(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await operations.page(connection, bench.account_id, limit=10)


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("workers.schedule:start_backup!after", 0),  # in the transaction that starts it
        ("workers.queue:Queue.wake", 1),  # the transaction has ended, and nobody was woken
    ],
)
async def test_a_scheduler_that_is_killed_is_followed_by_one_that_starts_each_backup_once(bench, trello, point, left):
    assert await die(bench, "tests.integration.workers.one_scheduler", die=point)
    assert left == len(await started(bench))
    assert not await die(bench, "tests.integration.workers.one_scheduler")
    assert not await die(bench, "tests.integration.workers.one_scheduler")

    assert ["queued"] == [operation.status for operation in await started(bench)]


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("api.mutations.operation:start_backup!after", 0),  # in the transaction that starts it
        ("api.mutations.operation:backup_of", 1),  # between that and the answer
    ],
)
async def test_an_api_that_is_killed_is_asked_again_and_starts_the_backup_once(bench, trello, point, left):
    assert await die(bench, "tests.integration.workers.one_request", die=point, key="k1")
    assert left == len(await started(bench))
    assert not await die(bench, "tests.integration.workers.one_request", key="k1")
    assert not await die(bench, "tests.integration.workers.one_request", key="k1")

    assert ["queued"] == [operation.status for operation in await started(bench)]
