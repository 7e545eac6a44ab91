"""Computed: column types that the app fills in itself."""

import re

from connectors.monday.sandbox.columns.kind import Cell, ColumnKind, Computed
from connectors.monday.sandbox.objects import Json
from connectors.monday.sandbox.stamps import stamp

_OPERATION = re.compile(r"\{(\w+)\}\s*([*+-])\s*(?:\{(\w+)\}|(\d+(?:\.\d+)?))")


class Formula(Computed):
    """The result of a formula: of two columns, or of a column and a number."""

    def fields(self, cell: Cell) -> Json:
        """Work it out."""
        found = _OPERATION.fullmatch(str(cell.column.settings.get("formula", "")).strip())
        if found is None:
            return {"display_value": ""}
        first, sign, second, number = found.groups()
        left = _number(cell, first)
        right = float(number) if number else _number(cell, second)
        result = {"*": left * right, "+": left + right, "-": left - right}[sign]
        return {"display_value": f"{result:g}"}


class AutoNumber(ColumnKind):
    """The item's number on its board."""

    def text(self, cell: Cell) -> str | None:
        """Write it."""
        return str(cell.item.number)


class ItemId(ColumnKind):
    """The item's id."""

    def text(self, cell: Cell) -> str | None:
        """Write it."""
        return str(cell.item.id)

    def value(self, cell: Cell) -> str | None:
        """Write it as JSON."""
        return f'{{"item_id":{cell.item.id}}}'

    def fields(self, cell: Cell) -> Json:
        """Give it."""
        return {"item_id": cell.item.id}


class CreationLog(ColumnKind):
    """Who made the item, and when."""

    def text(self, cell: Cell) -> str | None:
        """Write when."""
        return cell.item.created_at.strftime("%Y-%m-%d %H:%M:%S UTC")

    def value(self, cell: Cell) -> str | None:
        """Write both as JSON."""
        return f'{{"created_at":"{stamp(cell.item.created_at)}","creator_id":{cell.item.creator_id}}}'

    def fields(self, cell: Cell) -> Json:
        """Give both."""
        creator = cell.world.users.get(cell.item.creator_id)
        return {"created_at": stamp(cell.item.created_at), "creator_id": cell.item.creator_id, "creator": creator}


class LastUpdated(ColumnKind):
    """When the item changed."""

    def text(self, cell: Cell) -> str | None:
        """Write when."""
        return cell.item.updated_at.strftime("%Y-%m-%d %H:%M:%S UTC")

    def fields(self, cell: Cell) -> Json:
        """Give when, and by whom as far as the stand-in keeps that: by who made it."""
        updater = cell.world.users.get(cell.item.creator_id)
        return {"updated_at": stamp(cell.item.updated_at), "updater_id": cell.item.creator_id, "updater": updater}


class Button(ColumnKind):
    """Something to press."""

    def fields(self, cell: Cell) -> Json:
        """Give its words."""
        return {
            "label": cell.column.settings.get("button_text", "Click me"),
            "color": cell.column.settings.get("color"),
        }


class Progress(Computed):
    """How many of the status columns are done."""

    def text(self, cell: Cell) -> str | None:
        """Write the share."""
        columns = [x for x in cell.world.boards[cell.item.board_id].columns.values() if x.type == "status"]
        done = 0
        for column in columns:
            index = (cell.item.values.get(column.id) or {}).get("index")
            done += any(label["index"] == index and label.get("is_done") for label in column.settings["labels"])
        return f"{round(100 * done / len(columns))}%" if columns else ""


class GroupShown(ColumnKind):
    """The group that the item is in."""

    def text(self, cell: Cell) -> str | None:
        """Write its title."""
        return cell.world.boards[cell.item.board_id].groups[cell.item.group_id].title

    def fields(self, cell: Cell) -> Json:
        """Give it."""
        group = cell.world.boards[cell.item.board_id].groups[cell.item.group_id]
        return {"group": group, "group_id": group.id}


class Integration(ColumnKind):
    """What another app keeps here."""

    def fields(self, cell: Cell) -> Json:
        """Give the other app's ids."""
        value = cell.value or {}
        return {
            "entity_id": value.get("entity_id"),
            "issue_id": value.get("issue_id"),
            "issue_api_url": value.get("issue_api_url"),
        }


def _number(cell: Cell, column_id: str) -> float:
    try:
        return float(cell.item.values.get(column_id) or 0)
    except (TypeError, ValueError):
        return 0.0


COMPUTED: tuple[ColumnKind, ...] = (
    Formula("formula", "FormulaValue"),
    AutoNumber("auto_number", "UnsupportedValue"),
    ItemId("item_id", "ItemIdValue"),
    CreationLog("creation_log", "CreationLogValue"),
    LastUpdated("last_updated", "LastUpdatedValue"),
    Button("button", "ButtonValue"),
    Progress("progress", "ProgressValue"),
    GroupShown("group", "GroupValue"),
    Integration("integration", "IntegrationValue"),
    ColumnKind("item_assignees", "UnsupportedValue"),
    ColumnKind("unsupported", "UnsupportedValue"),
)
