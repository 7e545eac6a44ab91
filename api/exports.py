"""Exports: archives by signed addresses, streamed as they are made, whole or from any byte on."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import ids
from api.context import Info, Services
from api.downloads import Unsatisfiable, byte_range, disposition, plain, refused
from api.ids import InvalidId, Prefix
from api.signing import Forged, Signer
from store import exports
from store.errors import KeyMissing
from store.record import AccountId, OperationId
from store.repository import Repository
from workers.exporting.layout import Layout
from workers.exporting.rows import Rows
from workers.exporting.stream import stream

LIFETIME = timedelta(hours=24)
"""Longer than a file's: an archive takes long, and is gone on with when the line breaks."""

_PURPOSE = b"export"


class _Export(msgspec.Struct, frozen=True):
    operation_id: UUID
    expires: int


async def export_url(info: Info, operation_id: OperationId) -> str:
    """Give the address of an archive, which works for a day."""
    context = info.context
    path = export_path(await context.signer(), context.account_id, operation_id, context.services.now())
    return context.services.public_url + path


def export_path(signer: Signer, account_id: AccountId, operation_id: OperationId, now: datetime) -> str:
    """Write the path of an archive."""
    asked = _Export(operation_id=operation_id, expires=int((now + LIFETIME).timestamp()))
    signed = signer.sign(_PURPOSE, msgspec.json.encode(asked))
    return f"/exports/{ids.encode(Prefix.ACCOUNT, account_id)}/{signed}/export.tar"


async def serve(request: Request) -> Response:
    """Answer GET and HEAD, with ranges. A wrong signature and one too old are refused alike."""
    services: Services = request.app.state.services
    try:
        account_id = AccountId(ids.decode(request.path_params["account"], Prefix.ACCOUNT))
        repository = await services.repository(account_id)
        signed = Signer.of(repository.keys).open(_PURPOSE, request.path_params["signed"])
        asked = msgspec.json.decode(signed, type=_Export)
    except (InvalidId, KeyMissing, Forged, msgspec.MsgspecError):
        return refused()
    if services.now().timestamp() >= asked.expires:
        return refused()
    async with services.database.account(account_id) as connection:
        found = await exports.get(connection, account_id, OperationId(asked.operation_id))
    if found is None or found.finished_at is None:
        return plain(404, "There is no such archive.")
    return _answer(request, repository, found)


def _answer(request: Request, repository: Repository, found: exports.Export) -> Response:
    data = found.layout(repository.keys)
    layout = Layout.decode(data)
    size, etag = layout.size_bytes, f'"{hashlib.sha256(data).hexdigest()}"'
    headers = {
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": "private, no-store",
        "content-disposition": disposition(f"holdfast-{found.seq}-{str(found.operation_id)[:8]}.tar"),
        "content-type": "application/x-tar",
        "x-content-type-options": "nosniff",
    }
    asked = request.headers.get("range")
    if request.method != "GET" or request.headers.get("if-range", etag) != etag:
        asked = None
    try:
        part = None if asked is None else byte_range(asked, size)
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["content-length"] = str(end - start)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        return Response(headers=headers)
    rows = Rows(repository=repository, connection_id=found.connection_id, seq=found.seq, asked=layout.asked)
    body = stream(rows, layout, start, end)
    return StreamingResponse(body, status_code=200 if part is None else 206, headers=headers)
