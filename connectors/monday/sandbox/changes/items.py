"""Items and subitems, and what their columns hold."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from connectors.monday.sandbox.changes import boards, columns, groups, updates
from connectors.monday.sandbox.columns import KINDS
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Board, Item, User
from connectors.monday.sandbox.world import World

NAME_CHARS = 255


def create(
    world: World,
    user: User,
    board: Board,
    name: str,
    *,
    group_id: str | None = None,
    values: Mapping[str, Any] | None = None,
    make_labels: bool = False,
    parent: Item | None = None,
) -> Item:
    """Make an item at the end of a group, or below another item."""
    _check_name(name)
    if len(board.item_ids) >= board.items_limit:
        raise ApiError("ItemsLimitationException", "The board has reached its items limit", data={"board_id": board.id})
    group = groups.find(board, group_id) if group_id is not None else groups.in_order(board)[0]
    now = world.now()
    board.last_number += 1
    made = Item(
        id=world.ids.number("pulse"),
        name=name,
        board_id=board.id,
        group_id=group.id,
        creator_id=user.id,
        created_at=now,
        updated_at=now,
        indexed_at=now,
        parent_id=parent.id if parent is not None else None,
        number=board.last_number,
        subscriber_ids=[user.id],
    )
    # As recorded: what is given for a column that the board has not is dropped without a word.
    known = {column_id: value for column_id, value in (values or {}).items() if column_id in board.columns}
    taken = _taken(world, board, known, make_labels=make_labels)
    made.values = {column_id: value for column_id, value in taken.items() if value is not None}
    world.items[made.id] = made
    board.item_ids.append(made.id)
    if parent is not None:
        parent.subitem_ids.append(made.id)
        world.touch(parent)
    data = {
        "group_id": group.id,
        "group_name": group.title,
        "group_color": group.color,
        "is_top_group": groups.in_order(board)[0] is group,
        "pulse_id": made.id,
        "pulse_name": name,
        "column_values_json": orjson.dumps(made.values).decode(),
    }
    world.log(board, "create_pulse", data, user)
    world.tell("create_item" if parent is None else "create_subitem", {"board": board, "user": user, "item": made})
    return made


def create_subitem(
    world: World,
    user: User,
    parent: Item,
    name: str,
    *,
    values: Mapping[str, Any] | None = None,
    make_labels: bool = False,
) -> Item:
    """Make a subitem: on the board itself where that has levels, else on its hidden board."""
    board = world.boards[parent.board_id]
    if board.hierarchy_type == "multi_level":
        return create(
            world, user, board, name, group_id=parent.group_id, values=values, make_labels=make_labels, parent=parent
        )
    if board.type == "sub_items_board":
        raise ApiError("InvalidParentItemException", "Subitems of subitems are not supported", data={})
    hidden = boards.subitem_board(world, user, board)
    return create(world, user, hidden, name, values=values, make_labels=make_labels, parent=parent)


def rename(world: World, user: User, item: Item, name: str) -> None:
    """Give an item another name."""
    _check_name(name)
    data = {
        "group_id": item.group_id,
        "pulse_id": item.id,
        "value": {"name": name},
        "previous_value": {"name": item.name},
    }
    item.name = name
    world.touch(item)
    board = world.boards[item.board_id]
    world.log(board, "update_name", data, user)
    event = "change_name" if item.parent_id is None else "change_subitem_name"
    world.tell(event, {"board": board, "user": user, "item": item, **data})


def change(
    world: World, user: User, item: Item, values: Mapping[str, Any], *, make_labels: bool = False, simple: bool = False
) -> Item:
    """Set what columns hold: all that is given, or nothing where one of it does not fit."""
    board = world.boards[item.board_id]
    given = dict(values)
    name = given.pop("name", None)
    taken = _taken(world, board, given, make_labels=make_labels, simple=simple)
    if name is not None:
        rename(world, user, item, str(name))
    for column_id, value in taken.items():
        keep(world, user, item, column_id, value)
    return item


def keep(world: World, user: User, item: Item, column_id: str, value: Any) -> None:
    """Put a value into a column as it is kept, and tell of it."""
    before = item.values.pop(column_id, None)
    if value is not None:
        item.values[column_id] = value
    world.touch(item)
    board = world.boards[item.board_id]
    column = board.columns[column_id]
    data = {
        "group_id": item.group_id,
        "pulse_id": item.id,
        "pulse_name": item.name,
        "is_top_group": True,
        "column_id": column_id,
        "column_type": column.type,
        "column_title": column.title,
        "value": value,
        "previous_value": before,
    }
    world.log(board, "update_column_value", data, user)
    event = "change_column_value" if item.parent_id is None else "change_subitem_column_value"
    world.tell(event, {"board": board, "user": user, "item": item, "column": column, **data})


def move(world: World, user: User, item: Item, group_id: str) -> Item:
    """Move an item to another group of its board."""
    board = world.boards[item.board_id]
    group = groups.find(board, group_id)
    source = {"group_id": item.group_id, "pulse_id": item.id, "pulse_name": item.name}
    world.log(board, "move_pulse_from_group", source, user)
    item.group_id = group.id
    world.touch(item)
    board.item_ids.remove(item.id)
    board.item_ids.append(item.id)
    world.log(board, "move_pulse_into_group", {**source, "group_id": group.id}, user)
    world.tell("item_moved_to_any_group", {"board": board, "user": user, "item": item, "group": group})
    return item


def move_to_board(world: World, user: User, item: Item, board: Board, group_id: str) -> Item:
    """Move an item to another board, its subitems too; values stay where that board has a column of the same id."""
    source, group = world.boards[item.board_id], groups.find(board, group_id)
    data = {"group_id": item.group_id, "pulse_id": item.id, "pulse_name": item.name}
    world.log(source, "move_pulse_from_board", {**data, "dest_board_id": board.id}, user)
    source.item_ids.remove(item.id)
    board.item_ids.append(item.id)
    item.board_id, item.group_id = board.id, group.id
    item.values = {name: value for name, value in item.values.items() if name in board.columns}
    world.touch(item)
    world.log(board, "move_pulse_into_board", {**data, "group_id": group.id, "source_board_id": source.id}, user)
    for subitem in [world.items[found] for found in item.subitem_ids]:
        below = boards.subitem_board(world, user, board)
        move_to_board(world, user, subitem, below, next(iter(below.groups)))
    return item


def remove(world: World, user: User, item: Item, *, archive: bool, as_part_of_group: bool = False) -> Item:
    """Put an item away or throw it away, its subitems too."""
    board = world.boards[item.board_id]
    item.state = "archived" if archive else "deleted"
    world.touch(item)
    if not archive:
        world.deleted_at[item.id] = world.now()
    event = ("archive" if archive else "delete") + ("_group_pulse" if as_part_of_group else "_pulse")
    world.log(board, event, {"group_id": item.group_id, "pulse_id": item.id, "pulse_name": item.name}, user)
    told = ("item" if item.parent_id is None else "subitem") + ("_archived" if archive else "_deleted")
    world.tell(told, {"board": board, "user": user, "item": item})
    for subitem in [world.items[found] for found in item.subitem_ids]:
        if subitem.state == "active":
            remove(world, user, subitem, archive=archive)
    return item


def restore(world: World, user: User, item: Item) -> Item:
    """Bring an item back from the archive or the trash, as a person can by hand and no request can."""
    board = world.boards[item.board_id]
    item.state = "active"
    world.deleted_at.pop(item.id, None)
    world.touch(item)
    world.log(board, "restore_pulse", {"pulse_id": item.id, "pulse_name": item.name}, user)
    world.tell("item_restored", {"board": board, "user": user, "item": item})
    return item


def copy(
    world: World,
    user: User,
    item: Item,
    *,
    board: Board,
    group_id: str | None = None,
    with_updates: bool = False,
    name: str | None = None,
) -> Item:
    """Copy an item; its subitems stay behind."""
    made = create(world, user, board, name or item.name, group_id=group_id or item.group_id)
    made.values = {name: value for name, value in item.values.items() if name in board.columns}
    if with_updates:
        for found in [world.messages[message_id] for message_id in world.messages_of[item.id]]:
            updates.create(world, user, made, found.body)
    return made


def _taken(
    world: World, board: Board, values: Mapping[str, Any], *, make_labels: bool, simple: bool = False
) -> dict[str, Any]:
    taken = {}
    for column_id, given in values.items():
        column = columns.find(board, column_id)
        kind = KINDS.get(column.type, KINDS["unsupported"])
        take = kind.take_text if simple else kind.take
        taken[column_id] = take(world, column, given, make_labels=make_labels)
    return taken


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_CHARS:
        text = f"The item name must have 1 to {NAME_CHARS} characters"
        raise ApiError("ItemNameTooLongException", text, HTTPStatus.BAD_REQUEST)
