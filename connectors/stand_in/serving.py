"""Serving: ASGI applications answered on loopback, in a thread of their own."""

import asyncio
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
        self._servers: list[uvicorn.Server] = []
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
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def _run(self, sockets: list[socket.socket]) -> None:
        async def serve() -> None:
            pairs = zip(self._servers, sockets, strict=True)
            await asyncio.gather(*(server.serve(sockets=[each]) for server, each in pairs))

        asyncio.run(serve())


def listen(port: int = 0) -> tuple[socket.socket, str]:
    """Listen on a port of loopback, any free one by default; returns the socket and its URL."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(128)
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


def _server(app: Any) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
        server_header=False,
        ws="none",
    )
    return uvicorn.Server(config)
