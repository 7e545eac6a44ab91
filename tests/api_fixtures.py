"""Fixtures of the API's tests: a world, the application on it, and a client that asks as its owner."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.context import Services
from api.operation_feed import OperationFeed
from store.backend import open_backend
from store.database import Database
from store.master_keys import MasterKeys, generate
from store.repository import Repository
from tests.api_world import START, Holder, World
from tests.conftest import PostgresServer
from tests.remembered import Remembered, remembered


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    now: Any = field(default=START)

    def __call__(self) -> Any:
        return self.now


@dataclass
class Client:
    """Asks over HTTP, in process."""

    http: httpx.AsyncClient
    token: str

    async def post(self, query: str, variables: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return await self.http.post(
            "/graphql", json={"query": query, "variables": variables or {}}, headers=headers, **options
        )

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the data of an answer without errors."""
        answer = (await self.post(query, variables)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def codes(self, query: str, variables: dict[str, Any] | None = None) -> list[str]:
        """Return the codes of an answer's errors."""
        answer = (await self.post(query, variables)).json()
        return [error["extensions"]["code"] for error in answer.get("errors", [])]


@pytest.fixture(scope="session")
def masters() -> MasterKeys:
    return MasterKeys.from_text(generate())


@pytest.fixture(scope="session")
def remembered_acme(postgres_server: PostgresServer, masters: MasterKeys) -> Iterator[Remembered[Holder]]:
    """An account with a connection and two snapshots: most tests begin with it, and it is half of their time."""

    async def make(database_url: str, bucket: Path) -> Holder:
        database = await Database.open(database_url, connections=4)
        world = World(database=database, backend=open_backend(bucket.as_uri()), masters=masters)
        holder = await world.account("Acme")
        await world.connect(holder)
        await world.two_snapshots(holder)
        await database.close()
        return holder

    with remembered(postgres_server, make) as found:
        yield found


@pytest.fixture
def beginning(request: pytest.FixtureRequest) -> Remembered[Holder] | None:
    """Nothing, but for tests that have `acme`."""
    return request.getfixturevalue("remembered_acme") if "acme" in request.fixturenames else None


@pytest.fixture
async def world(database: Database, tmp_path: Path, masters: MasterKeys) -> World:
    """Nobody yet, but for `acme` where a test has it."""
    return World(database=database, backend=open_backend((tmp_path / "objects").as_uri()), masters=masters)


@pytest.fixture
async def acme(world: World, tmp_path: Path, remembered_acme: Remembered[Holder]) -> Holder:
    """An account with a connection and two snapshots."""
    remembered_acme.copy_bucket(tmp_path / "objects")
    made = remembered_acme.made
    repository = Repository(world.database, world.backend, made.repository.keys)
    holder = replace(made, repository=repository, snapshots=list(made.snapshots))
    world.holders.append(holder)
    return holder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(world: World, clock: Clock) -> Services:
    return Services(
        database=world.database,
        repository=world.repository,
        connectors=world.connectors,
        wake=world.wake,
        feed=OperationFeed(),
        public_url="http://holdfast.test",
        now=clock,
    )


@pytest.fixture
async def app(services: Services) -> AsyncIterator[Starlette]:
    made = create_app(services)
    async with made.router.lifespan_context(made):
        yield made


@asynccontextmanager
async def client_of(app: Starlette, token: str) -> AsyncIterator[Client]:
    """A client with a token, or none."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://holdfast.test") as http:
        yield Client(http, token)


@pytest.fixture
async def client(app: Starlette, acme: Holder) -> AsyncIterator[Client]:
    """A client with all scopes."""
    async with client_of(app, acme.token) as made:
        yield made
