"""Limits: complexity and calls a minute, calls a day, calls at once; told in headers, refused in two shapes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.monday.sandbox.complexity import MOST_OF_ONE
from connectors.monday.sandbox.errors import LimitError
from connectors.stand_in.clock import Clock

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How much is allowed: the defaults are a Pro account's. `enforced=False` keeps the headers and refuses nobody."""

    enforced: bool = True
    complexity_minute: int = 10_000_000
    minute: int = 2_500
    daily: int = 10_000
    concurrency: int = 100
    tells: bool = True
    """Whether headers say what is left, as they do since 2026."""


@dataclass(slots=True)
class _Use:
    ends: datetime
    calls: int = 0
    complexity: int = 0


@dataclass(slots=True)
class Limiter:
    """Counts by token: minutes begin with the first call in them, days at midnight UTC."""

    limits: RateLimits
    clock: Clock
    in_flight: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_in_flight: int = 0
    """The most that one token had at once."""
    spent: int = 0
    """The complexity of every request so far."""
    _minutes: dict[str, _Use] = field(default_factory=dict)
    _days: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def enter(self, token: str) -> None:
        """Count a request that begins."""
        self.in_flight[token] += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight[token])

    def call(self, token: str) -> None:
        """Count a call, refused ones too; LimitError where one is too many."""
        use, limits = self._use(token), self.limits
        if limits.enforced and self.in_flight[token] > limits.concurrency:
            self._refuse(token)
            raise LimitError("CONCURRENCY_LIMIT_EXCEEDED", "maxConcurrencyExceeded", "Concurrency limit exceeded", 5)
        if limits.enforced and use.calls >= limits.minute:
            self._refuse(token)
            raise LimitError(
                "RATE_LIMIT_EXCEEDED", "RateLimitExceeded", "Minute limit rate exceeded", self.seconds_left(token)
            )
        today = self._days[token, self._today()]
        if limits.enforced and today >= limits.daily:
            self._refuse(token)
            now = self.clock.now()
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            seconds = int((midnight - now).total_seconds()) + 1
            raise LimitError("DAILY_LIMIT_EXCEEDED", "DailyLimitExceeded", "Daily limit exceeded", seconds)
        use.calls += 1

    def left(self, token: str) -> int:
        """Say what complexity is left in this minute."""
        return max(0, self.limits.complexity_minute - self._use(token).complexity)

    def take(self, token: str, cost: int, *, light: bool) -> None:
        """Charge a request that is about to be answered; LimitError where it costs too much."""
        use = self._use(token)
        if cost > MOST_OF_ONE:
            text = f"Query has complexity of {cost}, which exceeds max complexity of {MOST_OF_ONE}"
            raise LimitError("maxComplexityExceeded", "ComplexityException", text, 0, status=200)
        if self.limits.enforced and cost > self.left(token):
            self._refuse(token)
            limit, left, seconds = self.limits.complexity_minute, self.left(token), self.seconds_left(token)
            raise LimitError(
                "COMPLEXITY_BUDGET_EXHAUSTED",
                "ComplexityException",
                f"Complexity budget exhausted, query cost {cost} budget remaining {left} out of {limit} "
                f"reset in {seconds} seconds",
                seconds,
                {"complexity": cost, "complexity_budget_left": left, "complexity_budget_limit": limit},
            )
        use.complexity += cost
        self.spent += cost
        self._days[token, self._today()] += 0.1 if light else 1

    def seconds_left(self, token: str) -> int:
        """Say when this minute is over."""
        return max(1, int((self._use(token).ends - self.clock.now()).total_seconds()) + 1)

    def headers(self, token: str) -> Mapping[str, str]:
        """Tell what is allowed and what is left."""
        limits = self.limits
        if not limits.tells:
            return {}
        use = self._use(token)
        told = {
            "minuteRate": max(0, limits.minute - use.calls),
            "concurrency": max(0, limits.concurrency - self.in_flight[token]),
            "complexityMinute": self.left(token),
        }
        left = ", ".join(
            f'"{name}";r={count}' + (f";t={self.seconds_left(token)}" if not count else "")
            for name, count in told.items()
        )
        return {
            "RateLimit-Policy": f'"minuteRate";q={limits.minute};w={_MINUTE}, '
            f'"concurrency";q={limits.concurrency};qu="concurrent-requests", '
            f'"complexityMinute";q={limits.complexity_minute};w={_MINUTE};qu="content-bytes"',
            "RateLimit": left,
        }

    def _use(self, token: str) -> _Use:
        now = self.clock.now()
        held = self._minutes.get(token)
        if held is None or held.ends <= now:
            held = self._minutes[token] = _Use(ends=now + timedelta(seconds=_MINUTE))
        return held

    def _refuse(self, token: str) -> None:
        self._days[token, self._today()] += 0.1

    def _today(self) -> str:
        return self.clock.now().astimezone(UTC).date().isoformat()
