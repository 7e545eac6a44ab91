"""Fixtures for every test: a fresh database, the reference material, and a network that ends at this machine."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import botocore.session
import hypothesis
import pytest

from store.database import Database
from store.embedded_postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from tests.remembered import Remembered

# A busy machine is slow, not wrong: pytest's time-out is the only clock tests are held to.
hypothesis.settings.register_profile("holdfast", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("holdfast")

# A shell's background job ignores Ctrl-C, and so would all that is started in one: tests stop `holdfast up` by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests start the command some hundred times: what one compiled, the next need not, whatever this machine prefers.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Each session reads five megabytes of JSON that say what S3 is. A process has one, the tests some hundreds.
botocore.session.create_loader = cache(botocore.session.create_loader)

_ENOUGH_BYTES = 2 * 1024**3
_LOCAL_NAMES = {"localhost", "testserver", "", None}


class NetworkBlockedError(PermissionError):
    """A test reached for another machine."""


def _refuse_other_machines() -> None:
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    real_getaddrinfo = socket.getaddrinfo

    def check(host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in _LOCAL_NAMES and not str(name).startswith("127.") and name != "::1":
            raise NetworkBlockedError(f"tests stay on this machine; this one wanted {name}")

    def guard(name: str) -> Callable[..., Any]:
        def guarded(self: socket.socket, *arguments: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                check(arguments[-1][0])
            return real[name](self, *arguments)

        return guarded

    def getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
        found = real_getaddrinfo(host, *arguments, **more) if _is_address(host) else None
        if found is None:
            check(host)
            found = real_getaddrinfo(host, *arguments, **more)
        return found

    for name in real:
        setattr(socket.socket, name, guard(name))
    socket.getaddrinfo = getaddrinfo


def _is_address(host: Any) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.decode() if isinstance(host, bytes) else host)
        except (OSError, TypeError):
            continue
        return True
    return False


_refuse_other_machines()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server that tests may make databases on, as its superuser and, for what they test, as a role that is none."""

    admin_url: str
    role: str
    template: str
    urls: Callable[[str], str]

    async def as_admin(self, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
        connection = await asyncpg.connect(self.admin_url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    async def create(self, name: str, *, template: str | None = None) -> str:
        """Make a database that the role owns, from the migrated template unless told otherwise; its URL."""
        source = template or self.template
        statement = f"create database {name} owner {self.role} template {source} strategy file_copy"
        await self.as_admin(lambda connection: connection.execute(statement))
        return self.urls(name)

    async def drop(self, name: str) -> None:
        await self.as_admin(lambda connection: connection.execute(f"drop database if exists {name} with (force)"))


@pytest.fixture(scope="session")
def postgres_server(worker_id: str) -> Iterator[PostgresServer]:
    """One server for each process of the test run: the one named by HOLDFAST_TEST_DATABASE_URL, or our own."""
    template = f"template_{worker_id}_{os.getpid()}"
    configured = os.environ.get("HOLDFAST_TEST_DATABASE_URL")
    if configured:
        server = asyncio.run(_other_server(configured, template))
        asyncio.run(_make_template(server))
        yield server
        asyncio.run(server.drop(template))
        asyncio.run(server.as_admin(lambda connection: connection.execute(f"drop role {server.role}")))
        return
    # Not `tmp_path`: its parents are closed to `nobody`, as whom Postgres runs when tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-", dir=_fast_folder()))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
            server = PostgresServer(
                admin_url=postgres.url(database="postgres", superuser=True),
                role="holdfast",
                template=template,
                urls=lambda name: postgres.url(database=name),
            )
            asyncio.run(_make_template(server))
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fast_folder() -> Path | None:
    """Memory, where there is enough: a new database is 350 small files, ten times faster made there than on a disk."""
    memory = Path("/dev/shm")
    enough = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ENOUGH_BYTES
    return memory if enough else None


async def _other_server(admin_url: str, template: str) -> PostgresServer:
    role, password = f"role_{template}", secrets.token_hex(16)

    def urls(name: str) -> str:
        parts = urlsplit(admin_url)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{quote(role)}:{password}@{address}", path=f"/{name}"))

    server = PostgresServer(admin_url=admin_url, role=role, template=template, urls=urls)
    # Row-level security does not bind superusers, so the tests must not be one.
    await server.as_admin(lambda connection: connection.execute(f"create role {role} login password '{password}'"))
    return server


async def _make_template(server: PostgresServer) -> None:
    database = await Database.open(await server.create(server.template, template="template0"), connections=1)
    await database.migrate()
    await database.close()


@pytest.fixture
def beginning() -> "Remembered[Any] | None":
    """What tests begin with: nothing, where their module or folder does not say otherwise."""
    return None


@pytest.fixture
async def database_url(postgres_server: PostgresServer, beginning: "Remembered[Any] | None") -> AsyncIterator[str]:
    """The URL of a fresh, migrated database: empty, or with what the tests begin with."""
    name = f"test_{secrets.token_hex(8)}"
    yield await postgres_server.create(name, template=beginning and beginning.template)
    await postgres_server.drop(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """That database, open."""
    opened = await Database.open(database_url, connections=4)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's reference material (API notes, contracts, real exports), which is not part of the repository."""
    configured = os.environ.get("HOLDFAST_SHARED")
    here = Path(__file__).resolve()
    candidates = [Path(configured)] if configured else [folder / "shared" for folder in here.parents[2:]]
    for candidate in candidates:
        if (candidate / "apis").is_dir():
            return candidate
    pytest.skip("needs the reference material: set HOLDFAST_SHARED to its folder, or put it beside the repository")
