"""Clocks that differ or jump: what is held is the app's own tree all the same, and no grant is called lost for it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import oauth
from connectors.call import Call
from connectors.http import Http, HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import ManualClock, RateLimits, Sample, Sandbox, edit, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import labels
from connectors.trello.sandbox.server import REDIRECT_URI
from store import grants
from store.grants import GrantStatus
from tests.integration.workers.test_convergence import back_up, tree, tree_of_the_app
from tests.integration.workers.test_kill import bench as _bench
from workers import backup, capture

bench = _bench

SMALL = Sample(named_boards=2, cards_each=26, large_file_bytes=5_000)
MOMENT = datetime.now(UTC)
SKEWS = [timedelta(hours=-26), timedelta(minutes=7), timedelta(days=3)]


class SkewedClock:
    """Runs, and is wrong by so much."""

    def __init__(self, skew: timedelta) -> None:
        self.skew = skew

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew


@pytest.fixture
def app_clock():
    return SkewedClock(timedelta(0))


@pytest.fixture
def trello(app_clock):
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(generate(SMALL, clock=app_clock), limits=limits) as sandbox:
        yield sandbox


@pytest.fixture
def our_clock(monkeypatch):
    """Our own clock, moved by hand."""

    class Ours(datetime):
        moment = datetime.now(UTC)

        @classmethod
        def now(cls, tz=None):
            return cls.moment.astimezone(tz)

    for module in (backup, capture):
        monkeypatch.setattr(module, "datetime", Ours)
    return Ours


def change_silently(trello, number):
    """Change something on every board that moves no date."""
    with trello.editing() as world:
        for board in world.boards:
            if not board["closed"]:
                label = world.labels.of(board["id"])[0]
                labels.update(world, Actor(member=trello.owner), label, {"name": f"silent {number}"})


@pytest.mark.parametrize("skew", SKEWS, ids=str)
async def test_the_app_s_clock_may_differ_from_ours(bench, trello, app_clock, skew):
    app_clock.skew = skew
    await back_up(bench)
    for seed in (1, 2):
        with trello.editing() as world:
            edit(world, trello.owner, seed=seed)
        operation = await back_up(bench)
        assert [] == operation.warnings
    full = await back_up(bench, full=True)

    # Nothing was missed; the app forgets the history of cards that are deleted, which only a full read can see.
    assert {"action": {"deleted"}} == {kind: set(found) - {"ids"} for kind, found in full.result["drift"].items()}
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_the_app_s_clock_may_jump_back_and_forth_between_cycles(bench, trello, app_clock):
    await back_up(bench)
    for seed, skew in enumerate(SKEWS):
        app_clock.skew = skew
        with trello.editing() as world:
            edit(world, trello.owner, seed=seed)
        operation = await back_up(bench)
        assert [] == operation.warnings
    await back_up(bench, full=True)

    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_our_clock_may_jump_and_what_nothing_tells_of_is_found_within_twice_seven_days(bench, trello, our_clock):
    right = our_clock.moment
    await back_up(bench)
    our_clock.moment = right + timedelta(days=400)
    await back_up(bench)
    our_clock.moment = right - timedelta(days=90)
    await back_up(bench)
    change_silently(trello, 1)
    for day in range(1, 15):
        our_clock.moment = right + timedelta(days=day)
        await back_up(bench)

    assert await tree_of_the_app(bench, trello) == await tree(bench)


@pytest.fixture
async def signed_in(bench, trello):
    """The owner's grant by OAuth 2.0, whose access token lives for an hour of the app's time."""
    settings = TrelloSettings(
        api_url=trello.url,
        authorize_url=f"{trello.auth_url}/authorize",
        token_url=f"{trello.auth_url}/oauth/token",
        client_id=trello.app.client_id,
        client_secret=trello.app.client_secret,
        http=HttpSettings(allow_private=True),
    )
    connector = bench.runtime._connectors["trello"] = TrelloConnector(settings)
    verifier = oauth.new_verifier()
    url = connector.authorize_url(redirect_uri=REDIRECT_URI, state="s", code_challenge=oauth.challenge(verifier))
    http = Http(HttpSettings(allow_private=True))
    answer = await http.request(Call(url=url))
    await http.aclose()
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    credentials = await connector.exchange(code=code, code_verifier=verifier, redirect_uri=REDIRECT_URI)
    keys = (await bench.runtime.repository(bench.account_id)).keys
    async with bench.runtime.database.account(bench.account_id) as connection:
        await grants.put(
            connection,
            keys,
            account_id=bench.account_id,
            connection_id=bench.connected.connection_id,
            method="oauth2",
            subject=trello.owner["id"],
            name="Owner",
            credentials=credentials,
            expires_at=oauth.expiry(credentials),
        )


@pytest.mark.parametrize("app_clock", [ManualClock(MOMENT)])
async def test_a_token_that_the_app_ends_before_our_clock_does_is_refreshed_and_its_grant_not_lost(
    bench, trello, app_clock, signed_in
):
    app_clock.advance(7200)
    await back_up(bench)

    async with bench.runtime.database.account(bench.account_id) as connection:
        (row,) = (await grants.of_connections(connection, bench.account_id, [bench.connected.connection_id]))[
            bench.connected.connection_id
        ]
    assert GrantStatus.WORKING is row.status
    assert await tree_of_the_app(bench, trello) == await tree(bench)


@pytest.mark.parametrize("app_clock", [ManualClock(MOMENT)])
async def test_a_token_that_our_clock_ends_before_the_app_does_is_refreshed_too(
    bench, trello, app_clock, signed_in, monkeypatch
):
    monkeypatch.setattr(bench.runtime._connectors["trello"], "_utc_now", lambda: MOMENT + timedelta(days=2))
    await back_up(bench)

    assert await tree_of_the_app(bench, trello) == await tree(bench)
