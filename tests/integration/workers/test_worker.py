"""A whole worker: woken by each broker, stopped in the middle, and by itself when nobody wakes it."""

import asyncio
import os
import secrets
import threading

import pytest

from store.operations import OperationStatus
from workers.broker import UnknownBroker, open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.worker import Worker

GENEROUS_SECONDS = 60


@pytest.fixture
def working(bench, monkeypatch):
    """Starts workers whose runtime knows the app in memory; stops them."""
    settings = bench.runtime.settings
    started = []

    async def open_runtime(_settings):
        from store.database import Database

        database = await Database.open(settings.database_url, connections=4)
        make = {"fake": bench.app}.__getitem__
        return Runtime(
            settings, database, bench.runtime.backend, bench.runtime.masters, make=lambda name, _: make(name)
        )

    monkeypatch.setattr("workers.worker.Runtime.open", open_runtime)

    async def start(broker, *, alone=False):
        worker = Worker(settings, broker, alone=alone)
        await asyncio.to_thread(worker.start)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


async def ended(bench, operation):
    async with asyncio.timeout(GENEROUS_SECONDS):
        while True:
            current = await bench.read(operation.operation_id)
            if current.status.is_final:
                return current
            await asyncio.sleep(0.05)


async def test_a_wake_up_in_process_runs_a_backup(bench, working):
    broker = open_broker(None)
    await working(broker)
    operation = await bench.start()
    await Queue(broker).wake(operation.operation_id)

    assert OperationStatus.SUCCEEDED is (await ended(bench, operation)).status


async def test_a_worker_takes_up_what_waited_when_it_started(bench, working):
    operation = await bench.start()
    await working(open_broker(None))

    assert OperationStatus.SUCCEEDED is (await ended(bench, operation)).status


async def test_a_worker_that_is_alone_finds_what_another_process_queued(bench, working):
    await working(open_broker(None), alone=True)
    operation = await bench.start()

    assert OperationStatus.SUCCEEDED is (await ended(bench, operation)).status


async def test_a_worker_that_stops_gives_its_operation_back(bench, working):
    reached, forever = threading.Event(), asyncio.Event

    async def stick(board):
        if board == "board1":
            reached.set()
            await forever().wait()

    bench.app.before_board = stick
    broker = open_broker(None)
    worker = await working(broker)
    operation = await bench.start()
    await Queue(broker).wake(operation.operation_id)
    assert await asyncio.to_thread(reached.wait, GENEROUS_SECONDS)
    await asyncio.to_thread(worker.stop)
    given_back = await bench.read(operation.operation_id)
    bench.app.before_board = lambda board: None
    finished = await bench.perform(operation)

    assert OperationStatus.QUEUED is given_back.status
    assert OperationStatus.SUCCEEDED is finished.status


@pytest.mark.integration
async def test_a_wake_up_through_a_real_broker_runs_a_backup(bench, working, monkeypatch):
    url = os.environ.get("HOLDFAST_TEST_BROKER_URL")
    if url is None:
        pytest.skip("HOLDFAST_TEST_BROKER_URL names no broker to test: .ci/run starts RabbitMQ and Redis")
    # A queue of this test's own: another run's worker must not take its message.
    queue = f"holdfast-{secrets.token_hex(6)}"
    for module in ("workers.broker", "workers.queue", "workers.actors"):
        monkeypatch.setattr(f"{module}.QUEUE", queue)
    # Nothing but the message may start it.
    monkeypatch.setattr("workers.worker.sweep", lambda *_, **__: asyncio.sleep(0))
    await working(open_broker(url))
    sender = open_broker(url)
    operation = await bench.start()
    await Queue(sender).wake(operation.operation_id)
    finished = await ended(bench, operation)
    sender.close()

    assert OperationStatus.SUCCEEDED is finished.status
    assert 1 == bench.app.reads["board0"]


async def test_a_broker_that_does_not_answer_costs_only_time(bench):
    broker = open_broker("redis://127.0.0.1:1/0")
    operation = await bench.start()
    await Queue(broker).wake(operation.operation_id)

    assert OperationStatus.QUEUED is (await bench.read(operation.operation_id)).status


def test_an_unknown_broker_says_what_is_known():
    with pytest.raises(UnknownBroker, match="amqp://"):
        open_broker("kafka://somewhere")
