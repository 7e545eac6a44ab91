"""Cells: the value that an item has in a column."""

from collections.abc import Mapping
from typing import Any

from connectors.monday.sandbox.changes import files as uploads
from connectors.monday.sandbox.changes import items
from connectors.monday.sandbox.errors import ApiError, no_item
from connectors.monday.sandbox.objects import Item
from connectors.monday.sandbox.resolve.mutations.given import board_of, item_of, unnumbered, values_of
from connectors.monday.sandbox.resolve.table import Context, answers, as_json


def _change(context: Context, board_id: Any, item_id: Any, values: Mapping[str, Any], **how: bool) -> Item:
    board = board_of(context, board_id)
    item = item_of(context, item_id)
    if item.board_id != board.id:
        raise no_item(item.id)
    return items.change(context.world, context.me, item, values, **how)


@answers("Mutation", "change_column_value")
def change_column_value(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    value: Any,
    item_id: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set a value given as JSON."""
    values = {column_id: as_json(value)}
    return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing))


@answers("Mutation", "change_simple_column_value")
def change_simple_column_value(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    item_id: Any = None,
    value: str | None = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set a value given as text."""
    values = {column_id: value or ""}
    return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing), simple=True)


@answers("Mutation", "change_multiple_column_values")
def change_multiple_column_values(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_values: Any,
    item_id: Any = None,
    create_labels_if_missing: bool | None = None,
) -> Item:
    """Set several values at once."""
    values = values_of(column_values)
    try:
        return _change(context, board_id, item_id, values, make_labels=bool(create_labels_if_missing))
    except ApiError as error:
        error.data = unnumbered(error.data)
        raise


@answers("Mutation", "update_assets_on_item")
def update_assets_on_item(
    _: None, context: Context, *, board_id: Any, item_id: Any, column_id: str, files: Any
) -> Item:
    """Say what files a cell holds."""
    board_of(context, board_id)
    return uploads.add(context.world, context.me, item_of(context, item_id), column_id, files)
