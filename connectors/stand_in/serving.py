"""Serving: ASGI applications answered on loopback, in a thread of their own."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn

from connectors.stand_in.wire import WithConnection

HOST = "127.0.0.1"


class Serving:
    """Some applications, each on its own port, from `start` to `stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None
        self._wait = threading.Event()

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._thread is not None

    def start(self, apps: Sequence[Any], *, sockets: Sequence[socket.socket]) -> None:
        """Answer with `apps`, each on the socket in its place; returns once all do."""
        assert self._thread is None, "it runs already"
        self._servers = [_server(WithConnection(app)) for app in apps]
        self._thread = threading.Thread(target=self._run, args=(list(sockets),), name=self._name, daemon=True)
        self._thread.start()
        while not all(server.started for server in self._servers):
            assert self._thread.is_alive(), "the stand-in did not start"
            self._wait.wait(0.005)

    def stop(self) -> None:
        """Stop answering."""
        for server in self._servers:
            server.end()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def _run(self, sockets: list[socket.socket]) -> None:
        async def serve() -> None:
            pairs = zip(self._servers, sockets, strict=True)
            await asyncio.gather(*(server.serve(sockets=[each]) for server, each in pairs))

        asyncio.run(serve())


class _Server(uvicorn.Server):
    """Ends the moment it is told to; uvicorn's own looks every tenth of a second, and waits for who is slow to read."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        """Wait for `end`."""
        await self.on_tick(0)
        await self._ended.wait()

    def end(self) -> None:
        """End, from another thread. A no-op once it has."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._ended.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything; who still waits for an answer gets none."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for task in (unanswered := list(self.server_state.tasks)):
            task.cancel()
        await asyncio.gather(*unanswered, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def listen(port: int = 0) -> tuple[socket.socket, str]:
    """Listen on a port of loopback, any free one by default; returns the socket and its URL."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


def _server(app: Any) -> _Server:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
    )
    return _Server(config)
