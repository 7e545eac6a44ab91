"""What changed is found, by the cheapest evidence that shows it; and what shows nowhere is found in turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Ledger, Scope, Vanished, Workspace
from connectors.monday import kinds
from connectors.monday.sandbox import Sample, generate
from connectors.monday.sandbox.changes import boards, columns, docs, files, groups, items, people, updates
from connectors.monday.split import space_id
from store.record import WorkspaceId
from tests.contract.connector import Seen, apply, read
from tests.contract.monday.conftest import named


async def cycle(monday, before, **more):
    """Read again, and return what was seen, and what is held then."""
    seen = await read(monday, state=before.state, held=before.held, **more)
    after = Seen(records=apply(before, seen), files={**before.files, **seen.files}, state=seen.state)
    return seen, after


def why(seen, board) -> Ledger:
    return next(entry for entry in seen.of(Ledger) if entry.workspace_id == str(board.id))


async def equals_the_app(monday, after) -> None:
    """Compare what is held with a reading from nothing; the log is never forgotten."""
    whole = await read(monday)
    held = {key: content for key, content in after.contents().items() if key[1] != kinds.ACTIVITY}
    assert {key: x for key, x in whole.contents().items() if key[1] != kinds.ACTIVITY} == held
    assert {key for key in whole.records if key[1] == kinds.ACTIVITY} <= after.records.keys()


def rename(world, owner, board):
    items.rename(world, owner, world.items[board.item_ids[1]], "renamed")


def change_a_value(world, owner, board):
    items.change(world, owner, world.items[board.item_ids[1]], {"status": {"index": 2}})


def write_an_update(world, owner, board):
    updates.create(world, owner, world.items[board.item_ids[2]], "<p>new</p>")


def upload(world, owner, board):
    asset = files.upload(world, owner, "new.txt", b"new" * 100)
    files.add_to_column(world, owner, world.items[board.item_ids[2]], "papers", asset)


def add_a_subitem(world, owner, board):
    items.create_subitem(world, owner, world.items[board.item_ids[0]], "one more step")


def change_a_subitem(world, owner, board):
    hidden = world.boards[board.subitem_board_id]
    items.change(world, owner, world.items[hidden.item_ids[0]], {"status": {"index": 2}})


def delete_an_item(world, owner, board):
    items.remove(world, owner, world.items[board.item_ids[0]], archive=False)


def archive_an_item(world, owner, board):
    items.remove(world, owner, world.items[board.item_ids[3]], archive=True)


def bring_one_back(world, owner, board):
    away = next(world.items[found] for found in board.item_ids if world.items[found].state == "archived")
    items.restore(world, owner, away)


def delete_a_column(world, owner, board):
    columns.delete(world, owner, board, board.columns["text"])


def rename_a_label(world, owner, board):
    settings = {
        "labels": [{**label, "label": label["label"] + "!"} for label in board.columns["status"].settings["labels"]]
    }
    columns.update(world, owner, board, board.columns["status"], settings=settings)


def delete_a_group(world, owner, board):
    groups.remove(world, owner, board, next(iter(board.groups)), archive=False)


def move_an_item(world, owner, board):
    item = world.items[board.item_ids[1]]
    items.move(
        world, owner, item, next(x.id for x in groups.in_order(board) if x.id != item.group_id and not x.archived)
    )


def subscribe_somebody(world, owner, board):
    people.subscribe(world, owner, board, [list(world.users)[5]])


def rename_the_board(world, owner, board):
    boards.update(world, owner, board, "name", "Greener coffee")


CHANGES = [
    rename,
    change_a_value,
    write_an_update,
    upload,
    add_a_subitem,
    change_a_subitem,
    delete_an_item,
    archive_an_item,
    bring_one_back,
    delete_a_column,
    rename_a_label,
    delete_a_group,
    move_an_item,
    subscribe_somebody,
    rename_the_board,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_a_change_on_a_board_is_found_and_no_other_board_is_read(monday, world, full_board, change):
    first = await read(monday)
    with monday.sandbox.editing():
        change(world, monday.sandbox.owner, full_board)
    second, after = await cycle(monday, first)

    assert "changed" == why(second, full_board).read
    assert [str(full_board.id)] == [entry.workspace_id for entry in second.of(Ledger) if entry.read != "unchanged"]
    await equals_the_app(monday, after)
    third, _ = await cycle(monday, after)
    assert {"unchanged"} == {entry.read for entry in third.of(Ledger)}


async def test_all_of_them_one_after_the_other(monday, world, full_board):
    held = await read(monday)
    for change in CHANGES:
        with monday.sandbox.editing():
            change(world, monday.sandbox.owner, full_board)
        _, held = await cycle(monday, held)

    await equals_the_app(monday, held)


async def test_a_board_that_mirrors_a_changed_one_is_read_too(monday, world, full_board):
    """A mirrored value moves neither the item that shows it nor its board."""
    first = await read(monday)
    suppliers = named(world, "Suppliers")
    with monday.sandbox.editing():
        for item_id in suppliers.item_ids:
            items.change(world, monday.sandbox.owner, world.items[item_id], {"since": {"date": "1999-01-01"}})
    second, after = await cycle(monday, first)

    assert f"it mirrors board {suppliers.id}, which changed" == why(second, full_board).evidence
    await equals_the_app(monday, after)


async def test_archived_and_deleted_items_are_told_apart(monday, world, full_board):
    first = await read(monday)
    away, gone = (world.items[found] for found in full_board.item_ids[2:4])
    with monday.sandbox.editing():
        items.remove(world, monday.sandbox.owner, away, archive=True)
        items.remove(world, monday.sandbox.owner, gone, archive=False)
    _, after = await cycle(monday, first)

    held = {key[2]: record for key, record in after.records.items() if key[1] == kinds.ITEM}
    assert "archived" == held[str(away.id)].content["state"]
    assert str(gone.id) not in held


async def test_an_item_that_moved_to_another_board_is_there_and_not_here(monday, world, full_board):
    first = await read(monday)
    other = named(world, "Printing")
    item = world.items[full_board.item_ids[1]]
    with monday.sandbox.editing():
        full_board.item_ids.remove(item.id)
        other.item_ids.append(item.id)
        item.board_id, item.group_id, item.values = other.id, "topics", {}
        world.touch(item)
        for board in (full_board, other):
            world.log(board, "move_pulse_into_board", {"pulse_id": item.id}, monday.sandbox.owner)
    _, after = await cycle(monday, first)

    where = [key[0] for key in after.records if key[1] == kinds.ITEM and key[2] == str(item.id)]
    assert [str(other.id)] == where


async def test_what_moves_no_evidence_is_found_when_a_webhook_tells_of_it(monday, world, full_board):
    first = await read(monday)
    message = next(x for x in world.messages.values() if x.parent_id is None and x.board_id == full_board.id)
    with monday.sandbox.editing():
        updates.edit(world, monday.sandbox.owner, message, "<p>edited</p>")
    unseen, _ = await cycle(monday, first)
    seen, after = await cycle(monday, first, dirty=frozenset({WorkspaceId(str(full_board.id))}))

    assert "unchanged" == why(unseen, full_board).read
    assert ("full", "a webhook told of a change") == (why(seen, full_board).read, why(seen, full_board).evidence)
    await equals_the_app(monday, after)


async def test_and_otherwise_within_seven_days(monday, world, full_board):
    now = datetime(2026, 11, 26, 20, tzinfo=UTC)
    held = await read(monday, now=now)
    message = next(x for x in world.messages.values() if x.parent_id is None and x.board_id == full_board.id)
    with monday.sandbox.editing():
        updates.edit(world, monday.sandbox.owner, message, "<p>edited</p>")
    silent = []
    for day in range(1, 8):
        seen, held = await cycle(monday, held, now=now + timedelta(days=day))
        silent += [entry.workspace_id for entry in seen.of(Ledger) if entry.read == "full" and entry.silent]

    assert "<p>edited</p>" == held.records[str(full_board.id), kinds.UPDATE, str(message.id)].content["body"]
    assert len(set(silent)) == len(list(seen.of(Ledger)))


async def test_a_deleted_board_vanishes_and_an_archived_one_stays(monday, world):
    first = await read(monday)
    gone, away = named(world, "Printing"), named(world, "Suppliers")
    with monday.sandbox.editing():
        boards.delete(world, monday.sandbox.owner, gone)
        boards.archive(world, monday.sandbox.owner, away)
    second, after = await cycle(monday, first)

    assert [str(gone.id)] == [item.workspace_id for item in second.of(Vanished)]
    assert not [key for key in after.records if key[0] == str(gone.id)]
    assert "archived" == after.records[str(away.id), kinds.BOARD, str(away.id)].content["state"]
    assert str(away.id) in {item.workspace_id for item in second.of(Workspace)}
    third, _ = await cycle(monday, after)
    assert [] == third.of(Vanished)


async def test_a_board_that_may_not_be_seen_any_more_is_not_called_deleted(monday, world, full_board):
    first = await read(monday)
    world.lost.add((monday.sandbox.owner.id, full_board.id))
    held = first
    for _ in range(3):
        seen, held = await cycle(monday, held)
        assert ["WORKSPACE_LOST"] == [warning.code for warning in seen.warnings]

    assert {key for key in first.records if key[0] == str(full_board.id)} <= held.records.keys()
    world.lost.clear()
    seen, _ = await cycle(monday, held)
    assert [] == seen.warnings


async def test_a_board_without_levels_gets_its_first_subitem(monday, world):
    first = await read(monday)
    board = named(world, "Suppliers")
    with monday.sandbox.editing():
        items.create_subitem(world, monday.sandbox.owner, world.items[board.item_ids[0]], "step")
    _, after = await cycle(monday, first)

    await equals_the_app(monday, after)


async def test_documents_and_folders(monday, world):
    first = await read(monday)
    owner = monday.sandbox.owner
    doc, other = (next(x for x in world.docs.values() if x.name == name) for name in ("Roasting log", "Wages"))
    with monday.sandbox.editing():
        docs.add_markdown(world, owner, doc, "one more line")
        world.docs.pop(other.id)
        next(iter(world.folders.values())).name = "Renamed"
    monday.asked()
    second, after = await cycle(monday, first)

    roastery = next(each for each in world.workspaces.values() if each.name == "Roastery")
    assert [space_id(str(roastery.id))] == [x.workspace_id for x in second.of(Ledger) if x.read != "unchanged"]
    assert ["Listing", "Listing", "Blocks"] == monday.asked()
    await equals_the_app(monday, after)


async def test_people(monday, world):
    first = await read(monday)
    with monday.sandbox.editing():
        people.join(world, "New Person", "new@quayside.example")
        people.tag(world, "new")
    second, after = await cycle(monday, first)

    assert {"", *()} == {key[0] for key in second.records}
    await equals_the_app(monday, after)


async def test_a_workspace_that_is_out_of_scope_takes_its_boards_with_it(monday, world):
    roastery = next(each for each in world.workspaces.values() if each.name == "Roastery")
    seen = await read(monday, scope=Scope(excluded=frozenset({space_id(str(roastery.id))})))

    inside = {str(board.id) for board in world.boards.values() if board.workspace_id == roastery.id}
    assert not {key[0] for key in seen.records} & inside
    assert inside & {item.workspace_id for item in seen.of(Workspace) if not item.in_scope}


async def test_a_log_that_does_not_reach_back_leads_to_a_full_read(monday, world, full_board):
    first = await read(monday)
    with monday.sandbox.editing():
        world.activities[full_board.id].clear()
        rename(world, monday.sandbox.owner, full_board)
    second, after = await cycle(monday, first)

    entry = why(second, full_board)
    assert "full" == entry.read
    assert entry.evidence.endswith("its log does not reach back to the last cycle, so it was read in full")
    assert [("CAP_MET", f"board/{full_board.id}/activity")] == [(x.code, x.where) for x in second.warnings]
    # A reading from nothing no longer learns from the log what was archived; what is held of it stays.
    whole = await read(monday)
    away = {key for key in after.records if key[1] == kinds.ITEM} - whole.records.keys()
    assert {"archived"} == {after.records[key].content["state"] for key in away}
    assert whole.contents().items() <= after.contents().items()


async def test_listings_that_show_changes_late_lose_nothing(monday, world, full_board):
    """A change shows up half a minute late: the next cycle finds what this one could not see."""
    held = await read(monday)
    for change in (add_a_subitem, rename, delete_an_item, write_an_update):
        with monday.sandbox.editing():
            world.lag = timedelta(days=1)
            change(world, monday.sandbox.owner, full_board)
        _, held = await cycle(monday, held)
        world.lag = timedelta(0)
        _, held = await cycle(monday, held)

    await equals_the_app(monday, held)


async def test_a_board_that_changes_while_it_is_read_is_read_again(monday, world, full_board):
    first = await read(monday)
    with monday.sandbox.editing():
        rename(world, monday.sandbox.owner, full_board)
    api = monday.sandbox.services.documents.read
    left = [2]

    def meddle(text):
        if "query Contents" in text and left[0]:
            left[0] -= 1
            items.rename(world, monday.sandbox.owner, world.items[full_board.item_ids[2]], f"again {left[0]}")
        return api(text)

    monday.sandbox.services.documents.read = meddle
    second, after = await cycle(monday, first)

    assert [] == second.warnings
    await equals_the_app(monday, after)


async def test_and_called_unstable_where_that_never_ends(monday, world, full_board):
    first = await read(monday)
    api = monday.sandbox.services.documents.read

    def meddle(text):
        if "query Contents" in text:
            items.rename(world, monday.sandbox.owner, world.items[full_board.item_ids[2]], f"{world.now()}")
        return api(text)

    with monday.sandbox.editing():
        rename(world, monday.sandbox.owner, full_board)
    monday.sandbox.services.documents.read = meddle
    second, after = await cycle(monday, first)
    monday.sandbox.services.documents.read = api
    third, after = await cycle(monday, after)

    assert ["UNSTABLE"] == [warning.code for warning in second.warnings]
    assert "changed" == why(third, full_board).read
    await equals_the_app(monday, after)


@pytest.fixture
def world():
    return generate(Sample(plain_boards=1))


async def test_the_state_of_another_version_is_not_understood_and_everything_is_read(monday):
    first = await read(monday)
    second = await read(monday, state={**first.state, "version": 99})

    assert first.contents() == second.contents()
    assert replace(second.of(Ledger)[0], pages=0)
