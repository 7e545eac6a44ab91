"""Redis, Debian's or Valkey's, on a free port of loopback, keeping nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import CannotRunError, find_program, free_ports, listens, process


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start it below `folder`, and say where it is."""
    try:
        program = find_program("redis-server")
    except CannotRunError:
        program = find_program("valkey-server")
    (port,) = free_ports(1)
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with process([*command, "--appendonly", "no"], log=folder / "redis.log", ready=listens(port)):
        yield {"HOLDFAST_TEST_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
