"""Columns: made, changed and deleted."""

from typing import Any

from connectors.monday.sandbox.changes import boards, columns
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Board, Column, Json
from connectors.monday.sandbox.resolve.mutations.given import board_of, sure_board
from connectors.monday.sandbox.resolve.table import Context, answers, as_json


def _create_column(context: Context, board_id: Any, title: str, column_type: str, **more: Any) -> Column:
    settings = as_json(more.get("defaults"))
    board = board_of(context, board_id)
    if more.get("id") is not None:
        columns.check_chosen(more["id"])
    if column_type == "subtasks":
        return _create_subtasks(context, board, title, more.get("id"))
    return columns.add(
        context.world,
        context.me,
        board,
        title,
        column_type,
        column_id=more.get("id"),
        description=more.get("description"),
        settings=settings if isinstance(settings, dict) else None,
        after=more.get("after_column_id"),
        function=_function(more.get("capabilities")),
    )


def _create_subtasks(context: Context, board: Board, title: str, column_id: str | None) -> Column:
    """Make the column of the subitems, and their board; accounts are told that this is not supported yet, too."""
    if not context.world.makes_subtasks:
        raise ApiError("InvalidArgumentException", "Creating a column of type subtasks is not supported yet")
    if board.subitem_board_id is not None or board.hierarchy_type == "multi_level":
        raise ApiError("InvalidArgumentException", "The board has a subitems column")
    boards.create_subitem_board(context.world, context.me, board, title=title, column_id=column_id)
    return next(column for column in board.columns.values() if column.type == "subtasks")


def _function(capabilities: Json | None) -> str | None:
    calculated = (capabilities or {}).get("calculated") or {}
    return calculated.get("function")


@answers("Mutation", "create_column")
def create_column(_: None, context: Context, *, board_id: Any, title: str, column_type: str, **more: Any) -> Column:
    """Make a column; `defaults` are its settings."""
    return _create_column(context, board_id, title, column_type, **more)


@answers("Mutation", "create_status_column")
def create_status_column(_: None, context: Context, *, board_id: Any, title: str, **more: Any) -> Column:
    """Make a status column."""
    return _create_column(context, board_id, title, "status", **more)


@answers("Mutation", "create_dropdown_column")
def create_dropdown_column(_: None, context: Context, *, board_id: Any, title: str, **more: Any) -> Column:
    """Make a dropdown column."""
    return _create_column(context, board_id, title, "dropdown", **more)


@answers("Mutation", "update_column")
def update_column(
    _: None,
    context: Context,
    *,
    board_id: Any,
    id: str,  # noqa: A002
    revision: str,
    column_type: str,  # noqa: ARG001 - the column has one
    title: str | None = None,
    description: str | None = None,
    width: int | None = None,
    settings: Any = None,
    capabilities: Json | None = None,
) -> Column:
    """Change a column that nobody else has changed since."""
    board, given = board_of(context, board_id), as_json(settings)
    return columns.update(
        context.world,
        context.me,
        board,
        columns.find(board, id),
        title=title,
        description=description,
        width=width,
        settings=given if isinstance(given, dict) else None,
        revision=revision,
        function=_function(capabilities),
    )


@answers("Mutation", "change_column_title")
def change_column_title(_: None, context: Context, *, board_id: Any, column_id: str, title: str) -> Column:
    """Give a column another title."""
    board = sure_board(context, board_id)
    return columns.update(context.world, context.me, board, columns.find(board, column_id), title=title)


@answers("Mutation", "change_column_metadata")
def change_column_metadata(
    _: None,
    context: Context,
    *,
    board_id: Any,
    column_id: str,
    column_property: str | None = None,
    value: str | None = None,
) -> Column:
    """Change a column's title or description."""
    board = sure_board(context, board_id)
    column = columns.find(board, column_id)
    if column_property == "description":
        return columns.update(context.world, context.me, board, column, description=value)
    return columns.update(context.world, context.me, board, column, title=value)


@answers("Mutation", "delete_column")
def delete_column(_: None, context: Context, *, board_id: Any, column_id: str) -> Column:
    """Throw a column away."""
    board = board_of(context, board_id)
    return columns.delete(context.world, context.me, board, columns.find(board, column_id))
