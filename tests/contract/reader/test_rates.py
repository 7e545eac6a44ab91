"""Rate limits over real HTTP and real time: the budget is kept to, so that no request is refused."""

import pytest

from connectors.http import HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import RateLimits, Sample, Sandbox, generate
from tests.contract.connector import read
from tests.contract.reader.conftest import Trello

PER_WINDOW = 10


@pytest.fixture
def sandbox():
    world = generate(Sample(named_boards=0, plain_boards=8, plain_cards=2))
    limits = RateLimits(interval_ms=400, token_max=PER_WINDOW, key_max=1000, member_max=1000)
    with Sandbox(world, limits=limits) as running:
        yield running


async def test_no_request_is_refused(sandbox):
    settings = TrelloSettings(api_url=sandbox.url, http=HttpSettings(allow_private=True, attempts=1))
    trello = Trello(sandbox, TrelloConnector(settings))
    seen = await read(trello)
    asked = len(trello.requests())
    await trello.connector.aclose()

    # With one attempt a single 429 would have ended the read.
    assert [] == seen.warnings
    assert asked > 3 * PER_WINDOW
