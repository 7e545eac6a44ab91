"""Rules: which items a query asks for, and in which order."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from connectors.monday.sandbox.columns import KINDS
from connectors.monday.sandbox.columns.kind import Cell
from connectors.monday.sandbox.errors import ApiError, no_column
from connectors.monday.sandbox.objects import Board, Item, Json
from connectors.monday.sandbox.stamps import parse_stamp
from connectors.monday.sandbox.world import World

LAST_UPDATED, CREATED = "__last_updated__", "__creation_log__"
_TIMES = frozenset({LAST_UPDATED, CREATED})
Test = Callable[[Any, list[Any]], bool]

_OPERATORS: dict[str, Test] = {
    "any_of": lambda held, given: held in given,
    "not_any_of": lambda held, given: held not in given,
    "is_empty": lambda held, _: not held,
    "is_not_empty": lambda held, _: bool(held),
    "greater_than": lambda held, given: held > given[0],
    "greater_than_or_equals": lambda held, given: held >= given[0],
    "lower_than": lambda held, given: held < given[0],
    "lower_than_or_equal": lambda held, given: held <= given[0],
    "between": lambda held, given: given[0] <= held <= given[1],
    "contains_text": lambda held, given: str(given[0]).lower() in str(held).lower(),
    "not_contains_text": lambda held, given: str(given[0]).lower() not in str(held).lower(),
    "starts_with": lambda held, given: str(held).lower().startswith(str(given[0]).lower()),
    "ends_with": lambda held, given: str(held).lower().endswith(str(given[0]).lower()),
}


def select(world: World, board: Board, items: Sequence[Item], query: Json | None) -> list[Item]:
    """Return the items that fit a query, in its order; in the board's where it names none."""
    query = query or {}
    wanted = None if query.get("ids") is None else {int(found) for found in query["ids"]}
    found = [item for item in items if (wanted is None or item.id in wanted) and _fits(world, board, item, query)]
    for order in reversed(query.get("order_by") or ()):
        key = _key(world, board, order["column_id"])
        found.sort(key=key, reverse=order.get("direction", "asc") == "desc")
    return found


def by_column_values(world: World, board: Board, items: Sequence[Item], columns: Sequence[Json]) -> list[Item]:
    """Return the items that have one of the given texts in each column."""
    return [
        item
        for item in items
        if all(str(_held(world, board, item, rule["column_id"])) in rule["column_values"] for rule in columns)
    ]


def _fits(world: World, board: Board, item: Item, group: Json) -> bool:
    tests = [_holds(world, board, item, rule) for rule in group.get("rules") or ()]
    tests += [_fits(world, board, item, inner) for inner in group.get("groups") or ()]
    if not tests:
        return True
    return any(tests) if group.get("operator", "and") == "or" else all(tests)


def _holds(world: World, board: Board, item: Item, rule: Json) -> bool:
    operator = rule.get("operator", "any_of")
    if operator not in _OPERATORS:
        raise ApiError("InvalidArgumentException", f"Operator {operator} is not supported for this column")
    given = rule["compare_value"]
    values = given if isinstance(given, list) else [given]
    column_id = rule["column_id"]
    if column_id in _TIMES:
        # `["EXACT", time]`, or the time alone.
        values = [_time(value) for value in values if value != "EXACT"]
        return _OPERATORS[operator](_moment(world, item, column_id), values)
    held = _held(world, board, item, column_id)
    column = board.columns.get(column_id)
    if column is not None and column.type == "status" and operator in {"any_of", "not_any_of"}:
        held = (item.values.get(column_id) or {}).get("index")
        values = [int(value) if str(value).isdigit() else value for value in values]
    return _OPERATORS[operator](held, values)


def _held(world: World, board: Board, item: Item, column_id: str) -> Any:
    if column_id == "name":
        return item.name
    if column_id == "group":
        return item.group_id
    column = board.columns.get(column_id)
    if column is None:
        raise no_column(column_id, board.id)
    return KINDS[column.type].text(Cell(world, item, column)) or ""


def _key(world: World, board: Board, column_id: str) -> Callable[[Item], Any]:
    if column_id in _TIMES:
        return lambda item: _moment(world, item, column_id)
    return lambda item: _held(world, board, item, column_id)


def _moment(world: World, item: Item, column_id: str) -> datetime:
    # To the second, as the times that clients see.
    when = item.created_at if column_id == CREATED else world.searched_at(item)
    return when.replace(microsecond=0)


def _time(text: Any) -> datetime:
    try:
        return parse_stamp(str(text))
    except ValueError:
        raise ApiError("InvalidArgumentException", "compare_value is not a time") from None
