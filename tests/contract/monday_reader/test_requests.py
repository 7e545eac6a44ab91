"""How many questions a cycle costs, and how much complexity."""

import pytest

from connectors.base import Ledger
from connectors.monday.sandbox import Sample, generate
from connectors.monday.sandbox.changes import items
from tests.contract.connector import read
from tests.contract.monday.conftest import named


@pytest.fixture
def world():
    return generate(Sample(items_each=4, plain_boards=94, plain_items=2))


async def test_an_unchanged_account_of_100_boards_costs_two_questions_and_a_changed_board_three_more(monday, world):
    first = await read(monday)
    monday.asked()
    second = await read(monday, state=first.state, held=first.held)
    unchanged = monday.asked()
    with monday.sandbox.editing():
        board = named(world, "Archive box 0050")
        items.rename(world, monday.sandbox.owner, world.items[board.item_ids[0]], "renamed")
    await read(monday, state=second.state, held=first.held)
    changed = monday.asked()

    assert 100 == sum(not entry.workspace_id.startswith("workspace-") for entry in second.of(Ledger)) + 1
    assert ["Listing", "Listing"] == unchanged
    assert ["Listing", "Listing", "Structure", "Contents", "Evidence"] == changed


async def test_a_small_board_is_read_whole_in_three_questions(monday, world):
    await read(monday)
    asked = monday.asked()

    boards = sum(board.parent_board_id is None and board.state != "deleted" for board in world.boards.values())
    assert boards == asked.count("Structure") == asked.count("Contents") == asked.count("Evidence")
    assert len(asked) <= 3 * boards + 12
