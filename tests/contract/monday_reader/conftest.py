"""A stand-in for monday.com on loopback, and the reader before it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from time import monotonic

import pytest

from connectors.base import Grant
from connectors.http import Http, HttpSettings
from connectors.monday.connector import MondayConnector, MondaySettings
from connectors.monday.sandbox import Sandbox, World, edit, generate
from connectors.monday.sandbox.objects import Board
from connectors.monday.spec import TOKEN
from tests.contract.monday.conftest import named


@dataclass(slots=True)
class Monday:
    """A reader and the stand-in it reads."""

    sandbox: Sandbox
    connector: MondayConnector
    slept: list[float] = field(default_factory=list)
    """The waits that the reader asked for; none is waited."""

    @property
    def world(self) -> World:
        return self.sandbox.world

    def grant(self, mail: str | None = None) -> Grant:
        secret = self.sandbox.tokens[mail].secret if mail else self.sandbox.token
        return Grant(grant_id=mail or "owner", method=TOKEN, credentials={TOKEN: secret})

    @property
    def grants(self) -> list[Grant]:
        return [self.grant()]

    @property
    def secrets(self) -> list[str]:
        return [self.sandbox.token, self.sandbox.app.client_secret, self.sandbox.app.signing_secret]

    def bad_grant(self) -> Grant:
        return Grant(grant_id="bad", method=TOKEN, credentials={TOKEN: "eyJhbGciOiJIUzI1NiJ9.nobody.knows-this-one"})

    def edit(self) -> None:
        with self.sandbox.editing() as world:
            edit(world, self.sandbox.owner)

    def asked(self) -> list[str]:
        """Return the questions since this was last asked."""
        found = [seen.operation for seen in self.sandbox.requests]
        self.sandbox.requests.clear()
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


def connected(sandbox: Sandbox) -> Monday:
    time = PassingTime()
    settings = MondaySettings(
        api_url=sandbox.url,
        auth_url=sandbox.url,
        client_id=sandbox.app.client_id,
        client_secret=sandbox.app.client_secret,
        signing_secret=sandbox.app.signing_secret,
        http=HttpSettings(allow_private=True),
    )
    http = Http(settings.http, clock=time.clock, sleep=time.sleep)
    connector = MondayConnector(settings, http=http, utc_now=sandbox.world.clock.now, clock=time.clock)
    return Monday(sandbox, connector, time.slept)


@pytest.fixture
def world() -> World:
    """A world with every kind; override it to have another."""
    return generate()


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
async def case(sandbox: Sandbox) -> AsyncIterator[Monday]:
    """What the connector contract is run against."""
    made = connected(sandbox)
    yield made
    await made.connector.aclose()


@pytest.fixture
def monday(case: Monday) -> Monday:
    return case


@pytest.fixture
def full_board(world: World) -> Board:
    """The board that has everything."""
    return named(world, "Green coffee")
