"""Sheets: the cells of a Google Sheet, through the Sheets API. What is written is literal: nothing is ever parsed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from connectors.errors import BadReply
from connectors.google_drive.client import DriveClient

Cell = str | int | float | bool | None
ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """The first sheet of a spreadsheet."""

    sheet_id: int
    title: str = field(repr=False)
    row_count: int
    column_count: int
    frozen_rows: int


class _Grid(msgspec.Struct, rename="camel"):
    row_count: int = 0
    column_count: int = 0
    frozen_row_count: int = 0


class _Properties(msgspec.Struct, rename="camel"):
    sheet_id: int = 0
    title: str = ""
    grid_properties: _Grid = msgspec.field(default_factory=_Grid)


class _Sheet(msgspec.Struct):
    properties: _Properties


class _Spreadsheet(msgspec.Struct):
    sheets: list[_Sheet]


async def first_tab(client: DriveClient, file_id: str) -> Tab:
    """Ask for the first sheet of a spreadsheet: whatever a person calls it, and in whatever language it was made."""
    fields = "sheets.properties(sheetId,title,gridProperties)"
    reply = await client.read_sheet(f"/v4/spreadsheets/{file_id}", fields=fields)
    try:
        found = msgspec.convert(reply.json(), _Spreadsheet).sheets[0].properties
    except (msgspec.ValidationError, IndexError):
        raise BadReply(f"{reply.place} answered without a sheet") from None
    grid = found.grid_properties
    return Tab(
        sheet_id=found.sheet_id,
        title=found.title,
        row_count=grid.row_count,
        column_count=grid.column_count,
        frozen_rows=grid.frozen_row_count,
    )


async def values(client: DriveClient, file_id: str, tab: Tab) -> AsyncIterator[list[Cell]]:
    """Read a tab row by row, what each cell comes to. Empty cells at a row's end are left out."""
    for start in range(1, tab.row_count + 1, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE - 1, tab.row_count)
        title = tab.title.replace("'", "''")
        where = quote(f"'{title}'!{start}:{end}", safe="")
        reply = await client.read_sheet(
            f"/v4/spreadsheets/{file_id}/values/{where}",
            valueRenderOption="UNFORMATTED_VALUE",
            dateTimeRenderOption="SERIAL_NUMBER",
            majorDimension="ROWS",
        )
        rows = _rows(reply.place, reply.json())
        for row in rows:
            yield row
        # Empty rows at the end are left out of an answer, so those before the next window are given here.
        if end < tab.row_count:
            for _ in range(end - start + 1 - len(rows)):
                yield []


async def apply(client: DriveClient, file_id: str, requests: Sequence[Mapping[str, Any]]) -> None:
    """Change a spreadsheet, all of it or nothing. Sent once: a lost reply raises Retriable, and the cells tell."""
    await client.write_sheet(f"/v4/spreadsheets/{file_id}:batchUpdate", {"requests": list(requests)})


def _rows(place: str, value: Any) -> list[list[Cell]]:
    rows = value.get("values", []) if isinstance(value, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadReply(f"{place} answered without rows")
    return rows
