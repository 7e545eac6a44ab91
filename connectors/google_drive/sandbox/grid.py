"""Grid: the cells of a sheet, and what Sheets does to text that it parses."""

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError

Json = dict[str, Any]
Value = Json
"""An ExtendedValue: `{"stringValue": "x"}`, `{"numberValue": 1}`, `{"boolValue": true}`, `{"formulaValue": "=1+1"}`."""

MOST_CELLS = 10_000_000
MOST_CHARS = 50_000
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")


@dataclass(slots=True)
class Grid:
    """One sheet of a spreadsheet. Rows and cells that were never written are not there."""

    title: str = "Sheet1"
    sheet_id: int = 0
    row_count: int = 1000
    column_count: int = 26
    frozen_rows: int = 0
    rows: list[list[Value | None]] = field(default_factory=list)

    def at(self, row: int, column: int) -> Value | None:
        """Give a cell."""
        return self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None

    def put(self, row: int, column: int, value: Value | None) -> None:
        """Write a cell. Refused outside of the sheet, as the API does, and where the text is too long."""
        if row >= self.row_count or column >= self.column_count:
            raise ApiError(400, "badRequest", f"Attempting to write to a cell outside the grid: row {row + 1}")
        for text in (value or {}).values():
            if isinstance(text, str) and len(text) > MOST_CHARS:
                message = f"Your input contains more than the maximum of {MOST_CHARS} characters in a single cell."
                raise ApiError(400, "badRequest", message)
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        cells += [None] * (column + 1 - len(cells))
        cells[column] = value

    def resize(self, rows: int, columns: int) -> None:
        """Set the size; what lies beyond is gone."""
        if rows * columns > MOST_CELLS:
            message = (
                f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
            )
            raise ApiError(400, "badRequest", message)
        if rows < 1 or columns < 1:
            raise ApiError(400, "badRequest", "A sheet has at least one row and one column.")
        self.row_count, self.column_count = rows, columns
        self.rows = [cells[:columns] for cells in self.rows[:rows]]

    def texts(self) -> list[list[str]]:
        """Give the cells as they are shown, empty ones at the ends left out."""
        rows = [[_shown(value) for value in cells] for cells in self.rows]
        for cells in rows:
            while cells and not cells[-1]:
                cells.pop()
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def csv(self) -> bytes:
        """Write it as the export to `text/csv` does."""
        out = io.StringIO()
        rows = self.texts()
        width = max((len(cells) for cells in rows), default=0)
        csv.writer(out, lineterminator="\r\n").writerows([*cells, *[""] * (width - len(cells))] for cells in rows)
        return out.getvalue().removesuffix("\r\n").encode()


def from_csv(data: bytes, title: str) -> Grid:
    """Import CSV as Drive does: every cell is parsed as if a person had typed it."""
    grid = Grid(title=title)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    width = max((len(cells) for cells in rows), default=1)
    grid.resize(max(1000, len(rows)), max(26, width))
    for at, cells in enumerate(rows):
        for column, text in enumerate(cells):
            if text:
                grid.put(at, column, typed(text))
    return grid


def typed(text: str) -> Value:
    """Guess as Sheets does for what a person types: formulas, numbers, dates (as serial numbers), booleans."""
    if text.startswith("'"):
        return {"stringValue": text[1:]}
    if text.startswith(("=", "+")) and len(text) > 1:
        return {"formulaValue": text if text.startswith("=") else f"={text}"}
    if _NUMBER.match(text):
        return {"numberValue": float(text)}
    if _DATE.match(text):
        from datetime import date  # noqa: PLC0415 - for this alone

        return {"numberValue": float((date.fromisoformat(text) - date(1899, 12, 30)).days)}
    if text.upper() in {"TRUE", "FALSE"}:
        return {"boolValue": text.upper() == "TRUE"}
    return {"stringValue": text}


def raw(value: Any) -> Value | None:
    """Take a value as it is (`valueInputOption=RAW`)."""
    match value:
        case None | "":
            return None
        case bool():
            return {"boolValue": value}
        case int() | float():
            return {"numberValue": value}
        case str():
            return {"stringValue": value}
        case _:
            raise ApiError(400, "badRequest", "Invalid values: list_value")


def plain(value: Value | None, *, formulas: bool) -> Any:
    """Give a cell as `values.get` does with UNFORMATTED_VALUE, or with FORMULA."""
    if value is None:
        return ""
    kind, held = next(iter(value.items()))
    if kind == "formulaValue":
        return held if formulas else "#COMPUTED"
    return int(held) if isinstance(held, float) and held.is_integer() and abs(held) < 2**53 else held


def _shown(value: Value | None) -> str:
    if value is None:
        return ""
    found = plain(value, formulas=False)
    return str(found).upper() if isinstance(found, bool) else str(found)
