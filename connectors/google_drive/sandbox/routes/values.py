"""Values: cells read and written by range."""

import re
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.grid import Grid, plain, raw, typed
from connectors.google_drive.sandbox.routes.files import metadata_of
from connectors.google_drive.sandbox.routes.sheets import sheet_of
from connectors.google_drive.sandbox.routing import Answer, Call, route

Json = dict[str, Any]

_RANGE = re.compile(r"(?:(?P<title>'(?:[^']|'')+'|[^'!:]+)!)?(?P<from>[A-Z]*\d*)(?::(?P<to>[A-Z]*\d*))?$")


@route(
    "sheets.spreadsheets.values.get",
    "GET",
    "/v4/spreadsheets/{spreadsheetId}/values/{range}",
    "majorDimension",
    "valueRenderOption",
    "dateTimeRenderOption",
)
def get(call: Call) -> Answer:
    """Read a range; empty rows and cells at the ends are left out."""
    _, grid = sheet_of(call)
    top, left, bottom, right = _place(grid, call.path["range"])
    formulas = call.query.get("valueRenderOption") == "FORMULA"
    rows: list[list[Any]] = []
    for cells in grid.rows[top : bottom + 1]:
        row = [plain(value, formulas=formulas) for value in cells[left : right + 1]]
        while row and row[-1] == "":
            row.pop()
        rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    found: Json = {"range": f"'{grid.title}'!{call.path['range'].rpartition('!')[2]}", "majorDimension": "ROWS"}
    return Answer(body={**found, **({"values": rows} if rows else {})})


@route(
    "sheets.spreadsheets.values.update",
    "PUT",
    "/v4/spreadsheets/{spreadsheetId}/values/{range}",
    "valueInputOption",
    "includeValuesInResponse",
)
def update(call: Call) -> Answer:
    """Write a range: as it is, or as a person would type it."""
    item, grid = sheet_of(call)
    top, left, _, _ = _place(grid, call.path["range"])
    _write(grid, top, left, metadata_of(call.body).get("values", []), _option(call.query.get("valueInputOption")))
    call.world.touch(item)
    return Answer(body={"spreadsheetId": item.file_id, "updatedRange": call.path["range"]})


@route("sheets.spreadsheets.values.batchUpdate", "POST", "/v4/spreadsheets/{spreadsheetId}/values:batchUpdate")
def batch_update(call: Call) -> Answer:
    """Write several ranges."""
    item, grid = sheet_of(call)
    body = metadata_of(call.body)
    option = _option(body.get("valueInputOption"))
    for each in body.get("data", ()):
        top, left, _, _ = _place(grid, each["range"])
        _write(grid, top, left, each.get("values", []), option)
    call.world.touch(item)
    return Answer(body={"spreadsheetId": item.file_id, "responses": []})


def _write(grid: Grid, top: int, left: int, rows: list[list[Any]], option: str) -> None:
    for down, row in enumerate(rows):
        for right, value in enumerate(row):
            if value is None:
                continue
            is_typed = option == "USER_ENTERED" and isinstance(value, str) and value
            grid.put(top + down, left + right, typed(value) if is_typed else raw(value))


def _option(text: Any) -> str:
    if text not in {"RAW", "USER_ENTERED"}:
        raise ApiError(400, "badRequest", "'valueInputOption' is required but not specified")
    return str(text)


def _place(grid: Grid, text: str) -> tuple[int, int, int, int]:
    """Read a range in A1 notation: top, left, bottom, right, from 0."""
    title = f"'{grid.title}'"
    if text in {grid.title, title}:
        return 0, 0, grid.row_count - 1, grid.column_count - 1
    match = _RANGE.match(text)
    if match is None or (match["title"] and match["title"].strip("'").replace("''", "'") != grid.title):
        raise ApiError(400, "badRequest", f"Unable to parse range: {text}")
    top, left = _cell(match["from"], 0, 0)
    bottom, right = _cell(match["to"] or match["from"], grid.row_count - 1, grid.column_count - 1)
    if top >= grid.row_count:
        message = f"Range ({text}) exceeds grid limits. Max rows: {grid.row_count}, max columns: {grid.column_count}"
        raise ApiError(400, "badRequest", message)
    return top, left, bottom, right


def _cell(text: str, row: int, column: int) -> tuple[int, int]:
    letters = text.rstrip("0123456789")
    digits = text[len(letters) :]
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return int(digits) - 1 if digits else row, number - 1 if letters else column
