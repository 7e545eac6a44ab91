"""Rate limits fill up, refuse, and open again when the window ends."""

from datetime import UTC, datetime

import pytest

from connectors.trello.sandbox import ManualClock, RateLimits
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.limits import RateLimiter


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 9, 1, tzinfo=UTC))


@pytest.fixture
def limiter(clock: ManualClock) -> RateLimiter:
    return RateLimiter(RateLimits(), clock)


def _take(limiter: RateLimiter, times: int = 1, token: str = "t", *, special: bool = False) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(times):
        headers = dict(limiter.take(key="k", token=token, member="m", special=special))
    return headers


def test_headers_count_down(limiter: RateLimiter) -> None:
    headers = _take(limiter, 3)

    assert ("297", "97", "372") == tuple(
        headers[f"x-rate-limit-{name}-remaining"] for name in ("api-key", "api-token", "member")
    )


def test_token_limit_is_100_in_10_seconds(limiter: RateLimiter, clock: ManualClock) -> None:
    _take(limiter, 100)
    with pytest.raises(ApiError) as refused:
        _take(limiter)
    clock.advance(10)

    assert (429, {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}) == (
        refused.value.status, refused.value.body
    )  # fmt: skip
    assert "0" == refused.value.headers["x-rate-limit-api-token-remaining"]
    assert "99" == _take(limiter)["x-rate-limit-api-token-remaining"]


def test_key_limit_is_300_over_all_tokens(clock: ManualClock) -> None:
    limiter = RateLimiter(RateLimits(member_max=1000), clock)
    for token in ("a", "b", "c"):
        _take(limiter, 100, token)
    with pytest.raises(ApiError) as refused:
        _take(limiter, 1, "d")

    assert refused.value.body is not None
    assert "API_KEY_LIMIT_EXCEEDED" == refused.value.body["error"]


def test_special_routes_have_100_in_900_seconds(limiter: RateLimiter, clock: ManualClock) -> None:
    for _ in range(10):
        _take(limiter, 10, special=True)
        clock.advance(10)
    with pytest.raises(ApiError) as refused:
        _take(limiter, special=True)

    assert {"message": "Exceeded rate limit to /1/member", "error": "RATE_LIMIT_EXCEEDED"} == refused.value.body
    assert "98" == _take(limiter)["x-rate-limit-api-token-remaining"]


def test_key_that_ignores_200_refusals_is_refused_whole(clock: ManualClock) -> None:
    limiter = RateLimiter(RateLimits(key_max=10_000, member_max=10_000), clock)
    _take(limiter, 100, "greedy")
    for _ in range(201):
        with pytest.raises(ApiError):
            _take(limiter, 1, "greedy")
    with pytest.raises(ApiError):
        _take(limiter, 1, "modest")
    clock.advance(10)

    assert "99" == _take(limiter, 1, "modest")["x-rate-limit-api-token-remaining"]


def test_limits_can_be_off(clock: ManualClock) -> None:
    limiter = RateLimiter(RateLimits(enforced=False), clock)

    assert "0" == _take(limiter, 500)["x-rate-limit-api-token-remaining"]
