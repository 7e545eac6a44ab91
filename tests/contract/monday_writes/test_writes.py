"""What monday.com's writer does beyond the contract: traps that people have met, and what a user would look for."""

from datetime import timedelta
from uuid import UUID

import pytest

from connectors.monday import kinds
from connectors.monday.sandbox.changes import boards, columns, groups, items, updates
from connectors.monday.sandbox.faults import Fault
from connectors.monday.sandbox.objects import Board, Item
from connectors.monday.split import space_id
from connectors.writing import Action
from store.record import ExternalId, WorkspaceId
from tests.contract.monday.conftest import named
from tests.contract.round_trip import carry_out, hold, situation_of
from tests.contract.writer import said
from workers.restoring.plan import Mode
from workers.restoring.planner import plan
from workers.restoring.readback import Result


async def restored(monday, *workspaces: str, mode: Mode = Mode.COPY, lose: bool = True, **more):
    """Lose some boards, or one by its name, and bring them back."""
    held = await hold(monday)
    wanted = [WorkspaceId(found) for found in workspaces or [monday.to_copy]]
    for workspace_id in wanted if lose else ():
        monday.lose(workspace_id)
    return await carry_out(monday, held, await situation_of(monday, held, held.within(*wanted), mode, **more))


def made(monday, found, kind: str, name: object) -> str:
    return found.names.made[kind, str(name)]


def new_board(monday, found, board: Board) -> Board:
    return monday.world.boards[int(made(monday, found, kinds.BOARD, board.id))]


def item_named(monday, board: Board, name: str) -> Item:
    return next(x for found in board.item_ids if (x := monday.world.items[found]).name == name)


@pytest.fixture
def plain(world) -> Board:
    """A board of a few items, to which a test adds what it is about."""
    roastery = next(each for each in world.workspaces.values() if each.name == "Roastery")
    owner = next(iter(world.users.values()))
    board = boards.create(world, owner, "Ledger", workspace_id=roastery.id, empty=True)
    columns.add(world, owner, board, "Note", "text", column_id="note")
    for at in range(3):
        items.create(world, owner, board, f"Row {at}", values={"note": f"n{at}"})
    return board


async def test_every_change_carries_a_key_of_its_own(monday):
    monday.asked()

    await restored(monday)

    mutations = [seen for seen in monday.sandbox.requests if seen.query.startswith("mutation")]
    keys = [seen.headers.get("idempotency-key") for seen in mutations]
    assert len(keys) == len(set(keys)) > 50
    assert all(UUID(key) for key in keys)


async def test_writes_to_one_board_go_one_after_the_other_however_many_there_are(monday, plain):
    other = named(monday.world, "Suppliers")

    await restored(monday, str(plain.id), str(other.id))

    boards_seen = [seen.variables["board"] for seen in monday.sandbox.requests if seen.operation == "CreateItem"]
    assert 2 == len(set(boards_seen))
    assert monday.sandbox.services.limiter.most_in_flight <= monday.connector.writing.lanes


async def test_an_account_without_the_request_for_subitems_gets_them_all_the_same(monday, full_board):
    monday.world.makes_subtasks = False

    found = await restored(monday)

    assert {} == said(found)
    board = new_board(monday, found, full_board)
    names = {monday.world.items[each].name for each in board.item_ids if monday.world.items[each].state == "active"}
    assert "(being restored)" not in names
    assert monday.world.boards[board.subitem_board_id].item_ids


async def test_columns_keep_the_ids_that_can_be_chosen_and_what_names_the_others_follows(monday, plain):
    with monday.sandbox.editing() as world:
        owner = monday.sandbox.owner
        columns.add(world, owner, plain, "Weight", "numbers", column_id="numeric_mkq1w2e3")
        columns.add(world, owner, plain, "Price", "numbers", column_id="price")
        total = {"formula": "{numeric_mkq1w2e3}*{price}"}
        columns.add(world, owner, plain, "Total", "formula", column_id="total", settings=total)
        row = world.items[plain.item_ids[0]]
        items.change(world, owner, row, {"numeric_mkq1w2e3": "12", "price": "2"})

    found = await restored(monday, str(plain.id))

    board = new_board(monday, found, plain)
    weight = made(monday, found, kinds.COLUMN, f"{plain.id}/numeric_mkq1w2e3").partition("/")[2]
    assert "numeric_mkq1w2e3" != weight
    assert ["name", "note", weight, "price", "total"] == list(board.columns)
    assert f"{{{weight}}}*{{price}}" == board.columns["total"].settings["formula"]
    assert "12" == item_named(monday, board, "Row 0").values[weight]
    assert {} == said(found)
    assert found.of(Result.LOST)[kinds.COLUMN, ExternalId(f"{plain.id}/numeric_mkq1w2e3")].lost.keys() == {"id"}


async def test_a_value_that_the_app_does_not_take_costs_no_other_value(monday, plain):
    with monday.sandbox.editing() as world:
        owner = monday.sandbox.owner
        labels = [{"id": 0, "label": "Open", "color": "stuck_red", "index": 0, "is_done": False}]
        columns.add(world, owner, plain, "Stage", "status", column_id="stage", settings={"labels": labels})
        columns.add(world, owner, plain, "Kilos", "numbers", column_id="kilos")
        row = world.items[plain.item_ids[1]]
        items.change(world, owner, row, {"kilos": "7", "stage": {"index": 0}})
        row.values["stage"]["index"] = 3  # a label that was taken out of the column afterwards

    found = await restored(monday, str(plain.id))

    new = item_named(monday, new_board(monday, found, plain), "Row 1")
    assert {"note": "n1", "kilos": "7"} == new.values
    key = kinds.ITEM, ExternalId(str(row.id))
    assert {key: ("status_values",)} == {bad: why.wrong for bad, why in found.of(Result.WRONG, Result.FAILED).items()}
    assert () == found.extra


async def test_settings_that_the_app_does_not_take_cost_no_column(monday, plain):
    with monday.sandbox.editing() as world:
        columns.add(
            world, monday.sandbox.owner, plain, "Grade", "rating", column_id="grade", settings={"limit": 5, "icon": "x"}
        )
        items.change(world, monday.sandbox.owner, world.items[plain.item_ids[0]], {"grade": {"rating": 4}})
        monday.sandbox.faults.add(Fault(kind="refuse", match='"icon"'))

    found = await restored(monday, str(plain.id))

    wrong = found.of(Result.WRONG, Result.FAILED)
    assert {(kinds.COLUMN, f"{plain.id}/grade"): ("settings",)} == {key: why.wrong for key, why in wrong.items()}
    assert 4 == item_named(monday, new_board(monday, found, plain), "Row 0").values["grade"]["rating"]


async def test_groups_columns_updates_and_blocks_come_in_their_order(monday, full_board):
    world = monday.world
    before = [group.title for group in groups.in_order(full_board)]
    talked = max(full_board.item_ids, key=lambda found: len(world.messages_of[found]))
    with monday.sandbox.editing():
        for text in ("first", "second", "third"):
            updates.create(world, monday.sandbox.owner, world.items[talked], f"<p>{text}</p>")
    said_before = [world.messages[found].body for found in world.messages_of[talked]]
    described = next(world.items[found] for found in full_board.item_ids if world.items[found].doc_id)
    blocks = [block.content for block in world.docs[described.doc_id].blocks.values()]

    found = await restored(monday)

    board = new_board(monday, found, full_board)
    assert before == [group.title for group in groups.in_order(board)]
    assert [x.title for x in full_board.columns.values() if x.type != "integration"] == [
        x.title for x in board.columns.values()
    ]
    new = int(made(monday, found, kinds.ITEM, talked))
    bodies = [world.messages[each].body for each in world.messages_of[new]]
    assert said_before == [body.partition("</p>")[2] for body in bodies]
    new_doc = world.docs[world.items[int(made(monday, found, kinds.ITEM, described.id))].doc_id]
    assert blocks == [block.content for block in sorted(new_doc.blocks.values(), key=lambda block: block.position)]


async def test_an_update_and_its_replies_say_who_wrote_them_and_when(monday, plain):
    with monday.sandbox.editing() as world:
        author = next(user for user in world.users.values() if user.id != monday.sandbox.owner.id)
        message = updates.create(world, author, world.items[plain.item_ids[0]], "<p>Came in &amp; weighed.</p>")
        answer = updates.create(world, author, None, "<p>Good.</p>", parent=message)
        message.created_at -= timedelta(days=40)
        answer.created_at -= timedelta(days=30)

    found = await restored(monday, str(plain.id))

    new = monday.world.messages[int(made(monday, found, kinds.UPDATE, message.id))]
    when = message.created_at
    head = f"<p><strong>{author.name}</strong>, {when:%Y-%m-%d %H:%M} UTC:</p>"
    assert f"{head}<p>Came in &amp; weighed.</p>" == new.body
    assert f"{when:%d-%m-%Y}" == new.original_creation_date
    (reply,) = (monday.world.messages[each] for each in new.reply_ids)
    assert f"<p><strong>{author.name}</strong>, {answer.created_at:%Y-%m-%d %H:%M} UTC:</p><p>Good.</p>" == reply.body
    assert f"{answer.created_at:%d-%m-%Y}" == reply.original_creation_date


async def test_a_board_is_made_where_it_was_and_seen_nowhere_else(monday, full_board):
    await restored(monday)

    operations = [seen.operation for seen in monday.sandbox.requests]
    (made_with,) = (seen.variables for seen in monday.sandbox.requests if seen.operation == "CreateBoard")
    assert str(full_board.workspace_id) == made_with["workspace"]
    assert str(full_board.board_folder_id) == made_with["folder"]
    assert "MoveBoard" not in operations


async def test_a_board_and_the_workspace_that_it_lies_in_come_back_together(monday, full_board):
    home = space_id(str(full_board.workspace_id))

    found = await restored(monday, home, str(full_board.id))

    assert {} == said(found)
    board = new_board(monday, found, full_board)
    assert str(board.workspace_id) == made(monday, found, kinds.WORKSPACE, full_board.workspace_id)
    assert str(board.board_folder_id) == made(monday, found, kinds.FOLDER, full_board.board_folder_id)


async def test_a_workspace_comes_back_with_everybody_who_was_in_it_and_those_who_run_it(monday, full_board):
    home = monday.world.workspaces[full_board.workspace_id]
    monday.asked()

    found = await restored(monday, space_id(str(home.id)))

    assert {} == said(found)
    new = monday.world.workspaces[int(made(monday, found, kinds.WORKSPACE, home.id))]
    assert len(home.user_ids) > len(home.owner_ids) > 1
    assert set(home.user_ids) == set(new.user_ids)
    assert set(home.owner_ids) == set(new.owner_ids)
    assert [home.team_ids, home.team_owner_ids] == [new.team_ids, new.team_owner_ids]
    told = [
        (seen.operation, seen.variables["kind"]) for seen in monday.sandbox.requests if "ToWorkspace" in seen.operation
    ]
    assert [
        ("AddUsersToWorkspace", "subscriber"),
        ("AddUsersToWorkspace", "owner"),
        ("AddTeamsToWorkspace", "owner"),
    ] == told


async def test_in_place_whoever_came_into_a_workspace_since_stays(monday, full_board):
    home = monday.world.workspaces[full_board.workspace_id]
    held = await hold(monday)
    with monday.sandbox.editing() as world:
        gone = home.user_ids.pop()
        home.user_ids.append(next(found for found in world.users if found not in {*home.user_ids, gone}))
        came = home.user_ids[-1]

    await carry_out(monday, held, await situation_of(monday, held, held.within(space_id(str(home.id))), Mode.IN_PLACE))

    assert {gone, came} <= set(home.user_ids)


async def test_relations_lead_to_the_restored_items_and_to_those_that_stayed(monday, plain):
    with monday.sandbox.editing() as world:
        owner = monday.sandbox.owner
        tied = {"boardIds": [plain.id], "allowMultipleItems": True}
        columns.add(world, owner, plain, "Next", "board_relation", column_id="next_one", settings=tied)
        outside = {"boardIds": [named(world, "Suppliers").id], "allowCreateReflectionColumn": True}
        columns.add(world, owner, plain, "Supplier", "board_relation", column_id="supplier", settings=outside)
        first, second, third = (world.items[each] for each in plain.item_ids)
        supplier = named(world, "Suppliers").item_ids[0]
        items.change(world, owner, first, {"next_one": {"item_ids": [second.id]}, "supplier": {"item_ids": [supplier]}})
        items.change(world, owner, third, {"next_one": {"item_ids": [first.id]}})

    found = await restored(monday, str(plain.id))

    def linked(item: Item, column: str) -> list[int]:
        return [each["linkedPulseId"] for each in item.values[column]["linkedPulseIds"]]

    board = new_board(monday, found, plain)
    one, two, three = (item_named(monday, board, f"Row {at}") for at in range(3))
    assert [two.id] == linked(one, "next_one")
    assert [one.id] == linked(three, "next_one")
    assert [supplier] == linked(one, "supplier")
    assert [board.id] == board.columns["next_one"].settings["boardIds"]
    assert {} == said(found)
    supplier_column = found.findings[kinds.COLUMN, ExternalId(f"{plain.id}/supplier")]
    assert {"other_settings"} == supplier_column.lost.keys()


async def test_a_board_with_levels_is_restored_into_one_that_a_person_made(monday):
    levels = named(monday.world, "Renovation")
    held = await hold(monday)
    monday.lose(WorkspaceId(str(levels.id)))
    with monday.sandbox.editing() as world:
        empty = boards.create(
            world, monday.sandbox.owner, "Levels", kind="private", empty=True, hierarchy="multi_level"
        )
    selected = held.within(WorkspaceId(str(levels.id)))

    alone = plan(await situation_of(monday, held, selected, Mode.COPY))
    into = {(kinds.BOARD, ExternalId(str(levels.id))): (kinds.BOARD, ExternalId(str(empty.id)))}
    found = await carry_out(monday, held, await situation_of(monday, held, selected, Mode.COPY, into=into))

    reasons = {step.reason for step in alone.steps if step.kind == kinds.BOARD}
    assert ["make an empty one in the app" in reason for reason in reasons] == [True]
    assert 0 == alone.calls
    assert {} == said(found)
    top = item_named(monday, empty, "Shop floor")
    room = monday.world.items[top.subitem_ids[0]]
    assert ["Sand the counter"] == [monday.world.items[each].name for each in room.subitem_ids]


async def test_what_is_archived_comes_back_archived(monday):
    board = named(monday.world, "Season 2025")

    found = await restored(monday, str(board.id))

    assert {} == said(found)
    assert "archived" == new_board(monday, found, board).state


async def test_an_item_that_was_put_away_is_said_to_need_a_person(monday, plain):
    held = await hold(monday)
    with monday.sandbox.editing() as world:
        away = world.items[plain.item_ids[0]]
        items.remove(world, monday.sandbox.owner, away, archive=True)

    found = plan(await situation_of(monday, held, held.within(WorkspaceId(str(plain.id))), Mode.IN_PLACE))

    (step,) = (step for step in found.steps if step.action is Action.CANNOT and step.kind == kinds.ITEM)
    assert str(away.id) == step.external_id
    assert "no request of the app takes it out" in step.reason


async def test_in_place_an_item_goes_back_to_its_group_and_to_what_its_columns_held(monday, full_board):
    world, owner = monday.world, monday.sandbox.owner
    row = world.items[full_board.item_ids[0]]
    before = dict(row.values), row.group_id, row.name
    held = await hold(monday)
    with monday.sandbox.editing():
        other = next(each.id for each in groups.in_order(full_board) if each.id != row.group_id and not each.archived)
        items.move(world, owner, row, other)
        items.change(world, owner, row, {"name": "Other", "text": "", "kilos": "1", "status": None, "paid": None})
        items.change(world, owner, row, {"supplier": None, "after": {"item_ids": [full_board.item_ids[3]]}})

    key = kinds.ITEM, ExternalId(str(row.id))
    found = await carry_out(monday, held, await situation_of(monday, held, frozenset({key}), Mode.IN_PLACE))

    assert {} == said(found)
    assert before[1:] == (row.group_id, row.name)

    def bare(values: dict) -> dict:
        return {
            name: {part: x for part, x in value.items() if part != "changed_at"} if isinstance(value, dict) else value
            for name, value in values.items()
        }

    assert bare(before[0]) == bare(row.values)


async def test_one_lost_item_comes_back_alone_with_its_subitems_files_and_talk(monday, full_board):
    world = monday.world
    held = await hold(monday)
    row = next(world.items[each] for each in full_board.item_ids if world.items[each].subitem_ids)
    before = len(full_board.item_ids)
    with monday.sandbox.editing():
        items.remove(world, monday.sandbox.owner, row, archive=False)
    top = kinds.ITEM, ExternalId(str(row.id))
    selected = {top}
    while more := {
        key
        for key, each in held.records.items()
        if each.parent is not None and (each.parent.kind, each.parent.external_id) in selected and key not in selected
    }:
        selected |= more

    found = await carry_out(monday, held, await situation_of(monday, held, frozenset(selected), Mode.IN_PLACE))

    assert {} == said(found)
    assert before + 1 == len(full_board.item_ids)
    new = world.items[int(made(monday, found, *top))]
    assert (row.name, row.group_id, len(row.subitem_ids)) == (new.name, new.group_id, len(new.subitem_ids))
