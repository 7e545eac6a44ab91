"""Files: list, get, create, change, trash, delete, ids, export."""

from typing import Any

import orjson

from connectors.google_drive.sandbox.errors import ApiError, invalid
from connectors.google_drive.sandbox.grid import Grid
from connectors.google_drive.sandbox.item import GOOGLE, SHEET, Item
from connectors.google_drive.sandbox.query import parse
from connectors.google_drive.sandbox.routing import Answer, Call, route

Json = dict[str, Any]

BRIEF = "kind,id,name,mimeType"
"""What a file's answer holds without `fields`."""
_DRIVES = ("supportsAllDrives", "supportsTeamDrives")
_SHOWN = ("includePermissionsForView", "includeLabels")
WRITTEN = (*_DRIVES, *_SHOWN, "enforceSingleParent", "keepRevisionForever", "ocrLanguage", "useContentAsIndexableText")
MOST_EXPORT = 10 * 2**20


@route(
    "drive.files.list",
    "GET",
    "/drive/v3/files",
    *_DRIVES,
    *_SHOWN,
    "q",
    "pageSize",
    "pageToken",
    "orderBy",
    "spaces",
    "corpora",
    "driveId",
    "includeItemsFromAllDrives",
    "includeTeamDriveItems",
    "teamDriveId",
)
def list_files(call: Call) -> Answer:
    """List what the app sees, the bin included unless `q` says otherwise."""
    test = parse(call.query["q"]) if call.query.get("q") else None
    root = call.access.person.root_id
    found = []
    for item in call.world.visible(call.access):
        resource = call.world.resource(call.access, item)
        asked = {**resource, "parents": [*resource.get("parents", ()), *(["root"] if item.parent_id == root else [])]}
        if test is None or test(asked):
            found.append(resource)
    for key in reversed(call.query.get("orderBy", "").split(",")):
        name, _, direction = key.strip().partition(" ")
        if name in {"name", "createdTime", "modifiedTime"}:
            found.sort(key=lambda each: each[name], reverse=direction == "desc")
    start = _start(call.query.get("pageToken"), len(found))
    # Without a page size Drive gives everything that is not on a shared drive.
    size = call.number("pageSize", 100, 1000) if "pageSize" in call.query else max(1, len(found))
    answer: Json = {"kind": "drive#fileList", "incompleteSearch": False, "files": found[start : start + size]}
    if start + size < len(found):
        answer["nextPageToken"] = f"~!!~{start + size}"
    return Answer(body=call.masked(answer, f"kind,nextPageToken,incompleteSearch,files({BRIEF})"))


@route("drive.files.generateIds", "GET", "/drive/v3/files/generateIds", "count", "space", "type")
def generate_ids(call: Call) -> Answer:
    """Give ids to create files under."""
    text = call.query.get("count", "10")
    if not text.isdigit() or not 1 <= int(text) <= 1000:  # noqa: PLR2004 - Drive's own number
        raise invalid(f"Invalid value '{text}'. Values must be within the range: [1, 1000]", "count")
    ids = [call.world.new_id() for _ in range(int(text))]
    call.world.reserved.update(ids)
    found = {"kind": "drive#generatedIds", "space": call.query.get("space", "drive"), "ids": ids}
    return Answer(body=call.masked(found))


@route("drive.files.get", "GET", "/drive/v3/files/{fileId}", *_DRIVES, *_SHOWN, "acknowledgeAbuse")
def get(call: Call) -> Answer:
    """Describe one file, or with `alt=media` give its bytes."""
    if call.path["fileId"] in {"root", call.access.person.root_id}:
        root = {"kind": "drive#file", "id": call.access.person.root_id, "name": "My Drive", "trashed": False}
        return Answer(body=call.masked({**root, "mimeType": "application/vnd.google-apps.folder"}, BRIEF))
    item = call.world.find(call.access, call.path["fileId"])
    if call.query.get("alt") == "media":
        return _media(call, item)
    return Answer(body=call.masked(call.world.resource(call.access, item), BRIEF))


@route("drive.files.create", "POST", "/drive/v3/files", *WRITTEN, "ignoreDefaultVisibility")
def create(call: Call) -> Answer:
    """Make a file without content."""
    metadata = metadata_of(call.body)
    item = call.world.make(call.access, metadata, content=None, media_type="application/octet-stream")
    if item.mime_type == SHEET:
        item.grid = Grid(title=call.world.sheet_title)
    return Answer(body=call.masked(call.world.resource(call.access, item), BRIEF))


@route("drive.files.update", "PATCH", "/drive/v3/files/{fileId}", *WRITTEN, "addParents", "removeParents")
def update(call: Call) -> Answer:
    """Rename, move, label, trash or restore a file."""
    item = call.world.find(call.access, call.path["fileId"])
    change(call, item, metadata_of(call.body))
    return Answer(body=call.masked(call.world.resource(call.access, item), BRIEF))


@route("drive.files.delete", "DELETE", "/drive/v3/files/{fileId}", *_DRIVES, "enforceSingleParent")
def delete(call: Call) -> Answer:
    """Delete for good, past the bin."""
    call.world.delete(call.world.find(call.access, call.path["fileId"]))
    return Answer(status=204)


@route("drive.files.export", "GET", "/drive/v3/files/{fileId}/export", "mimeType")
def export(call: Call) -> Answer:
    """Give a Google sheet as CSV."""
    item = call.world.find(call.access, call.path["fileId"])
    if item.grid is None:
        raise ApiError(403, "fileNotExportable", "Export only supports Docs Editors files.")
    if call.query.get("mimeType") != "text/csv":
        raise ApiError(400, "badRequest", "The requested conversion is not supported.", where="convertTo")
    data = item.grid.csv()
    if len(data) > MOST_EXPORT:
        raise ApiError(403, "exportSizeLimitExceeded", "This file is too large to be exported.")
    return Answer(body=data, media_type="text/csv")


def change(call: Call, item: Item, metadata: Json) -> None:
    """Apply what a request says of a file: metadata in its body, parents in its query."""
    if "parents" in metadata:
        message = "The parents field is not directly writable in update requests. Use addParents and removeParents."
        raise ApiError(403, "fieldNotWritable", message)
    if "id" in metadata and metadata["id"] != item.file_id:
        raise ApiError(403, "fieldNotWritable", "The resource body includes fields which are not directly writable.")
    trashed = metadata.get("trashed")
    if isinstance(trashed, bool):
        call.world.trash(item, trashed=trashed)
    added, removed = call.query.get("addParents"), call.query.get("removeParents")
    if added:
        new = call.world.parent(call.access, added.split(","))
        if new != item.parent_id and item.parent_id not in (removed or "").split(","):
            message = "Increasing the number of parents is not allowed"
            raise ApiError(403, "cannotAddParent", message)
        item.parent_id = new
    if "name" in metadata:
        item.name = str(metadata["name"])
    if "description" in metadata:
        item.description = metadata["description"]
    call.world.label(call.access, item, metadata)
    if added or set(metadata) - {"trashed"}:
        call.world.touch(item)


def metadata_of(body: bytes) -> Json:
    """Read a body of metadata."""
    try:
        found = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError(400, "parseError", "Parse Error") from None
    if not isinstance(found, dict):
        raise ApiError(400, "parseError", "Parse Error")
    return found


def _media(call: Call, item: Item) -> Answer:
    if item.content is None:
        message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        raise ApiError(403, "fileNotDownloadable", message, where="alt")
    data = item.content
    headers = {"Accept-Ranges": "bytes"}
    asked = call.headers.get("range", "")
    if asked.startswith("bytes=") and data:
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first or 0)
        end = min(int(last), len(data) - 1) if last else len(data) - 1
        if start >= len(data):
            raise ApiError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return Answer(body=data[start : end + 1], status=206, headers=headers, media_type=item.mime_type)
    is_google = item.mime_type.startswith(GOOGLE)
    return Answer(body=data, headers=headers, media_type="application/octet-stream" if is_google else item.mime_type)


def _start(token: str | None, size: int) -> int:
    if not token:
        return 0
    text = token.removeprefix("~!!~")
    if not text.isdigit() or int(text) > size:
        raise ApiError(400, "invalid", "Invalid Value", where="pageToken")
    return int(text)
