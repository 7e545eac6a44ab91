"""A storm: faults of every kind on every route while people work, from a seed. It ends in the app's own tree."""

import random

import pytest

from connectors.trello.sandbox import RateLimits, Sample, Sandbox, edit, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, lists
from tests.integration.workers.test_convergence import authorise, back_up, everything, hurried, tree, tree_of_the_app
from tests.integration.workers.test_kill import bench as _bench

bench = _bench
__all__ = ["hurried"]

DAYS = 3
SEEDS = [1, 4, 30, 31]
"""Chosen from many for how much goes wrong in them. Add those that ever find something."""
ROUTES = [
    r"GET /boards/\w+\?",
    r"GET /boards/\w+/cards",
    r"GET /boards/\w+/actions",
    r"GET /boards/\w+/boardPlugins",
    r"GET /organizations/\w+/",
    r"GET /members/me",
    r"GET /cards/\w+/attachments/.*/download/",
    r"GET /batch",
    r"GET /",
]
KINDS = ["reset", "half", "invalid_json", "expired_token", "poison", "unknown_fields", "wrong_types", "short_pages"]


@pytest.fixture
def trello():
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(generate(Sample(named_boards=2, cards_each=26, large_file_bytes=5_000)), limits=limits) as sandbox:
        yield sandbox


def brew(trello, chance: random.Random) -> list[dict]:
    """Make up what goes wrong on one day."""
    ids = [card["id"] for card in trello.world.cards]
    brewed = []
    for _ in range(chance.randint(1, 6)):
        route, times = chance.choice(ROUTES), chance.choice([1, 2, 3, 7, None])
        match chance.randrange(4):
            case 0:
                status = chance.choice([429, 449, 500, 502, 503, 504, 400, 403, 404])
                brewed.append({"kind": "status", "route": route, "status": status, "times": times})
            case 1:
                kind = chance.choice(["left_out", "undecodable", "poison"])
                brewed.append({"kind": kind, "route": route, "record_id": chance.choice(ids), "times": times})
            case _:
                brewed.append({"kind": chance.choice(KINDS), "route": route, "times": times})
    return brewed


def work(trello, chance: random.Random) -> None:
    """Do what people do in a day."""
    with trello.editing() as world:
        actor = Actor(member=trello.owner)
        edit(world, trello.owner, seed=chance.randrange(10**6))
        for board in world.boards:
            if chance.random() < 0.5:
                column = chance.choice(world.lists.of(board["id"]))
                lists.update(world, actor, column, {"name": f"renamed {chance.random()}"})
        card = chance.choice(world.cards.of(chance.choice(list(world.boards))["id"]))
        columns = [each for each in world.lists if each["id"] != card["idList"] and not each["closed"]]
        cards.move(world, actor, card, chance.choice(columns))


async def one_day(bench):
    operation = await bench.start()
    for _ in range(12):
        await bench.hasten()
        operation = await bench.perform(operation)
        if operation.status.is_final:
            return operation
    raise AssertionError(operation)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_storm_deletes_nothing_that_is_there_and_ends_in_the_app_s_own_tree(bench, trello, seed):
    chance = random.Random(seed)
    held: set[str] = set()
    for _ in range(DAYS):
        work(trello, chance)
        brewed = brew(trello, chance)
        for fault in brewed:
            trello.fail(**fault)
        operation = await one_day(bench)
        trello.faults.clear()
        if operation.status == "succeeded":
            before, held = held, (await everything(bench, "card")).keys()
            lost = (before & {card["id"] for card in trello.world.cards}) - held
            assert set() == lost, brewed
        else:
            assert operation.error_code in {"APP_UNAVAILABLE", "APP_REFUSED", "GRANT_LOST"}, (operation, brewed)
    await authorise(bench, trello)
    healed = await back_up(bench, full=True)

    # A reply that was wrong and could be read was kept; that is found, told and healed.
    assert {"DRIFT"} >= {warning["code"] for warning in healed.warnings}
    assert await tree_of_the_app(bench, trello) == await tree(bench)
