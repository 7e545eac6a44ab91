"""Columns of boards."""

import re

import orjson

from connectors.monday.sandbox.columns.choices import DEFAULT_LABELS
from connectors.monday.sandbox.errors import ApiError, no_column
from connectors.monday.sandbox.objects import Board, Column, Json, User
from connectors.monday.sandbox.world import World

_CHOSEN = re.compile(r"[a-z_]{1,20}")
"""What an id that a client chooses is made of; the app's own have digits, too."""


def add(
    world: World,
    user: User,
    board: Board,
    title: str,
    column_type: str,
    *,
    column_id: str | None = None,
    description: str | None = None,
    settings: Json | None = None,
    after: str | None = None,
    function: str | None = None,
) -> Column:
    """Make a column, at the end or after another one."""
    made_id = column_id or world.ids.column(column_type)
    if made_id in board.used_column_ids:
        raise ApiError("InvalidColumnIdException", "A column with this ID already exists", data={"column_id": made_id})
    if settings is None and column_type == "status":
        settings = {"labels": orjson.loads(orjson.dumps(DEFAULT_LABELS))}
    made = Column(
        id=made_id, title=title, type=column_type, description=description, settings=settings or {}, function=function
    )
    if column_type in {"status", "dropdown"}:
        # The app numbers labels itself where a client does not.
        for position, label in enumerate(made.settings.setdefault("labels", [])):
            label.setdefault("id", label.get("index", position + 1))
    board.columns[made_id] = made
    board.used_column_ids.add(made_id)
    if after is not None and after in board.columns:
        _place_after(board, made, after)
    data = {"column_id": made_id, "column_title": title, "column_type": column_type}
    world.log(board, "create_column", data, user, entity="board")
    world.tell("create_column", {"board": board, "user": user, "column": made})
    return made


def check_chosen(column_id: str) -> None:
    """Check an id that a client chose."""
    if not _CHOSEN.fullmatch(column_id):
        text = "Column ID can have up to 20 lowercase letters and underscores"
        raise ApiError("InvalidColumnIdException", text, data={"column_id": column_id})


def find(board: Board, column_id: str) -> Column:
    """Find a column to change."""
    found = board.columns.get(column_id)
    if found is None or found.archived:
        raise no_column(column_id, board.id)
    return found


def update(
    world: World,
    user: User,
    board: Board,
    column: Column,
    *,
    title: str | None = None,
    description: str | None = None,
    width: int | None = None,
    settings: Json | None = None,
    revision: str | None = None,
    function: str | None = None,
) -> Column:
    """Change a column; a revision that is not the last one is refused."""
    if revision is not None and revision != str(column.revision):
        raise ApiError("ColumnRevisionMismatch", "The column was changed by someone else", 409)
    if title is not None and title != column.title:
        data = {"column_id": column.id, "previous_value": column.title, "value": title}
        column.title = title
        world.log(board, "update_column_name", data, user, entity="board")
    if description is not None:
        column.description = description
    if width is not None:
        column.width = width
    if function is not None:
        column.function = function
    if settings is not None:
        column.settings = settings
        world.log(board, "change_column_settings", {"column_id": column.id}, user, entity="board")
    column.revision += 1
    return column


def delete(world: World, user: User, board: Board, column: Column) -> Column:
    """Throw a column away, with what it holds."""
    del board.columns[column.id]
    for item_id in board.item_ids:
        world.items[item_id].values.pop(column.id, None)
    data = {"column_id": column.id, "column_title": column.title, "column_type": column.type}
    world.log(board, "delete_column", data, user, entity="board")
    return column


def _place_after(board: Board, column: Column, after: str) -> None:
    rest = [found for found in board.columns.values() if found is not column]
    at = [found.id for found in rest].index(after) + 1
    board.columns = {found.id: found for found in (*rest[:at], column, *rest[at:])}
