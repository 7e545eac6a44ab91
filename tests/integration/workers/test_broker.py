"""Wake-ups through a real broker: each reaches a worker, whichever of the two was there first."""

import asyncio
import os
import threading
from collections.abc import Iterator
from uuid import uuid4

import dramatiq
import pytest

from store.record import OperationId
from workers import actors
from workers.broker import QUEUE, open_broker
from workers.queue import Queue

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        "HOLDFAST_TEST_BROKER_URL" not in os.environ, reason="HOLDFAST_TEST_BROKER_URL names no broker to test"
    ),
]


class Consumer:
    """A worker whose one actor notes what it was woken for."""

    def __init__(self, url: str) -> None:
        self.seen: list[OperationId] = []
        self._changed = threading.Condition()
        self._broker = open_broker(url)
        actors.declare(self._broker, self._perform)
        self._worker = dramatiq.Worker(self._broker, worker_threads=2, worker_timeout=50)

    async def _perform(self, operation_id: OperationId) -> None:
        with self._changed:
            self.seen.append(operation_id)
            self._changed.notify_all()

    def start(self) -> None:
        self._broker.emit_after("process_boot")
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()
        self._broker.close()

    async def wait_for(self, count: int) -> list[OperationId]:
        def enough() -> bool:
            with self._changed:
                return self._changed.wait_for(lambda: len(self.seen) >= count, timeout=60)

        await asyncio.to_thread(enough)
        return self.seen


@pytest.fixture
def url() -> str:
    return os.environ["HOLDFAST_TEST_BROKER_URL"]


@pytest.fixture
def consumer(url) -> Iterator[Consumer]:
    made = Consumer(url)
    yield made
    made.stop()


@pytest.fixture
def sender(url) -> Iterator[Queue]:
    broker = open_broker(url)
    broker.declare_queue(QUEUE)
    broker.flush(QUEUE)
    yield Queue(broker)
    broker.close()


async def test_a_worker_is_woken(sender, consumer):
    operations = [OperationId(uuid4()) for _ in range(20)]
    consumer.start()
    for operation_id in operations:
        await sender.wake(operation_id)

    assert sorted(operations) == sorted(await consumer.wait_for(20))


async def test_a_wake_up_waits_for_a_worker(sender, consumer):
    operation_id = OperationId(uuid4())
    await sender.wake(operation_id)
    consumer.start()

    assert [operation_id] == await consumer.wait_for(1)
