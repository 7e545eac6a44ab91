"""Fixtures of the API's tests: a world, the application on it, and a client that asks as its owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
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
from tests.api_world import START, Holder, World


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


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    """Nobody yet."""
    backend = open_backend((tmp_path / "objects").as_uri())
    return World(database=database, backend=backend, masters=MasterKeys.from_text(generate()))


@pytest.fixture
async def acme(world: World) -> Holder:
    """An account with a connection and two snapshots."""
    holder = await world.account("Acme")
    await world.connect(holder)
    await world.two_snapshots(holder)
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
