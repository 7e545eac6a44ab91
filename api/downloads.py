"""Downloads: files by short-lived signed addresses, streamed, whole or in part."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import ids
from api.context import Services
from api.ids import InvalidId, Prefix, RecordRef
from api.signing import Forged, Signer
from store import version_steps
from store.errors import KeyMissing, NotFound
from store.files import decode_recipe
from store.record import AccountId, ConnectionId, ContentId, ExternalId, Kind
from store.repository import Repository

LIFETIME = timedelta(minutes=10)

_PURPOSE = b"download"
_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?[\w-]+=[\w.+-]+)*", re.ASCII)
_UNSAFE = re.compile(r'[^ -~]|["\\%]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What an address stands for."""

    connection_id: UUID
    kind: str
    external_id: str
    content_id: bytes
    expires: int
    """Seconds since 1970."""

    @classmethod
    def of(cls, ref: RecordRef, content_id: ContentId, now: datetime) -> Self:
        """Stand for a file, from now on for a while."""
        return cls(
            connection_id=ref.connection_id,
            kind=ref.kind,
            external_id=ref.external_id,
            content_id=content_id,
            expires=int((now + LIFETIME).timestamp()),
        )


class Unsatisfiable(ValueError):  # noqa: N818 - says what it is
    """A range that lies behind the end."""


def download_path(signer: Signer, account_id: AccountId, download: Download, name: str) -> str:
    """Write the path. The name at its end is for people and for tools that save files; it decides nothing."""
    signed = signer.sign(_PURPOSE, msgspec.json.encode(download))
    account = ids.encode(Prefix.ACCOUNT, account_id)
    return f"/files/{account}/{signed}/{quote(name.replace('/', '_'), safe='') or 'file'}"


async def serve(request: Request) -> Response:
    """Answer GET and HEAD. A wrong signature and one too old are refused alike."""
    services: Services = request.app.state.services
    try:
        account_id = AccountId(ids.decode(request.path_params["account"], Prefix.ACCOUNT))
        repository = await services.repository(account_id)
        signed = Signer.of(repository.keys).open(_PURPOSE, request.path_params["signed"])
        download = msgspec.json.decode(signed, type=Download)
    except (InvalidId, KeyMissing, Forged, msgspec.MsgspecError):
        return refused()
    if services.now().timestamp() >= download.expires:
        return refused()
    content_id = ContentId(download.content_id)
    async with services.database.account(account_id) as connection:
        held = await version_steps.holds(
            connection,
            account_id,
            ConnectionId(download.connection_id),
            Kind(download.kind),
            ExternalId(download.external_id),
            content_id=content_id,
        )
    if not held:
        return plain(404, "There is no such file.")
    try:
        content = await repository.read(content_id)
    except NotFound:
        return plain(404, "There is no such file.")
    return _answer(request, repository, content)


def _answer(request: Request, repository: Repository, content: bytes) -> Response:
    recipe = decode_recipe(content)
    etag = f'"{recipe.sha256}"'
    headers: dict[str, str] = {
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": "private, no-store",
        "content-disposition": disposition(recipe.name),
        "content-type": media_type(recipe.media_type),
        "x-content-type-options": "nosniff",
        # Files are strangers' work: should one be opened in place after all, it may do nothing there.
        "content-security-policy": "default-src 'none'; sandbox",
        "referrer-policy": "no-referrer",
    }
    if etag in _tags(request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range")
    if request.method != "GET" or request.headers.get("if-range", etag) != etag:
        asked = None
    try:
        part = None if asked is None else byte_range(asked, recipe.size_bytes)
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{recipe.size_bytes}"})
    start, end = part or (0, recipe.size_bytes)
    headers["content-length"] = str(end - start)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{recipe.size_bytes}"
    if request.method == "HEAD":
        return Response(headers=headers)
    stream: AsyncIterator[bytes] = repository.stream_file(recipe, start, end)
    return StreamingResponse(stream, status_code=200 if part is None else 206, headers=headers)


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Read a Range header: from, and up to but not including. None: serve the whole, as for several ranges at once."""
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(size - int(suffix), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise Unsatisfiable
    return start, end


def disposition(name: str) -> str:
    """Write Content-Disposition (RFC 6266): always to be saved, under a name that old and new clients read."""
    cleaned = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name) or "file"
    plain = _UNSAFE.sub("_", cleaned)
    extended = "" if plain == cleaned else f"; filename*=UTF-8''{quote(cleaned, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


def _tags(header: str | None) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in (header or "").split(",")]


def media_type(text: str | None) -> str:
    """Return the app's word for what a file is, if it is a media type at all."""
    return text if text is not None and _MEDIA_TYPE.fullmatch(text) else "application/octet-stream"


def refused() -> Response:
    """Refuse an address."""
    return plain(403, "This address is not valid, or not any more.")


def plain(status: int, message: str) -> Response:
    """Answer in a sentence."""
    return Response(message, status_code=status, media_type="text/plain", headers={"cache-control": "no-store"})
