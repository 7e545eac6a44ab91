"""A real Redmine, and the connector before it."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Grant
from connectors.http import HttpSettings
from connectors.redmine.connector import RedmineConnector, RedmineSettings
from connectors.redmine.spec import API_KEY
from tests.integration.redmine.server import RealRedmine
from tests.integration.redmine.small import Small

_VARIABLE = "HOLDFAST_TEST_REDMINE_URL"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of it: it needs a server that pip alone cannot give, and takes its time."""
    for item in items:
        if "/integration/redmine/" in str(item.path):
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def real() -> Iterator[RealRedmine]:
    """The server that `python -m tests.servers redmine` started."""
    if _VARIABLE not in os.environ:
        pytest.skip("needs a real Redmine: make test-redmine")
    server = RealRedmine.at(os.environ)
    yield server
    server.close()


def later() -> datetime:
    """Some minutes from now: nothing that is read then was changed in the same second."""
    return datetime.now(UTC) + timedelta(minutes=5)


def connected() -> RedmineConnector:
    return RedmineConnector(RedmineSettings(http=HttpSettings(allow_private=True)), utc_now=later)


@dataclass(slots=True)
class Redmine:
    """A connector before the real server."""

    real: RealRedmine
    small: Small
    connector: RedmineConnector = field(default_factory=connected)

    def grant(self, key: str | None = None, name: str = "admin") -> Grant:
        credentials = {"url": self.real.url, "key": key or self.real.key}
        return Grant(grant_id=name, method=API_KEY, credentials=credentials)

    @property
    def grants(self) -> list[Grant]:
        return [self.grant()]

    @property
    def secrets(self) -> list[str]:
        return [self.real.key]

    def bad_grant(self) -> Grant:
        return self.grant("0" * 40, "bad")

    def edit(self) -> None:
        self.small.edit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A small world that can be had again and again."""

    small: Small
    come_back: Callable[[], None]


@pytest.fixture(scope="session")
def again(real: RealRedmine) -> Again:
    real.clear()
    small = Small.made(real)
    return Again(small=small, come_back=real.keep())


@pytest.fixture
def small(again: Again) -> Small:
    """A world of one's own, to break."""
    again.come_back()
    return replace(again.small, issues=list(again.small.issues))


@pytest.fixture
async def redmine(real: RealRedmine, small: Small) -> AsyncIterator[Redmine]:
    made = Redmine(real, small)
    yield made
    await made.connector.aclose()


@pytest.fixture
def case(redmine: Redmine) -> Redmine:
    return redmine
