"""Drive sheet: how a sheet that holds certain rows is made to hold others, in as few cells as differ. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from connectors.google_drive.sheets import Cell

Request = Mapping[str, Any]

MOST_CALL_BYTES = 1_500_000
"""Of one request: Google asks to stay below two megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How rows move: which of those held go, and where others come in."""

    deleted: Sequence[range]
    """Ranges of held rows, from 0, without the header."""
    inserted: Sequence[range]
    """Ranges of wanted rows that come in between others; those at the end need no place made."""


def reshape(held: Sequence[str], wanted: Sequence[str]) -> Shape:
    """Say how rows move, given their ids in ascending order. Where nothing stays, nothing moves: all is overwritten."""
    stays = set(held) & set(wanted)
    if not stays:
        return Shape(deleted=(), inserted=())
    last = max(at for at, row in enumerate(wanted) if row in stays)
    return Shape(
        deleted=_ranges(at for at, row in enumerate(held) if row not in stays),
        inserted=_ranges(at for at, row in enumerate(wanted[:last]) if row not in stays),
    )


def moving(sheet_id: int, shape: Shape) -> list[Request]:
    """Write the requests that move rows: first what goes, from below, then what comes, from above."""
    gone = [{"deleteDimension": {"range": _rows(sheet_id, each)}} for each in reversed(shape.deleted)]
    come = [
        {"insertDimension": {"range": _rows(sheet_id, each), "inheritFromBefore": each.start > 0}}
        for each in shape.inserted
    ]
    return [*gone, *come]


def sizing(sheet_id: int, *, rows: int, columns: int) -> Request:
    """Write the request that sets a sheet's size (without the header) and freezes its header."""
    # A sheet of nothing but frozen rows is refused.
    grid = {"rowCount": max(2, rows + 1), "columnCount": max(1, columns), "frozenRowCount": 1}
    fields = ",".join(f"gridProperties.{name}" for name in grid)
    return {"updateSheetProperties": {"properties": {"sheetId": sheet_id, "gridProperties": grid}, "fields": fields}}


def heading(sheet_id: int, columns: Sequence[str]) -> Request:
    """Write the request for the header."""
    return _cells(sheet_id, -1, [columns], len(columns))


def blank(sheet_id: int, columns: int) -> Request:
    """Write the request that empties the one row that a sheet without rows still has."""
    return _cells(sheet_id, 0, [[]], columns)


def writing(sheet_id: int, rows: Iterable[tuple[int, Sequence[Cell]]], *, columns: int) -> Iterator[Request]:
    """Write the requests for rows, given in ascending order; those beside each other go together."""
    start, block, size = 0, list[Sequence[Cell]](), 0
    for at, cells in rows:
        if block and (at != start + len(block) or size > MOST_CALL_BYTES // 4):
            yield _cells(sheet_id, start, block, columns)
            block, size = [], 0
        if not block:
            start = at
        block.append(cells)
        size += size_bytes(cells)
    if block:
        yield _cells(sheet_id, start, block, columns)


def size_bytes(cells: Sequence[Cell]) -> int:
    """Estimate what a row weighs in a request, from above."""
    return sum(len(orjson.dumps(value)) + 45 for value in cells) + 20


def _cells(sheet_id: int, row: int, rows: Sequence[Sequence[Cell]], columns: int) -> Request:
    """Write whole rows, empty cells included: what stood there before is overwritten."""
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row + 1, "columnIndex": 0},
            "fields": "userEnteredValue",
            "rows": [
                {"values": [_value(cells[at] if at < len(cells) else None) for at in range(columns)]} for cells in rows
            ],
        }
    }


def _value(value: Cell) -> Mapping[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"userEnteredValue": {"boolValue": value}}
        case int() | float():
            return {"userEnteredValue": {"numberValue": value}}
        case _:
            return {"userEnteredValue": {"stringValue": value}}


def _rows(sheet_id: int, rows: range) -> Mapping[str, Any]:
    return {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": rows.start + 1, "endIndex": rows.stop + 1}


def _ranges(numbers: Iterable[int]) -> list[range]:
    groups = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    listed = [[number for _, number in group] for _, group in groups]
    return [range(each[0], each[-1] + 1) for each in listed]
