"""Sheets: a spreadsheet's own shape, and `batchUpdate`, all of it or nothing."""

from copy import deepcopy
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.grid import Grid
from connectors.google_drive.sandbox.item import SHEET, Item
from connectors.google_drive.sandbox.routes.files import metadata_of
from connectors.google_drive.sandbox.routing import Answer, Call, route

Json = dict[str, Any]


@route("sheets.spreadsheets.create", "POST", "/v4/spreadsheets")
def create(call: Call) -> Answer:
    """Make an empty spreadsheet in My Drive itself."""
    title = metadata_of(call.body).get("properties", {}).get("title", "Untitled spreadsheet")
    item = call.world.make(call.access, {"name": title, "mimeType": SHEET}, content=None, media_type=SHEET)
    item.grid = Grid(title=call.world.sheet_title)
    return Answer(body=call.masked(_spreadsheet(item, item.grid)))


@route("sheets.spreadsheets.get", "GET", "/v4/spreadsheets/{spreadsheetId}", "ranges", "includeGridData")
def get(call: Call) -> Answer:
    """Describe a spreadsheet."""
    item, grid = sheet_of(call)
    return Answer(body=call.masked(_spreadsheet(item, grid)))


@route("sheets.spreadsheets.batchUpdate", "POST", "/v4/spreadsheets/{spreadsheetId}:batchUpdate")
def batch_update(call: Call) -> Answer:
    """Apply the requests in order; one that is wrong leaves everything as it was."""
    item, grid = sheet_of(call)
    requests = metadata_of(call.body).get("requests")
    if not isinstance(requests, list) or not requests:
        raise ApiError(400, "badRequest", "Must specify at least one request.")
    changed = deepcopy(grid)
    for at, request in enumerate(requests):
        if not isinstance(request, dict) or len(request) != 1:
            raise ApiError(400, "badRequest", f"Invalid requests[{at}]: exactly one kind must be set.")
        kind, body = next(iter(request.items()))
        if kind not in REQUESTS:
            raise ApiError(400, "badRequest", f"Invalid requests[{at}]: the stand-in has no {kind}.")
        REQUESTS[kind](changed, body)
    item.grid = changed
    call.world.touch(item)
    return Answer(body={"spreadsheetId": item.file_id, "replies": [{} for _ in requests]})


def sheet_of(call: Call) -> tuple[Item, Grid]:
    """Find the spreadsheet that a request names."""
    item = call.world.find(call.access, call.path["spreadsheetId"])
    if item.grid is None:
        raise ApiError(400, "failedPrecondition", "This operation is not supported for this document")
    return item, item.grid


def _spreadsheet(item: Item, grid: Grid) -> Json:
    shape: Json = {"rowCount": grid.row_count, "columnCount": grid.column_count}
    if grid.frozen_rows:
        shape["frozenRowCount"] = grid.frozen_rows
    properties = {
        "sheetId": grid.sheet_id,
        "title": grid.title,
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": shape,
    }
    return {
        "spreadsheetId": item.file_id,
        "properties": {"title": item.name, "locale": "en_US", "timeZone": "Etc/GMT"},
        "sheets": [{"properties": properties}],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{item.file_id}/edit",
    }


def _on_sheet(grid: Grid, place: Json) -> None:
    if place.get("sheetId", 0) != grid.sheet_id:
        raise ApiError(400, "badRequest", f"No grid with id: {place.get('sheetId', 0)}")


def _update_cells(grid: Grid, body: Json) -> None:
    start = body.get("start")
    if start is None or body.get("fields") not in {"userEnteredValue", "*"}:
        raise ApiError(400, "badRequest", "The stand-in writes userEnteredValue from a start.")
    _on_sheet(grid, start)
    for down, row in enumerate(body.get("rows", ())):
        for right, cell in enumerate(row.get("values", ())):
            value = cell.get("userEnteredValue")
            grid.put(start.get("rowIndex", 0) + down, start.get("columnIndex", 0) + right, value or None)


def _update_properties(grid: Grid, body: Json) -> None:
    properties, fields = body.get("properties", {}), body.get("fields", "").split(",")
    _on_sheet(grid, properties)
    shape = properties.get("gridProperties", {})
    for name in fields:
        match name.strip():
            case "title":
                grid.title = properties["title"]
            case "gridProperties.frozenRowCount":
                grid.frozen_rows = shape.get("frozenRowCount", 0)
            case "gridProperties.rowCount":
                grid.resize(shape.get("rowCount", 0), grid.column_count)
            case "gridProperties.columnCount":
                grid.resize(grid.row_count, shape.get("columnCount", 0))
            case _:
                raise ApiError(400, "badRequest", f"Invalid field: {name}")
    if grid.frozen_rows >= grid.row_count:
        raise ApiError(400, "badRequest", "You can't freeze all visible rows on the sheet.")


def _append_dimension(grid: Grid, body: Json) -> None:
    _on_sheet(grid, body)
    more = body["length"]
    if body["dimension"] == "ROWS":
        grid.resize(grid.row_count + more, grid.column_count)
    else:
        grid.resize(grid.row_count, grid.column_count + more)


def _insert_dimension(grid: Grid, body: Json) -> None:
    place = body["range"]
    _on_sheet(grid, place)
    start, end = place.get("startIndex", 0), place["endIndex"]
    if place["dimension"] != "ROWS" or not 0 <= start < end or start > grid.row_count:
        raise ApiError(400, "badRequest", "Invalid range to insert.")
    grid.resize(grid.row_count + end - start, grid.column_count)
    if start < len(grid.rows):
        grid.rows[start:start] = [[] for _ in range(end - start)]


def _delete_dimension(grid: Grid, body: Json) -> None:
    place = body["range"]
    _on_sheet(grid, place)
    start, end = place.get("startIndex", 0), place["endIndex"]
    if place["dimension"] != "ROWS" or not 0 <= start < end <= grid.row_count:
        raise ApiError(400, "badRequest", "Invalid range to delete.")
    if end - start >= grid.row_count - grid.frozen_rows and start <= grid.frozen_rows:
        raise ApiError(400, "badRequest", "You can't delete all the rows that are not frozen.")
    del grid.rows[start:end]
    grid.row_count -= end - start


REQUESTS = {
    "updateCells": _update_cells,
    "updateSheetProperties": _update_properties,
    "appendDimension": _append_dimension,
    "insertDimension": _insert_dimension,
    "deleteDimension": _delete_dimension,
}
