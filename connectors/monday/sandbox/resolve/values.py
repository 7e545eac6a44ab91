"""Fields of column values: every type shows what its kind says."""

from typing import Any

from connectors.monday.sandbox.columns import KINDS
from connectors.monday.sandbox.columns.kind import Cell
from connectors.monday.sandbox.objects import Board, Group, Item
from connectors.monday.sandbox.resolve.table import Context, answers

_UNSUPPORTED = KINDS["unsupported"]


@answers("Item", "column_values")
def column_values(
    source: Item, context: Context, ids: Any = None, types: Any = None, capabilities: Any = None
) -> list[Cell]:
    """What an item has in each column but its name, empty ones too."""
    return [
        Cell(context.world, source, column)
        for column in context.world.boards[source.board_id].columns.values()
        if column.type != "name"
        and not column.archived
        and (ids is None or column.id in ids)
        and (types is None or column.type in types)
        and capabilities is None
    ]


def type_of(cell: Any) -> str:
    """Name the schema's type of a value, or of what a mirror shows."""
    if isinstance(cell, Cell):
        return KINDS.get(cell.column.type, _UNSUPPORTED).type_name
    if isinstance(cell, dict):
        return str(cell["__typename"])
    return {Board: "Board", Group: "Group"}[type(cell)]


def shown(cell: Cell, name: str) -> Any:
    """Give one field of a value."""
    return KINDS.get(cell.column.type, _UNSUPPORTED).show(cell).get(name)
