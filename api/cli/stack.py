"""Stack: a whole Holdfast in one process tree: Postgres, API, worker and scheduler."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from api.cli.bootstrap import Bootstrapped, bootstrap, prepare_keys
from api.cli.exits import CommandError, Exit
from api.cli.home import Place, open_place
from api.cli.serving import app_of
from api.cli.session import Session
from workers.broker import Broker, open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.scheduler import schedule_forever
from workers.settings import Settings, variable
from workers.worker import Worker

T = TypeVar("T")

_log = logging.getLogger(__name__)

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

LAST_ANSWERS_SECONDS = 3
"""How long answers under way are given when the API stops; a subscription would never end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A Holdfast that answers."""

    session: Session
    home: Bootstrapped
    queue: Queue
    url: str


class Stopped(Exception):  # noqa: N818 - says what happened
    """Somebody pressed Ctrl-C, closed the terminal, or told the process to end."""


def run_stack(settings: Settings, work: Callable[[Stack], Awaitable[T]], *, durable: bool = True) -> T:
    """Start everything on the home, do the work, stop everything. Stopped when a signal ends it early."""
    with listen(settings) as listener, open_place(settings, must_own=True, durable=durable) as place:
        prepare_keys(place)
        return asyncio.run(_run(place, listener, work))


async def _run(place: Place, listener: socket.socket, work: Callable[[Stack], Awaitable[T]]) -> T:
    settings = place.settings
    async with _runtime(settings) as runtime:
        home = await bootstrap(runtime)
        broker = open_broker(settings.broker_url)
        queue = Queue(broker)
        url = url_of(settings, listener)
        async with (
            _working(settings, broker, alone=place.is_alone),
            _scheduling(runtime, queue),
            serving(app_of(runtime, queue, public_url=url), listener),
        ):
            session = Session(place=place, runtime=runtime, account=home.account)
            return await until_stopped(work(Stack(session=session, home=home, queue=queue, url=url)))


def listen(settings: Settings) -> socket.socket:
    """Take the API's port before anything else starts; Conflict's exit code where somebody has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise CommandError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}): set {variable('port')}",
            Exit.CONFLICT,
        ) from None
    return listener


def url_of(settings: Settings, listener: socket.socket) -> str:
    """Where people reach the API, with the port that was really taken."""
    if settings.public_url is not None:
        return settings.public_url
    return settings.model_copy(update={"port": listener.getsockname()[1]}).public_address


async def until_stopped(work: Awaitable[T]) -> T:
    """Do the work; Stopped, with the work cancelled and cleared up, when a signal to stop comes first."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    # One that is ignored stays ignored: that is how `nohup` outlives its terminal.
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stopping.set)
    working = asyncio.ensure_future(work)
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Stopped
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
        for number in heeded:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the API on a bound socket, from when it answers until the block ends."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
        ws="websockets-sansio",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise CommandError("the API did not start; the log says why", Exit.INTERNAL)
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves signals to `until_stopped`, which stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def _runtime(settings: Settings) -> AsyncIterator[Runtime]:
    runtime = await Runtime.open(settings)
    try:
        yield runtime
    finally:
        await runtime.close()


@asynccontextmanager
async def _working(settings: Settings, broker: Broker, *, alone: bool) -> AsyncIterator[None]:
    worker = Worker(settings, broker, alone=alone)
    await asyncio.to_thread(worker.start)
    try:
        yield
    finally:
        await asyncio.to_thread(worker.stop)


@asynccontextmanager
async def _scheduling(runtime: Runtime, queue: Queue) -> AsyncIterator[None]:
    settings = runtime.settings
    scheduling = schedule_forever(
        runtime.database,
        queue,
        full_every_days=settings.full_every_days,
        drill_every_days=settings.drill_days,
        drill_into=settings.drill_into,
    )
    task = asyncio.create_task(scheduling)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
