"""Relations: column types that point at other items, and those that show what is there."""

from typing import Any

from connectors.monday.sandbox.columns.kind import Cell, Computed, as_object, changed_at, integer, now_stamp
from connectors.monday.sandbox.errors import bad_value
from connectors.monday.sandbox.objects import Column, Item, Json
from connectors.monday.sandbox.world import World


class Relation(Computed):
    """Items of connected boards."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take ids of items on the boards that the settings connect."""
        ids = _ids(column, given)
        if ids is None:
            return None
        allowed = {int(board_id) for board_id in column.settings.get("boardIds", ())}
        for found in ids:
            item = world.items.get(found)
            if item is None or item.state == "deleted":
                raise bad_value(column.id, column.type, f"The linked item does not exist: {found}")
            if allowed and item.board_id not in allowed:
                raise bad_value(column.id, column.type, f"The linked item is on a board that is not connected: {found}")
        return {"linkedPulseIds": [{"linkedPulseId": found} for found in ids], "changed_at": now_stamp(world)}

    def fields(self, cell: Cell) -> Json:
        """Give the items."""
        items = linked(cell.world, cell.value)
        return {
            "linked_item_ids": [item.id for item in items],
            "linked_items": items,
            "display_value": ", ".join(item.name for item in items),
            "updated_at": changed_at(cell),
        }


class Dependency(Relation):
    """Items of the same board that come before."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take ids of items."""
        ids = _ids(column, given)
        if ids is None:
            return None
        if any(found not in world.items for found in ids):
            raise bad_value(column.id, column.type, "The linked item does not exist")
        return {"linkedPulseIds": [{"linkedPulseId": found} for found in ids], "changed_at": now_stamp(world)}

    def fields(self, cell: Cell) -> Json:
        """Give the items, and how they are tied."""
        found = super().fields(cell)
        links = [{"linked_item_id": each, "dependency_type": 0, "lag": 0} for each in found["linked_item_ids"]]
        return {**found, "dependency_links": links}


class Mirror(Computed):
    """What linked items have in a column of theirs."""

    def fields(self, cell: Cell) -> Json:
        """Look there."""
        from connectors.monday.sandbox.columns import KINDS  # noqa: PLC0415 - mirrors show any type, themselves too

        settings, world = cell.column.settings, cell.world
        shown: list[Json] = []
        texts: list[str] = []
        for relation in settings.get("relation_column", {}):
            for item in linked(world, cell.item.values.get(relation)):
                board = world.boards[item.board_id]
                for wanted in settings.get("displayed_linked_columns", ()):
                    if int(wanted["board_id"]) != board.id:
                        continue
                    for column in filter(None, map(board.columns.get, wanted["column_ids"])):
                        there = Cell(world, item, column)
                        if column.type == "mirror" or column.type not in KINDS:
                            continue
                        texts.append(KINDS[column.type].text(there) or "")
                        shown.append(
                            {
                                "linked_board": board,
                                "linked_board_id": board.id,
                                "linked_item": item,
                                "mirrored_value": there,
                            }
                        )
        return {"display_value": ", ".join(filter(None, texts)), "mirrored_items": shown}


class Subtasks(Computed):
    """The subitems."""

    def fields(self, cell: Cell) -> Json:
        """Give them."""
        items = [cell.world.items[found] for found in cell.item.subitem_ids]
        items = [item for item in items if item.state == "active"]
        return {
            "subitems": items,
            "subitems_ids": [item.id for item in items],
            "display_value": ", ".join(item.name for item in items),
        }


def linked(world: World, value: Any) -> list[Item]:
    """Give the items that a relation points at and that are still there."""
    ids = [each["linkedPulseId"] for each in (value or {}).get("linkedPulseIds", ())]
    return [world.items[found] for found in ids if found in world.items and world.items[found].state == "active"]


def _ids(column: Column, given: Any) -> list[int] | None:
    found = as_object(column, {"item_ids": given.split(",")} if isinstance(given, str) and given else given)
    ids = [integer(column, each) for each in (found or {}).get("item_ids", ())]
    return ids or None


RELATIONS = (
    Relation("board_relation", "BoardRelationValue"),
    Dependency("dependency", "DependencyValue"),
    Mirror("mirror", "MirrorValue"),
    Subtasks("subtasks", "SubtasksValue"),
)
