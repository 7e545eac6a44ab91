"""How many requests a cycle costs."""

import pytest

from connectors.base import FullReason, Ledger
from connectors.trello.sandbox import Sample, World, generate
from tests.contract.connector import read


@pytest.fixture(scope="module")
def world() -> World:
    return generate(Sample(named_boards=1, cards_each=24, large_file_bytes=1000, plain_boards=99, plain_cards=2))


async def test_an_unchanged_account_of_100_boards_costs_at_most_two_and_one_changed_board_five_more(trello, world):
    first = await read(trello)
    trello.requests()

    second = await read(trello, state=first.state)
    unchanged = len(trello.requests())
    trello.edit()
    third = await read(trello, state=second.state)
    changed = len(trello.requests())

    assert len(world.boards) == 100
    assert unchanged <= 2
    assert changed - unchanged <= 5
    assert {"unchanged": 100 + len(world.organizations)} == counted(second)
    assert {"unchanged": 99 + len(world.organizations), "changed": 1} == counted(third)


async def test_a_full_read_costs_four_requests_a_board(trello, world):
    await read(trello, full=FullReason.ASKED)

    asked = [request for request in trello.requests() if request.startswith("GET /boards/")]
    assert 4 * len(world.boards) == len(asked)


def counted(seen) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in seen.of(Ledger):
        found[item.read] = found.get(item.read, 0) + 1
    return found
