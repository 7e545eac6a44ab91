"""Pacing: the whole budget, and never a request too many, however the app's windows lie."""

import asyncio
import heapq
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.pacing import Budget, Pacer, Window, backoff_seconds, retry_after_seconds
from connectors.trello.pace import TrelloPace

INTERVAL = 10.0


class FixedWindows:
    """A server that counts in windows which begin with the first request in them, or on its own clock."""

    def __init__(self, limit: int, *, offset: float | None) -> None:
        self.limit = limit
        self.offset = offset
        self.ends = 0.0
        self.count = 0
        self.most = 0
        self.refused = 0

    def take(self, now: float, *, mine: bool = True) -> int:
        if now >= self.ends:
            begins = now if self.offset is None else now - (now - self.offset) % INTERVAL
            self.ends, self.count = begins + INTERVAL, 0
        self.count += 1
        if mine:
            self.most = max(self.most, self.count)
            self.refused += self.count > self.limit
        return max(0, self.limit - self.count)


class SlidingWindow:
    """A server that looks back one interval from each request."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.times: list[float] = []
        self.most = 0

    def take(self, now: float) -> int:
        self.times = [time for time in self.times if time > now - INTERVAL]
        self.times.append(now)
        self.most = max(self.most, len(self.times))
        return max(0, self.limit - len(self.times))


def simulate(server, *, limit: int, workers: int, latency: float, seed: int, until: float, others: float = 0.0) -> int:
    """Let workers send as fast as the window lets them, in made-up time; how many requests were answered."""
    source = random.Random(seed)
    window = Window(limit=limit, interval_seconds=INTERVAL)
    answered = 0
    order = 0
    events: list[tuple[float, int, str, int]] = [(0.0, n, "try", 0) for n in range(workers)]
    if others:
        events.append((0.0, -1, "other", 0))
    heapq.heapify(events)
    while events:
        now, _, what, remaining = heapq.heappop(events)
        order += 1
        if now > until:
            break
        if what == "other":
            server.take(now, mine=False)
            heapq.heappush(events, (now + others, order, "other", 0))
        elif what == "try":
            wait = window.wait_seconds(now)
            if wait > 0:
                heapq.heappush(events, (now + (0.01 if wait == float("inf") else wait), order, "try", 0))
                continue
            window.start()
            arrives = now + source.uniform(0, latency)
            heapq.heappush(events, (arrives, order, "arrive", 0))
        elif what == "arrive":
            left = server.take(now)
            heapq.heappush(events, (now + source.uniform(0, latency), order, "reply", left))
        else:
            window.learn(Budget(name="x", limit=limit, interval_seconds=INTERVAL, remaining=remaining), now)
            window.finish(now)
            answered += 1
            heapq.heappush(events, (now, order, "try", 0))
    return answered


@settings(max_examples=40, deadline=None)
@given(
    st.integers(5, 60),
    st.integers(1, 20),
    st.floats(0.001, 2.0),
    st.integers(0, 9),
    st.one_of(st.none(), st.floats(0, INTERVAL), st.just("sliding")),
)
def test_no_window_ever_holds_more_than_the_limit(limit, workers, latency, seed, offset):
    server = SlidingWindow(limit) if offset == "sliding" else FixedWindows(limit, offset=offset)

    simulate(server, limit=limit, workers=workers, latency=latency, seed=seed, until=60.0)
    assert server.most <= limit


@pytest.mark.parametrize("offset", [None, 3.0])
def test_at_least_95_percent_of_the_budget_is_used(offset):
    server = FixedWindows(100, offset=offset)

    answered = simulate(server, limit=100, workers=10, latency=0.15, seed=1, until=300.0)
    assert server.most <= 100
    assert answered >= 0.95 * 100 * 300 / INTERVAL


def test_what_others_spend_with_the_same_key_is_seen_in_time():
    server = FixedWindows(100, offset=None)

    simulate(server, limit=100, workers=10, latency=0.05, seed=1, until=300.0, others=0.4)
    # What the others send within one round trip cannot be known.
    assert server.refused <= 100


def test_a_spent_budget_is_waited_for():
    window = Window(limit=2, interval_seconds=INTERVAL)
    for _ in range(2):
        window.start()
        window.finish(now=1.0)

    assert (10.0, 0.0) == (window.wait_seconds(1.0), window.wait_seconds(11.0))


def test_what_others_have_under_way_takes_places_until_a_reply_says_that_they_are_free():
    window = Window(limit=8, interval_seconds=0.0)
    for _ in range(3):
        assert 0.0 == window.wait_seconds(0.0)
        window.start()

    window.learn(Budget(name="at once", limit=8, interval_seconds=0.0, remaining=0), 1.0)
    window.finish(1.0)
    assert 0.0 == window.wait_seconds(1.0)
    window.start()
    assert float("inf") == window.wait_seconds(1.0), "three are under way, and others have the rest"

    window.learn(Budget(name="at once", limit=8, interval_seconds=0.0, remaining=30), 2.0)
    for _ in range(5):
        assert 0.0 == window.wait_seconds(2.0)
        window.start()
    assert float("inf") == window.wait_seconds(2.0), "eight are under way"


def test_only_a_reply_can_tell_when_all_places_are_under_way():
    window = Window(limit=1, interval_seconds=INTERVAL)
    window.start()

    assert float("inf") == window.wait_seconds(100.0)


class FakeTime:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class OnePace:
    initial: Sequence[Budget] = (Budget(name="one", limit=3, interval_seconds=INTERVAL),)
    in_flight = 2

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        return [Budget(name="one", limit=int(headers["limit"]), interval_seconds=INTERVAL, remaining=0)]

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        return 7.0


async def test_a_pacer_waits_for_its_budget():
    time = FakeTime()
    pacer = Pacer(OnePace(), clock=time.clock, sleep=time.sleep)
    for _ in range(4):
        async with pacer.place():
            pass

    assert [INTERVAL] == time.slept


async def test_a_pacer_bounds_what_is_under_way():
    time = FakeTime()
    pacer = Pacer(OnePace(), clock=time.clock, sleep=time.sleep)
    most = under_way = 0

    async def one() -> None:
        nonlocal most, under_way
        async with pacer.place():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(one() for _ in range(9)))
    assert 2 == most


async def test_a_429_without_retry_after_costs_a_whole_window():
    time = FakeTime()
    pacer = Pacer(OnePace(), clock=time.clock, sleep=time.sleep)

    assert 7.0 == pacer.keep_still({}, None)
    async with pacer.place():
        pass
    assert [7.0] == time.slept


async def test_a_429_with_retry_after_costs_what_it_says():
    time = FakeTime()
    pacer = Pacer(OnePace(), clock=time.clock, sleep=time.sleep)
    pacer.keep_still({}, 2.5)
    async with pacer.place():
        pass

    assert [2.5] == time.slept


async def test_a_budget_that_others_spent_is_waited_for():
    time = FakeTime()
    pacer = Pacer(OnePace(), clock=time.clock, sleep=time.sleep)
    async with pacer.place():
        pacer.learn({"limit": "3"})
    async with pacer.place():
        pass

    assert [INTERVAL] == time.slept


@given(st.integers(1, 50))
def test_backoff_grows_and_stays_bounded(attempt):
    assert 0.25 <= backoff_seconds(attempt) <= 20.0


def test_retry_after():
    values = [None, "3", "0", "-1", "x", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT"]

    assert [None, 3.0, 0.0, None, None, 86_400.0, None] == [retry_after_seconds(value) for value in values]


def test_trello_headers_are_read():
    headers = {
        "x-rate-limit-api-key-interval-ms": "10000",
        "x-rate-limit-api-key-max": "300",
        "x-rate-limit-api-key-remaining": "299",
        "x-rate-limit-api-token-interval-ms": "nonsense",
        "x-rate-limit-member-interval-ms": "10000",
        "x-rate-limit-member-max": "0",
        "x-rate-limit-member-remaining": "0",
    }

    assert [Budget(name="api-key", limit=300, interval_seconds=10.0, remaining=299)] == TrelloPace().budgets(headers)


def test_trello_s_database_budget_is_waited_for_whole():
    spent = {
        "x-rate-limit-db-query-time-interval-ms": "600000",
        "x-rate-limit-db-query-time-max": "7200000",
        "x-rate-limit-db-query-time-remaining": "0",
    }

    assert (600.0, 10.0) == (TrelloPace().cooldown_seconds(spent), TrelloPace().cooldown_seconds({}))


@given(st.dictionaries(st.sampled_from(["x-rate-limit-api-key-max", "x-rate-limit-api-key-remaining"]), st.text()))
def test_any_headers_are_borne(headers):
    assert [] == list(TrelloPace().budgets(headers))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(50, 500), st.lists(st.integers(1, 700), min_size=1, max_size=60), st.integers(1, 8), st.integers(0, 9)
)
def test_no_window_ever_holds_more_cost_than_the_limit(limit, costs, workers, seed):
    source = random.Random(seed)
    window = Window(limit=limit, interval_seconds=INTERVAL)
    taken: list[tuple[float, int]] = []
    waiting = list(costs)
    under_way: list[tuple[float, int]] = []
    now = 0.0
    while waiting or under_way:
        under_way.sort()
        wait = window.wait_seconds(now, waiting[0]) if waiting and len(under_way) < workers else float("inf")
        if wait == 0:
            cost = waiting.pop(0)
            window.start(cost)
            taken.append((now + source.uniform(0, 1), cost))
            under_way.append((now + 1, cost))
        elif under_way and under_way[0][0] <= now + wait:
            # A reply that comes first is noted first: time does not go back.
            now, cost = under_way.pop(0)
            window.finish(now, cost)
        else:
            now += wait
    for start, cost in taken:
        # A request that costs more than all there is goes alone.
        inside = [each for when, each in taken if start - INTERVAL < when <= start]
        assert sum(inside) <= limit or inside == [cost]


async def test_a_request_takes_what_it_costs_of_budgets_that_weigh():
    class Weighing:
        initial = (
            Budget(name="calls", limit=10, interval_seconds=60),
            Budget(name="weight", limit=100, interval_seconds=60),
        )
        in_flight = 10

        def budgets(self, headers):
            left = headers.get("left")
            return [] if left is None else [Budget(name="weight", limit=100, interval_seconds=60, remaining=int(left))]

        def cooldown_seconds(self, headers):
            return 60

    now, slept = [0.0], []

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pacer = Pacer(Weighing(), clock=lambda: now[0], sleep=sleep)
    for _ in range(2):
        async with pacer.place({"weight": 45}):
            pass
    assert [] == slept
    async with pacer.place({"weight": 45}):
        pacer.learn({"left": "55"}, {"weight": 45})
    assert [60.0] == slept
    # Others have spent what was left.
    async with pacer.place({"weight": 1}):
        pacer.learn({"left": "20"}, {"weight": 1})
    async with pacer.place({"weight": 30}):
        pass
    assert [60.0, 60.0] == slept
