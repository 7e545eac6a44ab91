"""A crash at any step of a restore, and a resume: nothing twice, nothing missing."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter

import pytest

from connectors.trello.sandbox import Sample, Sandbox, World, generate
from connectors.trello.sandbox.export import load_export
from connectors.trello.sandbox.faults import Faults
from connectors.trello.write import TrelloWriter
from store.operations import OperationStatus
from store.record import WorkspaceId
from tests.integration.restoring.conftest import GENEROUS, Bench, close_bench, open_bench
from workers.restoring.plan import Mode

REAL = ["board-tekken-notes-2025-checklists", "board-project100-customfields-2021", "board-hermes-2014"]


LONG = pytest.mark.skipif(
    "HOLDFAST_TEST_LONG" not in os.environ, reason="HOLDFAST_TEST_LONG=1 runs what takes minutes, as .ci/run does"
)


class KilledError(BaseException):
    """The process is gone: nothing catches it, and nothing is cleaned up."""


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=1, cards_each=3, large_file_bytes=20_000))


class Dying:
    """Dies at every call twice: before it is made, and when it was made but nobody has been told."""

    def __init__(self, monkeypatch) -> None:
        self.deaths: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        for name in ("create", "update"):
            monkeypatch.setattr(TrelloWriter, name, self._dying(getattr(TrelloWriter, name), name))

    def _dying(self, real, name):
        async def call(writer, what):
            self.deaths[what.key] += 1
            if self.deaths[what.key] == 1:
                raise KilledError
            made = await real(writer, what)
            self.made[what.key] += name == "create"
            if self.deaths[what.key] == 2:
                raise KilledError
            return made

        return call


async def restore_dying(bench: Bench, monkeypatch, lost: str) -> None:
    held = {name: len(getattr(bench.world, name).of(lost)) for name in ("cards", "lists", "labels", "custom_fields")}
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,), mode=Mode.COPY))
    operation = await bench.start(plan)
    writes = [step for step in await bench.steps(plan) if step.calls]
    with monkeypatch.context() as patched:
        dying = Dying(patched)
        deaths = 0
        while True:
            try:
                done = await bench.perform(operation)
            except KilledError:
                deaths += 1
                await bench.hasten()
                continue
            break

    assert OperationStatus.SUCCEEDED is done.status, done.error_message
    assert {} == await bench.bad(plan)
    # One death less for what is there without a call: who makes a board is its member.
    assert 2 * len(writes) - 2 <= deaths <= 2 * len(writes)
    # What creates is sent once: the second time it is found. What changes may be sent again, and comes to the same.
    assert {1} >= set(dying.made.values()) - {0}
    new = done.result["workspaces"][lost]
    assert held == {name: len(getattr(bench.world, name).of(new)) for name in held}


async def test_a_crash_at_any_step_leaves_nothing_twice_and_nothing_missing(bench: Bench, monkeypatch):
    await restore_dying(bench, monkeypatch, bench.board)


@LONG
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", REAL)
async def test_a_crash_at_any_step_of_a_real_board(name, shared, database, database_url, tmp_path, monkeypatch):  # noqa: PLR0917
    path = shared / "real" / "trello" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"needs the real export {name}")
    world = World()
    board = load_export(world, path)
    admin = next(found["idMember"] for found in board["memberships"] if found["memberType"] == "admin")
    with Sandbox(world, limits=GENEROUS) as sandbox:
        sandbox.owner = world.members.get(admin)
        bench = await open_bench(database, database_url, tmp_path, sandbox)
        await bench.back_up()
        await restore_dying(bench, monkeypatch, WorkspaceId(board["id"]))
        await close_bench(bench)


@pytest.mark.parametrize("at", [7, pytest.param(1, marks=LONG), pytest.param(25, marks=LONG)])
async def test_a_worker_killed_in_the_middle_of_a_call_is_followed_by_one_that_goes_on(bench: Bench, monkeypatch, at):
    lost = bench.board
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,)))
    operation = await bench.start(plan)
    process = await elsewhere(bench, operation)
    writes = 0
    real = Faults.next

    def kill(faults, request):
        nonlocal writes
        writes += not request.startswith("GET")
        if writes == at and process.returncode is None:
            # The stand-in goes on and carries the request out; nobody is there to hear.
            os.kill(process.pid, signal.SIGKILL)
        return real(faults, request)

    monkeypatch.setattr(Faults, "next", kill)
    assert -signal.SIGKILL == await process.wait()
    monkeypatch.undo()
    await bench.hasten()

    done = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is done.status, done.error_message
    assert {} == await bench.bad(plan)


async def elsewhere(bench: Bench, operation) -> asyncio.subprocess.Process:
    """Perform an operation in another process."""
    settings = bench.runtime.settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.workers.one_operation", stdin=asyncio.subprocess.PIPE
    )
    given = {
        "database_url": settings.database_url,
        "store_url": settings.store_url,
        "master_key": bench.master_key,
        "trello_url": settings.trello_url,
        "operation_id": str(operation.operation_id),
    }
    process.stdin.write(json.dumps(given).encode())
    process.stdin.close()
    return process
