"""The reader keeps to every limit, and never meets one it was told of."""

import pytest

from connectors.errors import Retriable
from connectors.http import Http, HttpSettings
from connectors.monday.connector import MondayConnector, MondaySettings
from connectors.monday.sandbox import RateLimits, Sample, Sandbox, generate
from connectors.stand_in.clock import ManualClock
from tests.contract.connector import read
from tests.contract.monday.conftest import NOW
from tests.contract.monday_reader.conftest import Monday


@pytest.fixture
def world():
    return generate(Sample(items_each=4, plain_boards=40, plain_items=2), clock=ManualClock(NOW))


class Waiting:
    """Time that passes for the reader and the stand-in alike."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.slept = 0.0

    def now(self) -> float:
        return self.clock.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.clock.advance(seconds)


def paced(sandbox: Sandbox, time: Waiting) -> Monday:
    settings = MondaySettings(api_url=sandbox.url, http=HttpSettings(allow_private=True))
    http = Http(settings.http, clock=time.now, sleep=time.sleep)
    return Monday(sandbox, MondayConnector(settings, http=http, utc_now=time.clock.now, clock=time.now))


@pytest.mark.parametrize("tells", [True, False], ids=["told in headers", "told in refusals"])
@pytest.mark.parametrize(
    "limits",
    [{"complexity_minute": 400_000}, {"minute": 20}],
    ids=["complexity", "calls"],
)
async def test_a_spent_minute_is_waited_for_and_everything_is_read(world, limits, tells):
    time = Waiting(world.clock)
    with Sandbox(world, limits=RateLimits(tells=tells, **limits)) as sandbox:
        monday = paced(sandbox, time)
        seen = await read(monday)
        await monday.connector.aclose()
    with Sandbox(world) as free:
        monday = paced(free, time)
        whole = await read(monday)
        await monday.connector.aclose()

    assert whole.contents() == seen.contents()
    assert [] == seen.warnings
    assert time.slept >= 60
    if tells:
        # What was told is never overdrawn; the first answers come from several questions at once.
        assert len(sandbox.services.refused) <= 4


async def test_a_day_that_is_spent_is_raised_with_the_time_until_midnight(world):
    time = Waiting(world.clock)
    with Sandbox(world, limits=RateLimits(daily=10)) as sandbox:
        monday = paced(sandbox, time)
        with pytest.raises(Retriable) as raised:
            await read(monday)
        await monday.connector.aclose()

    # Eight in the morning: 16 hours are left.
    assert 57_000 < raised.value.after_seconds <= 57_700
    assert time.slept < 600
