"""An item that moved to a board which cannot be read: it lives where it was until that board is read."""

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
def moved(monday, world, before, full_board) -> dict[str, str]:
    """An item with much below it, just moved to another board."""
    there = named(world, "Suppliers")
    item = max(
        (world.items[found] for found in full_board.item_ids if world.items[found].state == "active"),
        key=lambda item: len({kind for _, kind, _ in with_below(before.records, str(item.id))}),
    )
    with monday.sandbox.editing():
        items.move_to_board(world, monday.sandbox.owner, item, there, next(iter(there.groups)))
    return {"item": str(item.id), "here": str(full_board.id), "there": str(there.id)}


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


async def test_and_so_it_does_when_the_reading_was_interrupted(monday, before, moved):
    silence(monday, moved["there"])
    interrupted = Seen()
    with pytest.raises(Retriable):
        await collect(monday, interrupted, state=before.state, held=before.held)
    cursor = interrupted.cursors[-1][1]
    resumed = await read(monday, state=before.state, held=before.held, cursor=cursor, is_last_attempt=True)
    both = Seen(records={**interrupted.records, **resumed.records})
    both.items, both.kept = interrupted.items + resumed.items, resumed.kept

    assert moved["here"] in cursor["workspaces"]
    assert with_below(before.records, moved["item"]) <= apply(before, both).keys()
    assert not any("moved" in known for known in resumed.state["workspaces"].values())


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
