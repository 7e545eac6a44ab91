"""Pacing: use the whole rate budget of an app without meeting a 429."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_NO_COSTS: Mapping[str, int] = {}
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So many requests in so many seconds, or so much of what requests cost, as the app states it.

    An interval of 0 bounds what may be under way at once, whoever sent it.
    """

    name: str
    limit: int
    interval_seconds: float
    remaining: int | None = None
    """What the app says is left of it now; None before the first reply."""


class Pace(Protocol):
    """An app's way of stating its budgets. Given by the connector; knows header names and nothing else."""

    initial: Sequence[Budget]
    """What to keep to before the first reply."""
    in_flight: int
    """How many requests may be under way at once."""

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        """Read the budgets from a reply; names in lower case. Nonsense is left out, never raised."""
        ...

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        """How long to keep still after a 429 that has no Retry-After: one whole window of the spent budget."""
        ...


@dataclass(slots=True, kw_only=True)
class Window:
    """One budget's account. Time is an argument, so that it can be tested without waiting.

    A request holds its place from its start until one interval after its reply. The app counted it somewhere between
    the two, so that however its windows lie (fixed, sliding, aligned to its own clock), none ever holds more than
    the limit. What the app says is left counts too: others may use the same key. A request takes one, unless the app
    weighs requests: then it takes what it is expected to cost.
    """

    limit: int
    interval_seconds: float
    open_count: int = 0
    """What the requests under way take."""
    _ends: deque[tuple[float, int]] = field(default_factory=deque)
    """When each that is answered gives back what it took."""
    _held: int = 0
    """All that these take."""
    _left: int = 0
    """What the app said is left, less what was under way then and has started since."""
    _said: int = 0
    _left_until: float = float("-inf")
    """When the app's window that this was said of is over."""

    def wait_seconds(self, now: float, cost: int = 1) -> float:
        """Return how long to wait before one more request of that cost may start; 0 where it may start now.

        Infinity where only the reply to a request under way can tell. What costs more than the limit waits for all
        of it.
        """
        while self._ends and self._ends[0][0] <= now:
            self._held -= self._ends.popleft()[1]
        cost = min(cost, self.limit)
        wait = 0.0
        excess = self.open_count + self._held + cost - self.limit
        if excess > 0:
            wait = float("inf")
            for ends, taken in self._ends:
                excess -= taken
                if excess <= 0:
                    wait = ends - now
                    break
        if self._left < cost and now < self._left_until:
            wait = max(wait, self._left_until - now)
        return wait

    def start(self, cost: int = 1) -> None:
        """Take a place."""
        self.open_count += cost
        self._left -= cost

    def finish(self, now: float, cost: int = 1) -> None:
        """Note that a reply came, or none will: the place is free again one interval from now."""
        self.open_count -= cost
        self._held += cost
        self._ends.append((now + self.interval_seconds, cost))

    def learn(self, budget: Budget, now: float, cost: int = 1) -> None:
        """Take in what the app says, before `finish` of the request that it answers."""
        self.limit = max(1, budget.limit)
        self.interval_seconds = budget.interval_seconds
        if budget.remaining is None:
            return
        if budget.interval_seconds == 0:
            # The places that others took are free when a reply says so. One is tried at any rate: it brings a reply.
            self.limit = max(1, min(self.limit, self.open_count + budget.remaining))
            return
        # Replies overtake each other: only a rise beyond what was under way says that a new window has begun.
        if now >= self._left_until or budget.remaining > self._said + self.open_count:
            self._left_until = now + self.interval_seconds
        self._said = budget.remaining
        self._left = budget.remaining - max(0, self.open_count - cost)


class Pacer:
    """Lets requests of one grant start when every budget has room. For one event loop; needs no lock within it."""

    def __init__(self, pace: Pace, *, clock: Clock, sleep: Sleep) -> None:
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._windows = {budget.name: _window(budget) for budget in pace.initial}
        self._still_until = 0.0
        self._in_flight = 0
        self._moved = asyncio.Event()

    @asynccontextmanager
    async def place(self, costs: Mapping[str, int] = _NO_COSTS) -> AsyncIterator[None]:
        """Wait for room, then hold it for the length of one request. `costs`: of budgets that weigh requests."""
        while (wait := self._wait_seconds(costs)) > 0:
            await self._pause(wait)
        windows = [(window, costs.get(name, 1)) for name, window in self._windows.items()]
        self._in_flight += 1
        for window, cost in windows:
            window.start(cost)
        try:
            yield
        finally:
            now = self._clock()
            self._in_flight -= 1
            for window, cost in windows:
                window.finish(now, cost)
            self._wake()

    def learn(self, headers: Mapping[str, str], costs: Mapping[str, int] = _NO_COSTS) -> None:
        """Take in the budgets that a reply states. To be called inside `place`, with the same costs."""
        now = self._clock()
        for budget in self._pace.budgets(headers):
            if budget.name in self._windows:
                self._windows[budget.name].learn(budget, now, costs.get(budget.name, 1))

    def keep_still(self, headers: Mapping[str, str], retry_after_seconds: float | None) -> float:
        """After a 429: nothing starts before what the app asks for has passed. Returns how long that is."""
        seconds = retry_after_seconds
        if seconds is None:
            seconds = self._pace.cooldown_seconds(headers)
        self._still_until = max(self._still_until, self._clock() + seconds)
        return seconds

    @property
    def still_seconds(self) -> float:
        """For how long the app wants nothing to start."""
        return max(0.0, self._still_until - self._clock())

    def _wait_seconds(self, costs: Mapping[str, int]) -> float:
        now = self._clock()
        waits = [window.wait_seconds(now, costs.get(name, 1)) for name, window in self._windows.items()]
        if self._in_flight >= self._pace.in_flight:
            waits.append(float("inf"))
        return max(self._still_until - now, 0.0, *waits)

    async def _pause(self, seconds: float) -> None:
        if seconds == float("inf"):
            await self._moved.wait()
            return
        await self._sleep(seconds)

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def backoff_seconds(attempt: int, *, first: float = 0.5, most: float = 20.0) -> float:
    """Return how long to wait before attempt `attempt + 1` (1, 2, ...): doubling, with full jitter above one half."""
    ceiling = min(most, first * 2.0 ** (attempt - 1))
    # Jitter spreads clients apart; it is no secret.
    return ceiling * (0.5 + random.random() / 2)  # noqa: S311


def retry_after_seconds(value: str | None, *, most: float = _DAY_SECONDS) -> float | None:
    """Read a Retry-After header given in seconds; None where there is none, or a date or nonsense."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, most) if seconds >= 0 else None


def _window(budget: Budget) -> Window:
    return Window(limit=budget.limit, interval_seconds=budget.interval_seconds)
