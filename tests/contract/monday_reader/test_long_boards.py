"""Boards of more items than a page: nothing is cut, only what changed is read, and a dead cursor is recovered from."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Kept, Ledger
from connectors.monday import kinds
from connectors.monday.sandbox import Sample, generate
from connectors.monday.sandbox.changes import items, updates
from connectors.monday.sandbox.paging import CURSOR_LIFE
from connectors.stand_in.clock import ManualClock
from tests.contract.connector import read as read_at
from tests.contract.monday.conftest import named
from tests.contract.monday_reader import test_detection as detection
from tests.contract.monday_reader.test_detection import equals_the_app, why

COUNT = 620
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def world(clock):
    return generate(Sample(items_each=2, big_items=COUNT), clock=clock)


@pytest.fixture
def board(world):
    return named(world, "Every bag")


async def read(monday, **more):
    return await read_at(monday, **{"now": monday.world.clock.now(), **more})


async def cycle(monday, before):
    return await detection.cycle(monday, before, now=monday.world.clock.now())


def of(seen, kind, board):
    return {key[2] for key in seen.records if key[:2] == (str(board.id), kind)}


async def test_every_item_is_read_and_counted(monday, world, board):
    seen = await read(monday)

    assert {str(found) for found in board.item_ids} == of(seen, kinds.ITEM, board)
    assert COUNT // 5 == len(of(seen, kinds.SUBITEM, board))
    assert {kinds.ITEM: COUNT, kinds.SUBITEM: COUNT // 5} == dict(why(seen, board).claimed)
    assert [] == seen.warnings


async def test_of_a_long_board_only_what_changed_is_read(monday, world, board, clock):
    first = await read(monday)
    clock.advance(3600)
    chosen = [world.items[found] for found in board.item_ids[100:104]]
    with monday.sandbox.editing():
        owner = monday.sandbox.owner
        items.rename(world, owner, chosen[0], "renamed")
        items.remove(world, owner, chosen[1], archive=True)
        items.remove(world, owner, chosen[2], archive=False)
        updates.create(world, owner, chosen[3], "<p>new</p>")
        items.create(world, owner, board, "one more bag")
    monday.asked()
    second, after = await cycle(monday, first)
    asked = monday.asked()

    # Changed, archived, new, and the one that had changed last; all others are kept by their ids.
    assert 4 == len(of(second, kinds.ITEM, board))
    assert len(board.item_ids) - 5 == sum(len(x.external_ids) for x in second.of(Kept) if x.kind == kinds.ITEM)
    assert "changed" == why(second, board).read
    assert {"ItemIds", "NextItemIds", "ItemsById"} <= set(asked)
    assert len(asked) <= 12
    await equals_the_app(monday, after)


async def test_what_lies_below_what_was_kept_is_kept(monday, world, board, clock):
    first = await read(monday)
    clock.advance(3600)
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[board.item_ids[1]], "renamed")
    second, after = await cycle(monday, first)

    kept = {kind: set() for kind in (kinds.ASSET, kinds.FILE, kinds.SUBITEM)}
    for item in second.of(Kept):
        if item.workspace_id == str(board.id) and item.kind in kept:
            kept[item.kind].update(item.external_ids)
    assert -(-COUNT // 50) == len(kept[kinds.ASSET]) == len(kept[kinds.FILE])
    assert {str(found) for found in world.boards[board.subitem_board_id].item_ids} == kept[kinds.SUBITEM]
    await equals_the_app(monday, after)


async def test_old_updates_are_kept_and_read_again_in_turn(monday, world, board, clock):
    with monday.sandbox.editing():
        item = world.items[board.item_ids[0]]
        for number in range(1200):
            updates.create(world, monday.sandbox.owner, item, f"<p>{number}</p>")
    first = await read(monday)
    clock.advance(3600)
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, item, "renamed")
        gone = world.messages[world.board_messages[board.id][-5]]
        updates.delete(world, monday.sandbox.owner, gone)
    second, after = await cycle(monday, first)

    assert 1000 == len(of(second, kinds.UPDATE, board))
    assert str(gone.id) not in of(after, kinds.UPDATE, board)
    await equals_the_app(monday, after)


async def test_a_column_that_changed_has_every_item_read(monday, world, board, clock):
    first = await read(monday)
    clock.advance(3600)
    with monday.sandbox.editing():
        board.columns["status"].settings["labels"][0]["label"] = "Renamed"
        world.log(board, "change_column_settings", {"column_id": "status"}, monday.sandbox.owner)
    second, after = await cycle(monday, first)

    assert COUNT == len(of(second, kinds.ITEM, board))
    await equals_the_app(monday, after)


async def test_archived_items_are_asked_for_once_and_kept_until_the_log_names_them(monday, world, board, clock):
    away = [world.items[found] for found in board.item_ids[:150]]
    with monday.sandbox.editing():
        for item in away:
            items.remove(world, monday.sandbox.owner, item, archive=True)
    first = await read(monday)
    held = first
    asked = []
    for number in range(2):
        clock.advance(3600)
        with monday.sandbox.editing():
            items.rename(world, monday.sandbox.owner, world.items[board.item_ids[200]], f"renamed {number}")
        monday.asked()
        _, held = await cycle(monday, held)
        asked.append(monday.asked().count("ItemsById"))
    clock.advance(3600)
    with monday.sandbox.editing():
        items.restore(world, monday.sandbox.owner, away[0])
    monday.asked()
    _, held = await cycle(monday, held)

    # Once while the log is asked from the second on in which they were put away, then no more.
    assert 0 == asked[1]
    assert "active" == held.records[str(board.id), kinds.ITEM, str(away[0].id)].content["state"]
    await equals_the_app(monday, held)


async def test_a_cursor_that_dies_on_the_way_is_recovered_from(monday, world, board, clock):
    api = monday.sandbox.services.documents.read
    left = [3]

    def slow(text):
        if "query NextItems(" in text and left[0]:
            left[0] -= 1
            clock.advance(CURSOR_LIFE.total_seconds() + 1)
        return api(text)

    monday.sandbox.services.documents.read = slow
    seen = await read(monday)

    assert {str(found) for found in board.item_ids} == of(seen, kinds.ITEM, board)
    assert [] == seen.warnings


async def test_and_so_is_one_of_the_ids(monday, world, board, clock):
    first = await read(monday)
    clock.advance(7200)
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[board.item_ids[5]], "renamed")
    api = monday.sandbox.services.documents.read
    left = [2]

    def slow(text):
        if "query NextItemIds(" in text and left[0]:
            left[0] -= 1
            clock.advance(CURSOR_LIFE.total_seconds() + 1)
        return api(text)

    monday.sandbox.services.documents.read = slow
    _, after = await cycle(monday, first)
    monday.sandbox.services.documents.read = api

    await equals_the_app(monday, after)


async def test_a_page_that_breaks_the_app_is_read_one_by_one(monday, world, board):
    poison = str(board.item_ids[550])
    monday.sandbox.fail("internal", r'"query":"query NextItems\(', times=None)
    monday.sandbox.fail("internal", rf'"query":"query ItemsById.*"{poison}"', times=None)
    seen = await read(monday)

    assert {str(found) for found in board.item_ids} - {poison} == of(seen, kinds.ITEM, board)
    assert [("BAD_RECORD", f"board/{board.id}/item/{poison}")] == [(x.code, x.where) for x in seen.warnings]


async def test_what_breaks_the_app_is_held_as_it_was(monday, world, board, clock):
    first = await read(monday)
    poison = str(board.item_ids[0])
    clock.advance(3600)
    with monday.sandbox.editing():
        board.columns["text"].title = "Renamed"
        items.rename(world, monday.sandbox.owner, world.items[board.item_ids[1]], "renamed")
    for document in ("Contents", "Items", "NextItems"):
        monday.sandbox.fail("internal", rf'"query":"query {document}\(', times=None)
    monday.sandbox.fail("internal", rf'"query":"query ItemsById.*"{poison}"', times=None)
    _, after = await cycle(monday, first)

    assert first.records[str(board.id), kinds.ITEM, poison] == after.records[str(board.id), kinds.ITEM, poison]
    assert of(first, kinds.ITEM, board) == of(after, kinds.ITEM, board)
    # What lies below it stays, too.
    assert {key for key in first.records if key[1] == kinds.ASSET} == {
        key for key in after.records if key[1] == kinds.ASSET
    }
    monday.sandbox.faults.clear()
    third, after = await cycle(monday, after)
    assert "not stable or not whole when last read" == why(third, board).evidence
    await equals_the_app(monday, after)


async def test_more_formulas_than_the_app_gives_results_of_are_told_of(monday, world, board):
    from connectors.monday.sandbox.changes import columns

    with monday.sandbox.editing():
        for number in range(6):
            columns.add(world, monday.sandbox.owner, board, f"F{number}", "formula", settings={"formula": "{kilos}*2"})
    seen = await read(monday)

    assert [("CAP_MET", f"board/{board.id}/formula")] == [(x.code, x.where) for x in seen.warnings]


async def test_a_long_log_is_read_to_its_end(monday, world):
    small = named(world, "Suppliers")
    with monday.sandbox.editing():
        for number in range(2100):
            world.log(small, "update_name", {"number": number}, monday.sandbox.owner)
    seen = await read(monday)

    assert {entry.id for entry in world.activities[small.id]} == of(seen, kinds.ACTIVITY, small)


async def test_pages_in_the_ledger_are_the_questions_asked(monday, world, board):
    first = await read(monday)
    monday.asked()
    seen = await read(monday, full=None, state=first.state, held=first.held, now=NOW + timedelta(days=30))
    asked = [found for found in monday.asked() if found != "Listing"]

    assert len(asked) >= sum(entry.pages for entry in seen.of(Ledger)) - 2
