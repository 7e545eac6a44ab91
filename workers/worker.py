"""Worker: runs operations in this process, with Dramatiq's threads, one event loop, and the sweeper."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import dramatiq
from dramatiq import Broker, Middleware
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread
from dramatiq.middleware import MiddlewareError

from store import operations
from store.errors import StoreError
from store.record import OperationId
from workers import actors, hooks, run
from workers.deliver import Deliverer
from workers.interpreter import prepare_interpreter
from workers.notice import notice
from workers.publish import publish_left
from workers.queue import Queue
from workers.runtime import Runtime
from workers.settings import Settings
from workers.stamping import Stamper
from workers.sweep import IDLE, sweep
from workers.witnessing import Witnessing

_log = logging.getLogger(__name__)

ALONE = timedelta(seconds=1)
"""How often to look for work where nobody can send a wake-up."""
TELL = timedelta(seconds=10)
"""How often to look for what somebody wants to be told."""
FORGET = timedelta(hours=1)
"""How often to forget what was told long ago."""
STOP_MS = 60_000
"""How long running operations are given to reach the queue again when the worker stops."""


class Worker:
    """Consumes the broker's one queue. At most one in a process: Dramatiq's event loop is the process's.

    `alone` says that no other worker can be alive (an embedded home is locked by its owner): what a killed one held is
    taken up at once, and what another process queues, which cannot reach this one's broker, within a second.
    """

    def __init__(self, settings: Settings, broker: Broker, *, alone: bool = False) -> None:
        self._workplace = _Workplace(settings, broker, alone=alone)
        broker.add_middleware(self._workplace)
        actors.declare(broker, self._workplace.perform)
        self._broker = broker
        self._worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=200)

    def start(self) -> None:
        """Open what operations need and begin; raises what keeps it from opening."""
        prepare_interpreter()
        # Only Dramatiq's own command line does this; without it neither time limits nor a clean stop work.
        self._broker.emit_after("process_boot")
        try:
            self._worker.start()
        except MiddlewareError as error:
            self._broker.emit_after("worker_shutdown", self._worker)
            raise (error.__cause__ or error) from None

    def stop(self) -> None:
        """Give running operations back to the queue and close; they go on where they were."""
        self._worker.stop(timeout=STOP_MS)
        self._broker.close()


class _Workplace(Middleware):
    """Opens the runtime on the loop that actors run on, before the first message, and closes it after the last."""

    def __init__(self, settings: Settings, broker: Broker, *, alone: bool) -> None:
        self._settings = settings
        self._queue = Queue(broker)
        self._alone = alone
        self._runtime: Runtime | None = None
        self._deliverer: Deliverer | None = None
        self._stamper: Stamper | None = None
        self._witnessing: Witnessing | None = None
        self._chores: list[asyncio.Task[None]] = []
        self._has_swept = False

    async def perform(self, operation_id: OperationId) -> None:
        """Do one operation."""
        assert self._runtime is not None, "the worker has booted"
        await run.perform(self._runtime, self._queue, operation_id)

    def before_worker_boot(self, broker: Broker, worker: dramatiq.Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        try:
            _loop().run_coroutine(self._open())
        except Exception as error:
            raise MiddlewareError("the worker cannot open what it needs") from error

    def after_worker_shutdown(self, broker: Broker, worker: dramatiq.Worker) -> None:  # noqa: ARG002
        _loop().run_coroutine(self._close())

    async def _open(self) -> None:
        # A commit holds one connection and needs another: operations must never all wait for each other's.
        connections = max(self._settings.database_connections, 2 * self._settings.worker_threads)
        self._runtime = await Runtime.open(self._settings.model_copy(update={"database_connections": connections}))
        if self._alone:
            async with self._runtime.database.system() as connection:
                await operations.expire_leases(connection)
        self._deliverer = Deliverer(self._runtime)
        self._stamper = await Stamper.of(self._runtime, self._settings)
        self._witnessing = Witnessing.of(self._runtime, self._settings)
        self._chores = [asyncio.create_task(each) for each in self._begin(self._runtime, self._deliverer)]

    def _begin(self, runtime: Runtime, deliverer: Deliverer) -> Iterator[Coroutine[Any, Any, None]]:
        """What a worker does beside operations, each over and over."""
        telling = ALONE if self._alone else TELL
        yield _again_and_again("sweep", ALONE if self._alone else IDLE, lambda: self._sweep(runtime))
        yield _again_and_again("publish logs", IDLE, lambda: publish_left(runtime))
        if self._stamper is not None:
            yield _again_and_again("have checkpoints stamped", IDLE, self._stamper.stamp)
        if self._witnessing is not None:
            yield _again_and_again("have checkpoints cosigned", IDLE, self._witnessing.ask)
        yield _again_and_again("let go of webhooks", IDLE, lambda: hooks.remove_of_paused(runtime))
        yield _again_and_again("notice what happened", telling, lambda: notice(runtime.database))
        yield _again_and_again("tell what happened", telling, deliverer.deliver)
        yield _again_and_again("forget what was told", FORGET, deliverer.forget_old)

    async def _sweep(self, runtime: Runtime) -> None:
        # Whatever waits when a worker starts, waits for it: its message may have died with the last broker.
        idle = IDLE if self._has_swept else timedelta(0)
        new_idle = ALONE if self._alone and self._has_swept else idle
        await sweep(runtime.database, self._queue, idle=idle, new_idle=new_idle)
        self._has_swept = True

    async def _close(self) -> None:
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._deliverer is not None:
            await self._deliverer.aclose()
        if self._stamper is not None:
            await self._stamper.aclose()
        if self._witnessing is not None:
            await self._witnessing.aclose()
        if self._runtime is not None:
            await self._runtime.close()


async def _again_and_again(what: str, every: timedelta, chore: Callable[[], Awaitable[object]]) -> None:
    """Do something until cancelled. A fault is logged, and the next turn comes: one that ended would be missed late."""
    while True:
        try:
            await chore()
        except StoreError as error:
            _log.warning("could not %s, which is tried again: %s", what, error)
        except Exception:  # noqa: BLE001 - whatever it was, the other chores and the next turn go on
            _log.exception("could not %s, which is tried again", what)
        await asyncio.sleep(every.total_seconds())


def _loop() -> EventLoopThread:
    thread = get_event_loop_thread()
    assert thread is not None, "the AsyncIO middleware comes first"
    return thread
