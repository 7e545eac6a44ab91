"""The reader of Redmine before recorded answers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from connectors.base import Grant
from connectors.http import Http, HttpSettings
from connectors.redmine.connector import RedmineConnector, RedmineSettings
from connectors.redmine.spec import API_KEY
from tests.contract.reader.conftest import PassingTime
from tests.contract.redmine.replay import KEY, Replay, replaying
from tests.integration.redmine.conftest import later


def connected() -> RedmineConnector:
    settings = HttpSettings(allow_private=True)
    time = PassingTime()
    http = Http(settings, clock=time.clock, sleep=time.sleep)
    return RedmineConnector(RedmineSettings(http=settings), http=http, utc_now=later)


@dataclass(slots=True)
class Recorded:
    """A connector, and the recording that it reads."""

    replay: Replay
    connector: RedmineConnector = field(default_factory=connected)

    def grant(self, key: str, name: str) -> Grant:
        return Grant(grant_id=name, method=API_KEY, credentials={"url": self.replay.url, "key": key})

    @property
    def grants(self) -> list[Grant]:
        return [self.grant(KEY, "admin")]

    @property
    def secrets(self) -> list[str]:
        return [KEY]

    def bad_grant(self) -> Grant:
        return self.grant("f" * 40, "bad")

    def edit(self) -> None:
        self.replay.moment = "after"


@pytest.fixture
async def redmine() -> AsyncIterator[Recorded]:
    async with replaying() as replay:
        made = Recorded(replay)
        yield made
        await made.connector.aclose()


@pytest.fixture
def case(redmine: Recorded) -> Recorded:
    return redmine
