"""Rate limits: windows per key, token, member and special route, told in headers on every reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.stand_in.clock import Clock
from connectors.trello.sandbox.errors import ApiError

SPECIAL_ROUTES = frozenset({"/members/{member}"})
"""What lies below a person has no limit of its own. Searches, which the stand-in lacks, would be here too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How much is allowed. The defaults are the real API's; `enforced=False` keeps the headers and refuses nobody."""

    enforced: bool = True
    interval_ms: int = 10_000
    key_max: int = 300
    token_max: int = 100
    member_max: int = 375
    special_interval_ms: int = 900_000
    special_max: int = 100
    refusals_max: int = 200
    """More 429s than this for one key in a window, and the rest of the window is refused whole."""


@dataclass(slots=True)
class _Window:
    ends: float = 0.0
    count: int = 0


@dataclass(slots=True)
class RateLimiter:
    """Counts requests in fixed windows that begin with the first one."""

    limits: RateLimits
    clock: Clock
    taken: list[float] = field(default_factory=list)
    """When each request came, refused ones too, in seconds since 1970."""
    refused: int = 0
    """How many were answered 429."""
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def take(self, *, key: str, token: str | None, member: str | None, special: bool) -> Mapping[str, str]:
        """Count one request and give its headers; 429 when a window is full."""
        now = self.clock.now().timestamp()
        limits = self.limits
        self.taken.append(now)
        asked = [("api-key", key, limits.key_max, limits.interval_ms, "API_KEY_LIMIT_EXCEEDED")]
        if token:
            asked.append(("api-token", token, limits.token_max, limits.interval_ms, "API_TOKEN_LIMIT_EXCEEDED"))
        if member:
            asked.append(("member", member, limits.member_max, limits.interval_ms, "MEMBER_LIMIT_EXCEEDED"))
        headers = {}
        refused = None
        for name, who, most, interval_ms, error in asked:
            window = self._count(name, who, now, interval_ms)
            headers[f"x-rate-limit-{name}-interval-ms"] = str(interval_ms)
            headers[f"x-rate-limit-{name}-max"] = str(most)
            headers[f"x-rate-limit-{name}-remaining"] = str(max(0, most - window.count))
            if window.count > most:
                refused = refused or {"error": error, "message": "Rate limit exceeded"}
        if special and self._count("special", token or key, now, limits.special_interval_ms).count > limits.special_max:
            refused = {"message": "Exceeded rate limit to /1/member", "error": "RATE_LIMIT_EXCEEDED"}
        if limits.enforced:
            self._refuse(key, now, refused, headers)
        return headers

    def change(self, **changes: Any) -> None:
        """Have other limits from now on; what came before is forgotten. TypeError for one that there is not."""
        self.limits = replace(self.limits, **changes)
        self.taken, self.refused = [], 0
        self._windows.clear()

    def _refuse(self, key: str, now: float, refused: dict[str, str] | None, headers: Mapping[str, str]) -> None:
        anger = self._window("refusals", key, now, self.limits.interval_ms)
        if refused is None and anger.count > self.limits.refusals_max:
            refused = {"error": "API_KEY_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}
        if refused is not None:
            anger.count += 1
            self.refused += 1
            error = ApiError(429, refused["message"], body=dict(refused))
            error.headers = headers
            raise error

    def _count(self, name: str, who: str, now: float, interval_ms: int) -> _Window:
        window = self._window(name, who, now, interval_ms)
        window.count += 1
        return window

    def _window(self, name: str, who: str, now: float, interval_ms: int) -> _Window:
        window = self._windows.setdefault((name, who), _Window())
        if now >= window.ends:
            window.ends, window.count = now + interval_ms / 1000, 0
        return window
