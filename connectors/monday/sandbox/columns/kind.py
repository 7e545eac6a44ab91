"""Kind: what is said of one column type, and the cell that joins a column and an item."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.monday.sandbox.errors import bad_value, read_only
from connectors.monday.sandbox.objects import Column, Item, Json
from connectors.monday.sandbox.stamps import exact_stamp
from connectors.monday.sandbox.world import World


@dataclass(slots=True)
class Cell:
    """What one item has in one column."""

    world: World
    item: Item
    column: Column
    shown: Json = field(default_factory=dict)
    """Every field of it, once asked for."""

    @property
    def value(self) -> Any:
        """What is kept; None: nothing."""
        return self.item.values.get(self.column.id)


class ColumnKind:
    """One column type: the base takes nothing and shows what is kept."""

    type: str
    type_name: str
    """Its type in the schema."""
    is_leaf = True

    def __init__(self, type: str, type_name: str) -> None:  # noqa: A002 - the schema's word
        self.type = type
        self.type_name = type_name

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Return what is to be kept of what a client gives, None for nothing; ColumnValueException."""
        raise read_only(column.id, self.type)

    def take_text(self, world: World, column: Column, text: str, *, make_labels: bool) -> Any:
        """Return what is to be kept of a plain text."""
        return self.take(world, column, text, make_labels=make_labels)

    def text(self, cell: Cell) -> str | None:
        """Write the value for people; empty where there is none."""
        return "" if cell.value is None else str(cell.value)

    def value(self, cell: Cell) -> str | None:
        """Write the value as JSON."""
        return None if cell.value is None else orjson.dumps(cell.value).decode()

    def fields(self, cell: Cell) -> Json:  # noqa: ARG002 - for those that have some
        """Give the fields that other types do not have."""
        return {}

    def show(self, cell: Cell) -> Json:
        """Give every field."""
        if not cell.shown:
            cell.shown = {
                "id": cell.column.id,
                "type": cell.column.type,
                "text": self.text(cell),
                "value": self.value(cell),
                "is_leaf": self.is_leaf,
                "column": cell.column,
                **self.fields(cell),
            }
        return cell.shown


class Computed(ColumnKind):
    """A type whose value other things make up: neither text nor value."""

    is_leaf = False

    def text(self, cell: Cell) -> str | None:  # noqa: ARG002
        """Give nothing."""
        return None

    def value(self, cell: Cell) -> str | None:  # noqa: ARG002
        """Give nothing."""
        return None


def now_stamp(world: World) -> str:
    """Write the time of a change into a value."""
    return exact_stamp(world.now())


def changed_at(cell: Cell) -> str | None:
    """Say when the value was set, to the second."""
    when = cell.value.get("changed_at") if isinstance(cell.value, dict) else None
    return None if when is None else f"{when[:19]}Z"


def as_object(column: Column, given: Any) -> Json | None:
    """Read an object; None for what clears a cell."""
    if given in (None, "", {}, []):
        return None
    if not isinstance(given, dict):
        raise bad_value(column.id, column.type, "invalid value, please check our API documentation")
    return given


def integer(column: Column, value: Any) -> int:
    """Read a whole number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise bad_value(column.id, column.type, "invalid value, please check our API documentation") from None
