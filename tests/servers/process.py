"""Processes that serve tests: started in the foreground, on loopback, and stopped whatever happens."""

import ctypes
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_STOP_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


class CannotRunError(RuntimeError):
    """This server cannot run here; the message says why."""


def find_program(name: str, *folders: str) -> str:
    """The path of a program, or CannotRunError."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *folders)))
    if found is None:
        raise CannotRunError(f"{name} is not installed")
    return found


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def listens(port: int) -> Callable[[], bool]:
    """Whether somebody answers on a port, to be asked again and again."""

    def ask() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    return ask


@contextmanager
def process(
    command: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    seconds: float = 60.0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a server until the block ends; CannotRunError, with the end of its log, when it is not ready in time."""
    prctl = ctypes.CDLL(None).prctl if platform.system() == "Linux" else None

    def die_with_parent() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    with log.open("ab") as output:
        running = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - before any thread starts
        )
    try:
        deadline = time.monotonic() + seconds
        while not ready():
            if running.poll() is not None or time.monotonic() > deadline:
                raise CannotRunError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        _stop(running)


def _stop(running: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, then make it."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(running.pid, request)
        except ProcessLookupError:
            break
        try:
            running.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    running.wait()
