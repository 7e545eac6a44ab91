"""Rate limits over HTTP: what a client that does not pace itself meets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, RateLimits, Sandbox, generate
from tests.contract.trello.conftest import client_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 9, 1, 12, tzinfo=UTC))


@pytest.fixture
def strict(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(generate("tiny", clock=clock), limits=RateLimits()) as sandbox:
        yield sandbox


def test_101st_request_is_refused_until_the_window_ends(strict: Sandbox, clock: ManualClock) -> None:
    board = next(iter(strict.world.boards.by_id))
    with client_of(strict) as client:
        replies = [client.get(f"/boards/{board}?fields=id") for _ in range(101)]
        clock.advance(10)
        later = client.get(f"/boards/{board}?fields=id")

    assert [200] * 100 + [429] == [reply.status_code for reply in replies]
    assert {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"} == replies[-1].json()
    assert "retry-after" not in replies[-1].headers
    assert (200, "99") == (later.status_code, later.headers["x-rate-limit-api-token-remaining"])


def test_special_limit_holds_for_a_person_and_not_for_what_is_nested(strict: Sandbox, clock: ManualClock) -> None:
    codes = []
    with client_of(strict) as client:
        for _ in range(11):
            codes += [client.get("/members/me?fields=id").status_code for _ in range(10)]
            clock.advance(10)
        nested = client.get("/members/me/boards?fields=id")
        refused = client.get("/members/me")

    assert [200] * 100 + [429] * 10 == codes
    assert 200 == nested.status_code
    assert {"message": "Exceeded rate limit to /1/member", "error": "RATE_LIMIT_EXCEEDED"} == refused.json()


def test_refused_credentials_count_too(strict: Sandbox) -> None:
    with httpx.Client(base_url=f"{strict.url}/1") as client:
        header = {"Authorization": f'OAuth oauth_consumer_key="{strict.key}", oauth_token="ATTA0"'}
        codes = {client.get("/members/me", headers=header).status_code for _ in range(100)}
        last = client.get("/members/me/boards", headers=header)

    assert {401} == codes
    assert 429 == last.status_code
