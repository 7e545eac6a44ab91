"""What is read equals what the app has: every kind, every state, every value."""

import json

import pytest

from connectors.base import Complete, File, FullReason, Ledger, Workspace
from connectors.monday import kinds
from connectors.monday.kinds import KINDS
from connectors.monday.sandbox.changes import items, people
from connectors.monday.sandbox.storage import pieces
from connectors.monday.split import space_id
from store.record import FILE_KIND
from tests.contract.connector import read
from tests.contract.monday.conftest import named


def held(seen, kind):
    return {key[2]: record for key, record in seen.records.items() if key[1] == kind}


def living(world):
    """The items that a backup has: those of boards that are there, active or archived."""
    boards = {board.id for board in world.boards.values() if board.state != "deleted"}
    return [item for item in world.items.values() if item.state != "deleted" and item.board_id in boards]


async def test_every_item_is_held_with_its_state_and_below_what_it_lies_in(monday, world):
    seen = await read(monday)

    expected = {str(item.id): item for item in living(world)}
    found = held(seen, kinds.ITEM) | held(seen, kinds.SUBITEM)
    assert expected.keys() == found.keys()
    for item_id, record in found.items():
        item = expected[item_id]
        assert (item.name, item.state) == (record.content["name"], record.content["state"])
        assert (kinds.SUBITEM if item.parent_id else kinds.ITEM) == record.kind
        parent = str(item.parent_id) if item.parent_id else f"{item.board_id}/{item.group_id}"
        assert parent == record.parent.external_id
    assert {"active", "archived"} == {record.content["state"] for record in found.values()}


async def test_subitems_are_in_the_workspace_of_the_board_above(monday, world, full_board):
    seen = await read(monday)

    hidden = str(full_board.subitem_board_id)
    assert hidden not in {item.workspace_id for item in seen.of(Workspace)}
    assert {key[0] for key in seen.records if key[1] == kinds.SUBITEM_COLUMN} == {str(full_board.id)}
    columns = set(held(seen, kinds.SUBITEM_COLUMN))
    assert {f"{hidden}/{name}" for name in world.boards[int(hidden)].columns} == columns


async def test_levels_are_read_to_the_bottom(monday, world):
    seen = await read(monday)

    board = named(world, "Renovation")
    found = [record for key, record in seen.records.items() if key[0] == str(board.id) and key[1] == kinds.SUBITEM]
    assert {kinds.ITEM, kinds.SUBITEM} == {record.parent.kind for record in found}


async def test_values_are_kept_by_column_and_empty_ones_left_out(monday, world, full_board):
    seen = await read(monday)

    item = world.items[full_board.item_ids[0]]
    values = held(seen, kinds.ITEM)[str(item.id)].content["column_values"]
    assert item.values.keys() <= values.keys()
    assert {column_id: item.values[column_id] for column_id in ("status", "due", "text", "kilos")} == {
        column_id: values[column_id]["value"] for column_id in ("status", "due", "text", "kilos")
    }
    assert [str(item.values["supplier"]["linkedPulseIds"][0]["linkedPulseId"])] == values["supplier"]["linked_item_ids"]
    assert values["standing_of"]["display_value"]
    assert values["total"]["display_value"]
    bare = next(record for record in held(seen, kinds.ITEM).values() if record.content["name"] == "Label 1")
    assert {"copies"} == bare.content["column_values"].keys()


async def test_a_new_column_changes_no_item(monday, world, full_board):
    first = await read(monday)
    with monday.sandbox.editing():
        from connectors.monday.sandbox.changes import columns

        columns.add(world, monday.sandbox.owner, full_board, "Another", "text", column_id="another")
    second = await read(monday, full=FullReason.ASKED)

    assert held(first, kinds.ITEM) == held(second, kinds.ITEM)


async def test_every_type_of_value_is_read(monday, world):
    seen = await read(monday)

    types = {
        value["type"]
        for kind in (kinds.ITEM, kinds.SUBITEM)
        for record in held(seen, kind).values()
        for value in record.content["column_values"].values()
    }
    # A button holds nothing; the other two are made up of what is read itself.
    on_boards = {column.type for board in world.boards.values() for column in board.columns.values()}
    assert {"button", "name", "subtasks"} == on_boards - types


async def test_updates_and_replies_are_the_app_s(monday, world):
    seen = await read(monday)

    updates = {str(each.id): each for each in world.messages.values() if each.parent_id is None}
    replies = {str(each.id): each for each in world.messages.values() if each.parent_id is not None}
    assert updates.keys() == held(seen, kinds.UPDATE).keys()
    assert replies.keys() == held(seen, kinds.REPLY).keys()
    for key, record in {**held(seen, kinds.UPDATE), **held(seen, kinds.REPLY)}.items():
        assert {**updates, **replies}[key].body == record.content["body"]
    assert any(record.content["likes"] for record in held(seen, kinds.REPLY).values())
    assert any(record.content["pinned_to_top"] for record in held(seen, kinds.UPDATE).values())


async def test_assets_and_their_bytes_are_the_app_s(monday, world):
    seen = await read(monday)

    assert {str(found) for found in world.assets} == held(seen, kinds.ASSET).keys() == seen.files.keys()
    for file in list(seen.files.values())[::5]:
        async with file.open() as stream:
            found = b"".join([piece async for piece in stream])
        assert b"".join(pieces(world.assets[int(file.external_id)])) == found
    parents = {record.parent.kind for record in held(seen, kinds.ASSET).values()}
    assert {kinds.ITEM, kinds.SUBITEM, kinds.UPDATE, kinds.REPLY} == parents


async def test_an_upload_that_an_item_shows_for_its_update_belongs_to_the_update(monday, world):
    seen = await read(monday)

    for message in world.messages.values():
        for asset_id in message.asset_ids:
            assert str(message.id) == held(seen, kinds.ASSET)[str(asset_id)].parent.external_id


async def test_addresses_of_files_are_asked_for_together(monday, world):
    seen = await read(monday)
    monday.asked()

    for file in seen.files.values():
        async with file.open() as stream:
            async for _ in stream:
                pass

    assert ["AssetAddresses"] == monday.asked()
    assert len(world.assets) == len(monday.sandbox.services.downloads)


async def test_documents_their_blocks_and_the_descriptions_of_items(monday, world):
    seen = await read(monday)

    listed = {str(doc.id) for doc in world.docs.values() if doc.item_id is None}
    blocks = {block.id: block for doc in world.docs.values() for block in doc.blocks.values()}
    assert listed == held(seen, kinds.DOC).keys()
    assert blocks.keys() == held(seen, kinds.DOC_BLOCK).keys()
    for key, record in held(seen, kinds.DOC_BLOCK).items():
        assert blocks[key].content == record.content["content"]
    assert {kinds.DOC, kinds.ITEM} == {record.parent.kind for record in held(seen, kinds.DOC_BLOCK).values()}


async def test_the_log_is_the_app_s(monday, world):
    seen = await read(monday)

    listed = {
        entry.id: entry
        for board in world.boards.values()
        if board.state != "deleted"
        for entry in world.activities[board.id]
    }
    assert listed.keys() == held(seen, kinds.ACTIVITY).keys()
    for key, record in held(seen, kinds.ACTIVITY).items():
        assert json.loads(listed[key].data) == record.content["data"]
        assert abs(listed[key].when - record.changed_at).total_seconds() < 1


async def test_people_teams_tags_and_the_account(monday, world):
    seen = await read(monday)

    assert {str(user.id) for user in world.users.values()} == held(seen, kinds.USER).keys()
    assert "INACTIVE" in {record.content["status"] for record in held(seen, kinds.USER).values()}
    assert {str(team.id) for team in world.teams.values()} == held(seen, kinds.TEAM).keys()
    assert {str(tag.id) for tag in world.tags.values()} == held(seen, kinds.TAG).keys()
    own = named(world, "Renovation")
    assert {str(own.tag_ids[0]): str(own.id)} == {
        key[2]: key[0] for key in seen.records if key[1] == kinds.TAG and key[0]
    }
    assert {str(world.account_id)} == held(seen, kinds.ACCOUNT).keys()


async def test_boards_of_every_kind_and_state_but_deleted_ones(monday, world):
    seen = await read(monday)

    boards = {
        str(each.id): each for each in world.boards.values() if each.state != "deleted" and not each.parent_board_id
    }
    records = held(seen, kinds.BOARD)
    assert boards.keys() == records.keys()
    assert {"public", "private", "share"} == {record.content["board_kind"] for record in records.values()}
    assert {"classic", "multi_level"} == {record.content["hierarchy_type"] for record in records.values()}
    assert {"active", "archived"} == {record.content["state"] for record in records.values()}
    groups = {f"{each.id}/{group}" for each in boards.values() for group in each.groups}
    assert groups == held(seen, kinds.GROUP).keys()
    columns = {f"{each.id}/{column}" for each in boards.values() for column in each.columns}
    assert columns == held(seen, kinds.COLUMN).keys()
    assert {str(view) for each in boards.values() for view in each.views} == held(seen, kinds.VIEW).keys()


async def test_the_main_workspace_is_where_boards_lie_that_name_none(monday, world):
    seen = await read(monday)

    main = next(each for each in world.workspaces.values() if each.is_default_workspace)
    where = {item.workspace_id: item.parent_workspace_id for item in seen.of(Workspace)}
    assert space_id(str(main.id)) == where[str(named(world, "Season 2025").id)]
    assert None is where[space_id(str(main.id))]


async def test_everything_but_the_log_is_listed_whole(monday, full_board):
    seen = await read(monday)

    complete = {item.workspace_id: item.kinds for item in seen.of(Complete)}
    board = complete[str(full_board.id)]
    assert {kinds.ACTIVITY, kinds.ACCOUNT, kinds.USER, kinds.TEAM, kinds.WORKSPACE, kinds.FOLDER, kinds.DOC} == (
        KINDS.keys() - board
    )
    assert {kinds.ACCOUNT, kinds.USER, kinds.TEAM, kinds.TAG} <= complete[""]
    assert [] == seen.warnings


async def test_what_the_app_counts_is_what_is_found(monday):
    seen = await read(monday)

    for entry in seen.of(Ledger):
        found = {
            kind: sum(key[:2] == (entry.workspace_id, kind) for key in seen.records)
            for kind in (kinds.ITEM, kinds.SUBITEM)
        }
        assert dict(entry.claimed) == {kind: count for kind, count in found.items() if kind in entry.claimed}
    assert sum(bool(entry.claimed) for entry in seen.of(Ledger)) == 5


async def test_parents_are_there(monday):
    seen = await read(monday)

    known = {(kind, external_id) for _, kind, external_id in seen.records}
    known |= {(FILE_KIND, external_id) for external_id in seen.files}
    parents = {(record.parent.kind, record.parent.external_id) for record in seen.records.values() if record.parent}
    parents |= {(file.parent.kind, file.parent.external_id) for file in seen.of(File)}
    assert set() == parents - known


async def test_an_item_archived_before_the_first_backup_is_found_by_the_log(monday, world):
    board = named(world, "Suppliers")
    with monday.sandbox.editing():
        away = items.create(world, monday.sandbox.owner, board, "Long gone")
        items.remove(world, monday.sandbox.owner, away, archive=True)

    seen = await read(monday)

    assert "archived" == held(seen, kinds.ITEM)[str(away.id)].content["state"]


def crowd(monday, count):
    """Let so many more into a workspace; returns it."""
    with monday.sandbox.editing() as world:
        space = next(each for each in world.workspaces.values() if each.name == "Roastery")
        more = [people.join(world, f"Person {at}", f"{at}@quayside.example").id for at in range(count)]
        people.enter(more, space.user_ids)
    return space


async def test_everybody_in_a_workspace_is_read_where_the_listing_gives_only_the_first(monday):
    few = {record.external_id: record.content for record in held(await read(monday), kinds.WORKSPACE).values()}
    monday.asked()

    space = crowd(monday, 620)
    spaces = held(await read(monday), kinds.WORKSPACE)

    found = spaces[str(space.id)].content
    assert {str(each) for each in space.user_ids} == {each["id"] for each in found["users_subscribers"]}
    assert len(space.user_ids) == len(found["users_subscribers"])
    for name in ("owners_subscribers", "teams_subscribers", "team_owners_subscribers"):
        assert few[str(space.id)][name] == found[name]
    # Of the others nothing more is asked: two pages, and one that is empty.
    assert 3 == monday.asked().count("Members")


@pytest.mark.parametrize("field", ["", "Workspace.users_subscribers"])
async def test_whoever_cannot_be_listed_to_the_end_is_not_known(monday, field):
    space = crowd(monday, 120)
    fault = {"kind": "field", "field_name": field} if field else {"kind": "internal"}
    monday.sandbox.fail(fault.pop("kind"), r'"query":"query Members', times=None, **fault)

    seen = await read(monday)

    content = held(seen, kinds.WORKSPACE)[str(space.id)].content
    lost = {name for name in ("owners_subscribers", "users_subscribers") if content[name] is None}
    assert ({"users_subscribers"} if field else {"owners_subscribers", "users_subscribers"}) == lost
    assert f"workspace/{space.id}/users_subscribers" in {x.where for x in seen.warnings if x.code == "FORBIDDEN"}
