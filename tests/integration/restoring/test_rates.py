"""Rates: a restore keeps to the app's limits, and what is refused because others use its limit up is asked again."""

from collections.abc import Iterator

import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, World
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards
from connectors.trello.sandbox.faults import Fault
from store.operations import OperationStatus
from store.restores import RestorePlan
from tests.integration.restoring.conftest import Bench, key
from workers.restoring.plan import Mode

A_WINDOW = 10
SPENT = {"interval-ms": 250, "max": A_WINDOW, "remaining": 0}
STRICT = RateLimits(interval_ms=250, token_max=A_WINDOW, key_max=30, member_max=40)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world, limits=STRICT) as running:
        yield running


async def lose_cards(bench: Bench) -> tuple[RestorePlan, list[str]]:
    """Lose two cards and plan how they come back; return the plan, and their names."""
    lost = bench.world.cards.of(bench.board)[:2]
    with bench.sandbox.editing() as world:
        for card in lost:
            cards.delete(world, Actor(member=bench.sandbox.owner), card)
    asked = bench.asked(mode=Mode.IN_PLACE, records=tuple(key("card", card["id"]) for card in lost))
    return await bench.plan(asked), sorted(card["name"] for card in lost)


def found(bench: Bench, names: list[str]) -> list[str]:
    return sorted(card["name"] for card in bench.world.cards.of(bench.board) if card["name"] in names)


async def test_a_restore_keeps_to_the_limits(bench: Bench):
    plan, names = await lose_cards(bench)
    limiter = bench.sandbox.services.limiter
    before = len(limiter.taken)

    done = await bench.perform(await bench.start(plan))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert names == found(bench, names)
    assert len(limiter.taken) - before > 2 * A_WINDOW, "too few requests to meet a limit"
    assert 0 == limiter.refused


async def test_a_restore_that_is_refused_for_what_others_ask_makes_nothing_twice(bench: Bench):
    plan, names = await lose_cards(bench)
    spent = {f"x-rate-limit-api-token-{name}": str(value) for name, value in SPENT.items()}
    refusal = '{"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}'
    for method in ("GET", "POST", "PUT"):
        bench.sandbox.services.faults.add(
            Fault(kind="status", route=f"^{method} ", skip=1, times=3, status=429, body=refusal, headers=spent)
        )

    done = await bench.perform(await bench.start(plan))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert names == found(bench, names)
    assert bench.sandbox.services.faults.struck["status"] > 3, "too few were refused"
