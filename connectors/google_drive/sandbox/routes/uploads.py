"""Uploads: content with its metadata in one request, or in a session, in pieces."""

import re
import secrets
from datetime import timedelta
from email import message_from_bytes
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError, invalid
from connectors.google_drive.sandbox.grid import Grid, from_csv
from connectors.google_drive.sandbox.item import GOOGLE, SHEET, Item, guessed_type
from connectors.google_drive.sandbox.routes.files import BRIEF, WRITTEN, change, metadata_of
from connectors.google_drive.sandbox.routing import Answer, Call, route
from connectors.google_drive.sandbox.world import Session

Json = dict[str, Any]

STEP = 256 * 1024
LIVES = timedelta(days=7)
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)$")


@route("drive.files.create", "POST", "/upload/drive/v3/files", *WRITTEN, "ignoreDefaultVisibility")
@route("drive.files.create", "POST", "/resumable/upload/drive/v3/files", *WRITTEN, "ignoreDefaultVisibility")
def create(call: Call) -> Answer:
    """Make a file with content."""
    if call.query.get("upload_id"):
        return piece(call)
    return _upload(call, None)


@route("drive.files.update", "PATCH", "/upload/drive/v3/files/{fileId}", *WRITTEN, "addParents", "removeParents")
@route(
    "drive.files.update", "PATCH", "/resumable/upload/drive/v3/files/{fileId}", *WRITTEN, "addParents", "removeParents"
)
def update(call: Call) -> Answer:
    """Replace a file's content."""
    if call.query.get("upload_id"):
        return piece(call)
    return _upload(call, call.world.find(call.access, call.path["fileId"]).file_id)


@route("drive.files.create", "PUT", "/upload/drive/v3/files", *WRITTEN, "ignoreDefaultVisibility")
@route("drive.files.update", "PUT", "/upload/drive/v3/files/{fileId}", *WRITTEN, "addParents", "removeParents")
@route("drive.files.create", "PUT", "/resumable/upload/drive/v3/files", *WRITTEN, "ignoreDefaultVisibility")
@route(
    "drive.files.update", "PUT", "/resumable/upload/drive/v3/files/{fileId}", *WRITTEN, "addParents", "removeParents"
)
def piece(call: Call) -> Answer:
    """Take a piece into a session, or say what it holds."""
    session = call.world.sessions.get(call.query.get("upload_id", ""))
    is_over = session is not None and call.world.clock.now() - session.began >= LIVES
    if session is None or is_over or (call.fault is not None and call.fault.kind == "session_gone"):
        call.world.sessions.pop(call.query.get("upload_id", ""), None)
        raise ApiError(404, "notFound", "Not Found")
    if session.done is not None:
        return _answer(call, session, call.world.items[session.done])
    first, last = _range(call, session)
    if first is None:
        return _finish(call, session) if session.total == 0 else _held(session)
    data = call.body
    if last - first + 1 != len(data):
        raise invalid("Content-Range does not fit the body.")
    if first > len(session.received):
        raise invalid(f"Expected bytes from {len(session.received)} on.")
    if last + 1 != session.total and len(data) % STEP:
        raise invalid(f"The number of bytes is required to be a multiple of {STEP}, except in the last piece.")
    session.received += data[len(session.received) - first :][: _taken(call)]
    if len(session.received) == session.total:
        return _finish(call, session)
    return _held(session)


def _range(call: Call, session: Session) -> tuple[int | None, int]:
    """Read which bytes a piece is of; None where it only asks."""
    whole = f"bytes 0-{len(call.body) - 1}/{len(call.body)}"
    match = _RANGE.match(call.headers.get("content-range", whole))
    if match is None:
        raise invalid("Failed to parse Content-Range header.")
    if match[3] != "*":
        if session.total is not None and session.total != int(match[3]):
            raise invalid("The total differs from what the session was begun with.")
        session.total = int(match[3])
    return (None, -1) if match[1] is None else (int(match[1]), int(match[2]))


def _taken(call: Call) -> int | None:
    """How much of a piece is taken: all, unless it was told to take less."""
    return call.fault.keep_bytes if call.fault is not None and call.fault.kind == "partial" else None


def _upload(call: Call, file_id: str | None) -> Answer:
    match call.query.get("uploadType"):
        case "resumable":
            return _begin(call, file_id)
        case "multipart":
            metadata, media_type, data = _parts(call)
        case "media":
            metadata, media_type, data = {}, call.headers.get("content-type", ""), call.body
        case _:
            raise invalid("Invalid upload type", "uploadType")
    return Answer(
        body=call.masked(call.world.resource(call.access, write(call, file_id, metadata, media_type, data)), BRIEF)
    )


def _begin(call: Call, file_id: str | None) -> Answer:
    metadata = metadata_of(call.body)
    if file_id is None and metadata.get("id") in call.world.items:
        raise ApiError(409, "fileIdInUse", "A file already exists with the provided ID.", where="file.id")
    length = call.headers.get("x-upload-content-length")
    total = int(length) if length is not None else None
    call.world.check_room(call.access.person, total or 0)
    upload_id = "ABPnz" + secrets.token_urlsafe(24)
    call.world.sessions[upload_id] = Session(
        access=call.access,
        began=call.world.clock.now(),
        file_id=file_id,
        metadata=metadata,
        media_type=call.headers.get("x-upload-content-type", ""),
        total=total,
        fields=call.query.get("fields"),
    )
    path = "/upload/drive/v3/files" + (f"/{file_id}" if file_id else "")
    return Answer(headers={"Location": f"{call.url}{path}?uploadType=resumable&upload_id={upload_id}"})


def _held(session: Session) -> Answer:
    headers = {"Range": f"bytes=0-{len(session.received) - 1}"} if session.received else {}
    return Answer(status=308, headers=headers)


def _finish(call: Call, session: Session) -> Answer:
    item = write(call, session.file_id, session.metadata, session.media_type, bytes(session.received))
    session.done = item.file_id
    session.received.clear()
    return _answer(call, session, item)


def _answer(call: Call, session: Session, item: Item) -> Answer:
    return Answer(body=call.masked(call.world.resource(session.access, item), session.fields or BRIEF))


def write(call: Call, file_id: str | None, metadata: Json, media_type: str, data: bytes) -> Item:
    """Make a file, or replace one's content; import it where the type asked for is one of Google's."""
    world = call.world
    if call.fault is not None and call.fault.kind == "garbled":
        data = data[:-1] + bytes([(data[-1] + 1) % 256]) if data else b"?"
    media_type = media_type.partition(";")[0].strip()
    if file_id is None:
        item = world.items.get(str(metadata.get("id")))
        if item is not None:
            raise ApiError(409, "fileIdInUse", "A file already exists with the provided ID.", where="file.id")
        wanted = metadata.get("mimeType")
        if not (wanted or "").startswith(GOOGLE):
            world.check_room(call.access.person, len(data))
        media_type = media_type or guessed_type(str(metadata.get("name", "")))
        item = world.make(call.access, metadata, content=data, media_type=media_type)
    else:
        item = world.find(call.access, file_id)
        world.check_room(call.access.person, len(data) - item.size_bytes)
        change(call, item, {name: value for name, value in metadata.items() if name != "mimeType"})
        if item.content is not None:
            item.replace(data)
            item.mime_type = metadata.get("mimeType") or media_type or item.mime_type
        world.touch(item)
    if item.mime_type == SHEET:
        if media_type != "text/csv":
            raise ApiError(400, "badRequest", "Bad Request")
        item.grid = from_csv(data, item.name) if data else Grid(title=world.sheet_title)
    return item


def _parts(call: Call) -> tuple[Json, str, bytes]:
    """Read a body of `multipart/related`: metadata, then content, byte for byte."""
    kind = call.headers.get("content-type", "")
    message = message_from_bytes(f"content-type: {kind}\r\n\r\n".encode())
    boundary = message.get_boundary()
    if not kind.startswith("multipart/") or boundary is None:
        raise invalid("Failed to parse parts: no boundary.")
    pieces = call.body.split(b"--" + boundary.encode())
    if len(pieces) < 4 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - before, metadata, content, after
        raise invalid("Failed to parse parts.")
    # The content may hold the boundary's text only by a miracle; all between the first and the last is its.
    metadata = _part(pieces[1])[1]
    headers, data = _part((b"--" + boundary.encode()).join(pieces[2:-1]))
    return metadata_of(metadata), headers.get("content-type", ""), data


def _part(piece: bytes) -> tuple[dict[str, str], bytes]:
    head, separator, data = piece.partition(b"\r\n\r\n")
    if not separator:
        head, _, data = piece.partition(b"\n\n")
    lines = [line.partition(b":") for line in head.strip().splitlines()]
    headers = {name.decode().strip().lower(): value.decode().strip() for name, _, value in lines}
    return headers, data.removesuffix(b"\n").removesuffix(b"\r") if data.endswith(b"\n") else data
