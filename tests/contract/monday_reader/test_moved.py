"""An item that moved to a board which is not read afterwards: it lives where it was until that board is read."""

import pytest

from connectors.base import Scope, WarningCode
from connectors.errors import Retriable
from connectors.monday import kinds
from connectors.monday.sandbox.changes import items
from tests.contract.connector import Seen, apply, collect, follow, read, with_below
from tests.contract.monday.conftest import named

HELD = {kinds.ITEM, kinds.SUBITEM, kinds.UPDATE, kinds.REPLY, kinds.ASSET}


@pytest.fixture
async def before(monday) -> Seen:
    return await read(monday)


@pytest.fixture
def to_move(world, before, full_board) -> dict[str, str]:
    """An item with much below it, where it is, and another board."""
    item = max(
        (world.items[found] for found in full_board.item_ids if world.items[found].state == "active"),
        key=lambda item: len({kind for _, kind, _ in with_below(before.records, str(item.id))}),
    )
    return {"item": str(item.id), "here": str(full_board.id), "there": str(named(world, "Suppliers").id)}


@pytest.fixture
def moved(monday, world, to_move) -> dict[str, str]:
    """It, just moved there."""
    move(monday, world, to_move)
    return to_move


def move(monday, world, to_move: dict[str, str]) -> None:
    there = world.boards[int(to_move["there"])]
    with monday.sandbox.editing():
        items.move_to_board(
            world, monday.sandbox.owner, world.items[int(to_move["item"])], there, next(iter(there.groups))
        )


def silence(monday, board_id: str) -> None:
    monday.sandbox.fail("status", rf'"query":"query (Structure|Contents).*{board_id}', status=503, times=None)


async def test_it_lives_where_it_was_until_the_other_board_is_read(monday, before, moved):
    whole = with_below(before.records, moved["item"])
    assert {kind for _, kind, _ in whole} >= HELD
    silence(monday, moved["there"])
    after = await follow(monday, before, is_last_attempt=True)
    monday.sandbox.faults.clear()
    healed = await follow(monday, after)

    assert whole <= after.records.keys()
    where = f"board/{moved['here']}/item"
    assert (WarningCode.UNSTABLE, where) in {(each.code, each.where) for each in after.warnings}
    assert {moved["there"]} == {key[0] for key in healed.records if key[2] == moved["item"]}


async def interrupted_before(board_id: str, monday, before: Seen) -> Seen:
    """Read until a board does not answer."""
    silence(monday, board_id)
    seen = Seen()
    with pytest.raises(Retriable):
        await collect(monday, seen, state=before.state, held=before.held)
    return seen


async def resume(monday, before: Seen, interrupted: Seen) -> Seen:
    """Go on from there to the end; what is held afterwards, and what was said."""
    cursor = interrupted.cursors[-1][1]
    resumed = await read(monday, state=before.state, held=before.held, cursor=cursor, is_last_attempt=True)
    both = Seen(records={**interrupted.records, **resumed.records})
    both.items, both.kept = interrupted.items + resumed.items, resumed.kept
    after = Seen(records=apply(before, both), state=resumed.state)
    after.items = both.items
    return after


async def test_and_so_it_does_when_the_reading_was_interrupted(monday, before, moved):
    interrupted = await interrupted_before(moved["there"], monday, before)
    after = await resume(monday, before, interrupted)

    assert moved["here"] in interrupted.cursors[-1][1]["workspaces"]
    assert with_below(before.records, moved["item"]) <= after.records.keys()
    assert not any("moved" in known for known in after.state["workspaces"].values())


async def test_and_so_it_does_when_the_other_board_had_its_turn_before_the_move(monday, world, before, to_move):
    for board in (to_move["here"], to_move["there"]):
        with monday.sandbox.editing():
            first = next(found for found in world.boards[int(board)].item_ids if str(found) != to_move["item"])
            items.rename(world, monday.sandbox.owner, world.items[first], "renamed")
    interrupted = await interrupted_before(to_move["here"], monday, before)
    monday.sandbox.faults.clear()
    move(monday, world, to_move)
    after = await resume(monday, before, interrupted)
    healed = await follow(monday, after)

    assert to_move["there"] in interrupted.cursors[-1][1]["workspaces"]
    assert with_below(before.records, to_move["item"]) <= after.records.keys()
    assert {to_move["there"]} == {key[0] for key in healed.records if key[2] == to_move["item"]}


async def test_nothing_is_kept_where_the_other_board_was_read_before_this_one_and_had_it(monday, before, moved):
    interrupted = await interrupted_before(moved["here"], monday, before)
    monday.sandbox.faults.clear()
    after = await resume(monday, before, interrupted)

    assert moved["there"] in interrupted.cursors[-1][1]["workspaces"]
    assert {moved["there"]} == {key[0] for key in after.records if key[2] == moved["item"]}
    assert not any("arrived" in known for known in after.state["workspaces"].values())


async def test_nothing_is_kept_where_the_other_board_was_read(monday, before, moved):
    after = await follow(monday, before)

    assert {moved["there"]} == {key[0] for key in after.records if key[2] == moved["item"]}
    assert [] == after.warnings


async def test_nothing_is_kept_where_the_other_board_is_not_backed_up(monday, before, moved):
    after = await follow(monday, before, scope=Scope(excluded=frozenset({moved["there"]})))

    assert (moved["here"], kinds.ITEM, moved["item"]) not in after.records
    assert [] == [each for each in after.warnings if each.code == WarningCode.UNSTABLE]


async def test_nothing_is_kept_where_the_other_board_was_read_but_for_one_item(monday, world, before, moved):
    others = [found for found in world.boards[int(moved["there"])].item_ids if str(found) != moved["item"]]
    monday.sandbox.fail("poison", record_id=str(others[0]), times=None)
    after = await follow(monday, before)

    assert WarningCode.BAD_RECORD in {each.code for each in after.warnings}
    assert {moved["there"]} == {key[0] for key in after.records if key[2] == moved["item"]}
