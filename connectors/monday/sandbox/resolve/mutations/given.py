"""Given: what the arguments of mutations name, found or refused as the app does."""

from collections.abc import Mapping
from typing import Any

from connectors.monday.sandbox.errors import ApiError, InternalError, no_item, unauthorized
from connectors.monday.sandbox.objects import Board, Item
from connectors.monday.sandbox.resolve.table import Context, as_json


def id_of(given: Any) -> int:
    """Read an id; text that is none breaks the app, as seen in its recorded answers."""
    if not str(given).isdigit():
        raise InternalError
    return int(given)


def optional_id(given: Any) -> int | None:
    """Read an id that may be left out."""
    return None if given is None else id_of(given)


def board_of(context: Context, given: Any) -> Board:
    """Find a board that one may see; refused in the app's usual words."""
    return context.world.board(id_of(given), context.me)


def sure_board(context: Context, given: Any) -> Board:
    """Find a board; that there is none breaks the app, as seen in its recorded answers."""
    if id_of(given) not in context.world.boards:
        raise InternalError
    return board_of(context, given)


def own_board(context: Context, given: Any) -> Board:
    """Find a board; that there is none is told as if it were not allowed."""
    board_id = id_of(given)
    found = context.world.boards.get(board_id)
    if found is None or found.state == "deleted" or not context.world.sees(context.me, found):
        raise unauthorized()
    return found


def item_of(context: Context, given: Any) -> Item:
    """Find an item that one may see; refused in the app's usual words."""
    if given is None:
        raise no_item(None)
    return context.world.item(id_of(given), context.me)


def sure_item(context: Context, given: Any) -> Item:
    """Find an item; that there is none breaks the app, as seen in its recorded answers."""
    if id_of(given) not in context.world.items:
        raise InternalError
    return item_of(context, given)


def unnumbered(data: Any) -> Any:
    """Leave the numbers out of an error's data, as some mutations do."""
    return {name: None if isinstance(value, int) else value for name, value in data.items()}


def values_of(given: Any) -> Mapping[str, Any]:
    """Read `column_values`, as text or as it is."""
    found = as_json(given)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ApiError("JsonParseException", "column_values is not a JSON object", 400)
    return found
