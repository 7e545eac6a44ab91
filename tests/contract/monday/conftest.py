"""A stand-in for monday.com on loopback, and a client that says what it wants in GraphQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.monday.sandbox import Sandbox, World, generate
from connectors.monday.sandbox.objects import Board
from connectors.stand_in.clock import ManualClock

Json = dict[str, Any]
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class Client:
    """Asks the stand-in, as one person."""

    sandbox: Sandbox
    http: httpx.Client
    token: str

    def send(self, query: str, variables: Json | None = None, **headers: str) -> httpx.Response:
        sent = {"authorization": self.token, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.http.post(self.sandbox.api_url, json={"query": query, "variables": variables or {}}, headers=sent)

    def ask(self, query: str, **variables: Any) -> Json:
        """Return the data of an answer without errors."""
        reply = self.send(query, variables)
        body = reply.json()
        assert "errors" not in body, body
        return body["data"]

    def errors(self, query: str, **variables: Any) -> list[Json]:
        return self.send(query, variables).json()["errors"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def world(clock: ManualClock) -> World:
    return generate(clock=clock)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One for all tests: making one costs more than most of them."""
    with httpx.Client(timeout=30) as made:
        yield made


@pytest.fixture
def client(sandbox: Sandbox, http: httpx.Client) -> Client:
    return Client(sandbox, http, sandbox.token)


@pytest.fixture
def full_board(world: World) -> Board:
    """The board that has everything."""
    return named(world, "Green coffee")


def named(world: World, name: str) -> Board:
    return next(board for board in world.boards.values() if board.name == name)
