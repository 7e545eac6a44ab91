"""A stand-in for Trello on loopback, and the reader before it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from time import monotonic

import pytest

from connectors.base import Grant
from connectors.http import Http, HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import Sandbox, World, edit, generate
from connectors.trello.spec import KEY_TOKEN


@dataclass(slots=True)
class Trello:
    """A reader and the stand-in it reads."""

    sandbox: Sandbox
    connector: TrelloConnector
    slept: list[float] = field(default_factory=list)
    """The waits that the reader asked for; none is waited."""

    @property
    def world(self) -> World:
        return self.sandbox.world

    def grant(self, username: str | None = None) -> Grant:
        token = self.sandbox.tokens[username].secret if username else self.sandbox.token
        name = username or "owner"
        return Grant(grant_id=name, method=KEY_TOKEN, credentials={"key": self.sandbox.key, "token": token})

    @property
    def grants(self) -> list[Grant]:
        return [self.grant()]

    @property
    def secrets(self) -> list[str]:
        return [self.sandbox.key, self.sandbox.token, self.sandbox.app.secret]

    def bad_grant(self) -> Grant:
        credentials = {"key": self.sandbox.key, "token": "ATTA" + "0f" * 32}
        return Grant(grant_id="bad", method=KEY_TOKEN, credentials=credentials)

    def edit(self) -> None:
        with self.sandbox.editing() as world:
            edit(world, self.sandbox.owner)

    def requests(self) -> list[str]:
        """Return the requests since this was last asked."""
        found = [f"{seen.method} {seen.path}" for seen in self.sandbox.services.requests]
        self.sandbox.services.requests.clear()
        return found


@dataclass(slots=True)
class PassingTime:
    """The time of day, but that nobody waits: it jumps where somebody would."""

    slept: list[float] = field(default_factory=list)
    skipped: float = 0.0

    def clock(self) -> float:
        return monotonic() + self.skipped

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.skipped += seconds


def connected(sandbox: Sandbox) -> Trello:
    time = PassingTime()
    settings = TrelloSettings(
        api_url=sandbox.url,
        authorize_url=f"{sandbox.auth_url}/authorize",
        token_url=f"{sandbox.auth_url}/oauth/token",
        client_id=sandbox.app.client_id,
        client_secret=sandbox.app.client_secret,
        http=HttpSettings(allow_private=True),
    )
    http = Http(settings.http, clock=time.clock, sleep=time.sleep)
    return Trello(sandbox, TrelloConnector(settings, http=http, utc_now=sandbox.world.clock.now), time.slept)


@pytest.fixture
def world() -> World:
    """A world with every kind; override it to have another."""
    return generate("tiny")


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
async def trello(sandbox: Sandbox) -> AsyncIterator[Trello]:
    made = connected(sandbox)
    yield made
    await made.connector.aclose()


@pytest.fixture
def case(trello: Trello) -> Trello:
    return trello
