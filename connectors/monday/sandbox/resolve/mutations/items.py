"""Items and subitems: made, copied, moved and thrown away."""

from collections.abc import Mapping
from typing import Any

from connectors.monday.sandbox.changes import items
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Board, Item
from connectors.monday.sandbox.resolve.mutations.given import (
    board_of,
    id_of,
    item_of,
    sure_board,
    unnumbered,
    values_of,
)
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Mutation", "create_item")
def create_item(
    _: None,
    context: Context,
    *,
    board_id: Any,
    item_name: str,
    group_id: str | None = None,
    column_values: Any = None,
    create_labels_if_missing: bool | None = None,
    **_more: Any,
) -> Item:
    """Make an item."""
    board = board_of(context, board_id)
    values = _untied(board, values_of(column_values))
    return items.create(
        context.world,
        context.me,
        board,
        item_name,
        group_id=group_id,
        values=values,
        make_labels=bool(create_labels_if_missing),
    )


def _untied(board: Board, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave relations out of what a new item gets: the app drops them without a word, as people have measured."""
    tying = {column.id for column in board.columns.values() if column.type == "board_relation"}
    return {column_id: value for column_id, value in values.items() if column_id not in tying}


@answers("Mutation", "create_subitem")
def create_subitem(
    _: None,
    context: Context,
    *,
    parent_item_id: Any,
    item_name: str,
    column_values: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Make an item below another."""
    try:
        parent, values = item_of(context, parent_item_id), values_of(column_values)
    except ApiError as error:
        error.data = unnumbered(error.data)
        raise
    make = bool(create_labels_if_missing)
    return items.create_subitem(context.world, context.me, parent, item_name, values=values, make_labels=make)


@answers("Mutation", "duplicate_item")
def duplicate_item(
    _: None,
    context: Context,
    *,
    board_id: Any,
    item_id: Any = None,
    with_updates: bool | None = None,
) -> Item:
    """Copy an item."""
    board = sure_board(context, board_id)
    try:
        source = item_of(context, item_id)
    except ApiError as error:
        error.data = id_of(item_id)
        raise
    name = f"{source.name} (copy)"
    return items.copy(context.world, context.me, source, board=board, with_updates=bool(with_updates), name=name)


@answers("Mutation", "move_item_to_group")
def move_item_to_group(_: None, context: Context, *, group_id: str, item_id: Any = None) -> Item:
    """Move an item."""
    return items.move(context.world, context.me, item_of(context, item_id), group_id)


@answers("Mutation", "archive_item")
def archive_item(_: None, context: Context, *, item_id: Any = None) -> Item:
    """Put an item away."""
    return items.remove(context.world, context.me, item_of(context, item_id), archive=True)


@answers("Mutation", "delete_item")
def delete_item(_: None, context: Context, *, item_id: Any = None) -> Item:
    """Throw an item away."""
    return items.remove(context.world, context.me, item_of(context, item_id), archive=False)
