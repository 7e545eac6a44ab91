"""Upload: content into a file, in one request where it is small, in a session that survives breaks where it is large.

Google's protocol: a session is opened with the metadata, its address takes pieces in order, every piece but the last a
multiple of 256 KiB, and answers 308 with what it holds so far. After a break it is asked, and only what it says counts.
"""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import orjson

from connectors.call import Call, Reply
from connectors.errors import BadReply, Gone, Retriable
from connectors.google_drive.client import DriveClient
from connectors.google_drive.errors import Exists, SessionGone
from connectors.google_drive.file import FIELDS, DriveFile, read_file
from connectors.pacing import backoff_seconds

STEP_BYTES = 256 * 1024
"""What the length of every piece but the last is a multiple of."""
PIECE_BYTES = 32 * STEP_BYTES
SMALL_BYTES = 5 * 1000 * 1000
"""The most that goes with its metadata in one request."""
SESSION_DAYS = 6
"""How old a session may be that is gone on with: Google lets one live for a week."""
_BREAKS = 6
"""How often in a row a session may break without taking anything more."""


class Source(Protocol):
    """Bytes to send, which can be read again from anywhere and are then the same."""

    @property
    def media_type(self) -> str:
        """What kind of content it is."""
        ...

    @property
    def size_bytes(self) -> int | None:
        """Its length; None where only the end tells."""
        ...

    @property
    def sha256(self) -> str | None:
        """Its checksum in hex, where that is known beforehand."""
        ...

    def read(self, start: int) -> AsyncIterator[bytes]:
        """Give the bytes from `start` on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which file is written, and what is said of it with its content."""

    file_id: str
    is_new: bool
    """Whether it is made by this; else its content is replaced, and the id stays."""
    metadata: Mapping[str, Any] = field(repr=False)


class Journal(Protocol):
    """What has to be kept so that an upload outlives its worker."""

    async def began(self, session: str) -> None:
        """Keep a session's address. It is a credential: whoever has it can write the file."""
        ...

    async def ending(self, sha256: str) -> None:
        """Keep what the file will be, before the request that makes it so."""
        ...


async def upload(
    client: DriveClient, target: Target, source: Source, journal: Journal, *, session: str | None = None
) -> DriveFile:
    """Write a file and return it as Drive then has it, its checksum and size compared with what was sent.

    `session`: one that was begun for the same target and bytes; where it is over, another is begun. Raises BadReply
    where Drive holds something else than was sent, twice.
    """
    for _ in range(2):
        file, digest, size_bytes = await _once(client, target, source, journal, session)
        if file.sha256 == digest and file.size_bytes == size_bytes:
            return file
        target, session = _again(target), None
    raise BadReply(f"Drive holds other bytes than were sent to file {target.file_id}")


async def _once(
    client: DriveClient, target: Target, source: Source, journal: Journal, session: str | None
) -> tuple[DriveFile, str, int]:
    if session is None and (source.size_bytes is None or source.size_bytes <= SMALL_BYTES):
        async with aclosing(_generator(source.read(0))) as stream:
            data = await _at_most(stream, SMALL_BYTES)
        if data is not None:
            digest = sha256(data).hexdigest()
            await journal.ending(digest)
            return await _multipart(client, target, source.media_type, data), digest, len(data)
    for _ in range(2):
        try:
            if session is None:
                session = await _begin(client, target, source)
                await journal.began(session)
                held = 0
            else:
                answer = await _ask(client, session, source.size_bytes)
                if isinstance(answer, DriveFile):
                    return await _finished(source, answer)
                held = answer
            return await _Session(client, session, source, journal).send(held)
        except SessionGone:
            session = None
        except Exists:
            # An earlier attempt has made it, and its reply was lost: what it holds is replaced, or found equal.
            target, session = _again(target), None
    raise Retriable("Drive ended two upload sessions before they could be used")


async def _multipart(client: DriveClient, target: Target, media_type: str, data: bytes) -> DriveFile:
    boundary = secrets.token_hex(16)
    head = (
        f"--{boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n".encode()
        + orjson.dumps(_metadata(target))
        + f"\r\n--{boundary}\r\ncontent-type: {media_type}\r\n\r\n".encode()
    )
    call = _call(
        client,
        target,
        "multipart",
        headers={"content-type": f"multipart/related; boundary={boundary}"},
        content=head + data + f"\r\n--{boundary}--\r\n".encode(),
    )
    try:
        reply = await client.send(call)
    except Exists:
        return await client.get(target.file_id)
    return read_file(reply.place, reply.json())


async def _begin(client: DriveClient, target: Target, source: Source) -> str:
    headers = {"x-upload-content-type": source.media_type, "content-type": "application/json; charset=UTF-8"}
    if source.size_bytes is not None:
        headers["x-upload-content-length"] = str(source.size_bytes)
    call = _call(client, target, "resumable", headers=headers, content=orjson.dumps(_metadata(target)))
    reply = await client.send(call)
    address = reply.headers.get("location")
    if not address:
        raise BadReply(f"{reply.place} began an upload session without an address")
    return address


def _call(client: DriveClient, target: Target, upload_type: str, *, headers: Mapping[str, str], content: bytes) -> Call:
    path = "/drive/v3/files" if target.is_new else f"/drive/v3/files/{target.file_id}"
    return Call(
        method="POST" if target.is_new else "PATCH",
        url=client.settings.upload_url + path,
        params={"uploadType": upload_type, "fields": FIELDS, "supportsAllDrives": "true"},
        headers=headers,
        content=content,
        idempotent=True,
    )


def _again(target: Target) -> Target:
    """Write to what an earlier attempt has made. Where it lies is not written by an update."""
    metadata = {name: value for name, value in target.metadata.items() if name != "parents"}
    return Target(file_id=target.file_id, is_new=False, metadata=metadata)


def _metadata(target: Target) -> dict[str, Any]:
    return {**target.metadata, **({"id": target.file_id} if target.is_new else {})}


async def _ask(client: DriveClient, session: str, size_bytes: int | None) -> int | DriveFile:
    """Ask a session how many bytes it holds; the file where it has ended well. SessionGone where it is over."""
    total = "*" if size_bytes is None else str(size_bytes)
    return await _put(client, session, b"", f"bytes */{total}", idempotent=True)


async def _put(
    client: DriveClient, session: str, data: bytes, content_range: str, *, idempotent: bool
) -> int | DriveFile:
    call = Call(
        method="PUT",
        url=session,
        headers={"content-range": content_range},
        content=data,
        idempotent=idempotent,
        shown_as="/upload/drive/v3/files/{session}",
    )
    try:
        reply = await client.send(call)
    except Gone as error:
        raise SessionGone(str(error)) from None
    if reply.status == 308:  # noqa: PLR2004 - Google's own number
        return _held(reply)
    return read_file(reply.place, reply.json())


def _held(reply: Reply) -> int:
    """Read how many bytes a session holds; without a Range none."""
    text = reply.headers.get("range")
    if text is None:
        return 0
    first, _, last = text.removeprefix("bytes=").partition("-")
    if first != "0" or not last.isdigit():
        raise BadReply(f"{reply.place} holds a range that cannot be read")
    return int(last) + 1


class _Session:
    """One session being filled."""

    def __init__(self, client: DriveClient, address: str, source: Source, journal: Journal) -> None:
        self._client = client
        self._address = address
        self._source = source
        self._journal = journal
        self._breaks = 0

    async def send(self, held: int) -> tuple[DriveFile, str, int]:
        """Send everything from what the session holds on; read the source again where it holds less than was sent."""
        while True:
            done = await self._pass(held)
            if not isinstance(done, int):
                return done
            held = done

    async def _pass(self, held: int) -> int | tuple[DriveFile, str, int]:
        """Send in one reading of the source; an int says that it has to be read again from there."""
        digest = sha256()
        # Where the checksum is not known beforehand, it is reckoned over all that the session holds already, too.
        start = held if self._source.sha256 is not None else 0
        async with aclosing(_Reader(self._source, start)) as reader:
            while start < held:
                skipped = await reader.take(min(PIECE_BYTES, held - start))
                digest.update(skipped)
                start += len(skipped)
            while True:
                data = await reader.take(PIECE_BYTES)
                digest.update(data)
                is_last = await reader.is_at_end()
                end = held + len(data)
                if is_last:
                    await self._journal.ending(self._source.sha256 or digest.hexdigest())
                total = (
                    str(end) if is_last else "*" if self._source.size_bytes is None else str(self._source.size_bytes)
                )
                answer = await self._piece(data, held, total)
                if isinstance(answer, DriveFile):
                    return answer, self._source.sha256 or digest.hexdigest(), end
                if answer != end:
                    # The server's word counts, whatever was sent.
                    self._count_break(moved=answer > held)
                    return answer
                held = end
                self._breaks = 0

    async def _piece(self, data: bytes, held: int, total: str) -> int | DriveFile:
        content_range = f"bytes {held}-{held + len(data) - 1}/{total}" if data else f"bytes */{total}"
        try:
            return await _put(self._client, self._address, data, content_range, idempotent=False)
        except Retriable as error:
            self._count_break(moved=False, error=error)
            await self._client.sleep(backoff_seconds(self._breaks, first=1.0, most=64.0))
            return await _ask(self._client, self._address, int(total) if total != "*" else None)

    def _count_break(self, *, moved: bool, error: Retriable | None = None) -> None:
        self._breaks = 0 if moved else self._breaks + 1
        if self._breaks > _BREAKS:
            raise error or Retriable("an upload session takes nothing more")


class _Reader:
    """A source's bytes in pieces of a wished length."""

    def __init__(self, source: Source, start: int) -> None:
        self._stream = _generator(source.read(start))
        self._left = bytearray()
        self._ended = False

    async def take(self, size_bytes: int) -> bytes:
        """Give so many bytes; fewer at the end."""
        await self._fill(size_bytes)
        data = bytes(self._left[:size_bytes])
        del self._left[:size_bytes]
        return data

    async def is_at_end(self) -> bool:
        """Whether nothing is left."""
        await self._fill(1)
        return not self._left

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()

    async def _fill(self, size_bytes: int) -> None:
        while len(self._left) < size_bytes and not self._ended:
            try:
                self._left += await anext(self._stream)
            except StopAsyncIteration:
                self._ended = True


async def _generator(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for piece in pieces:
        yield piece


async def _at_most(stream: AsyncIterator[bytes], size_bytes: int) -> bytes | None:
    """Read all of a stream, or give None where it is longer."""
    data = bytearray()
    async for piece in stream:
        data += piece
        if len(data) > size_bytes:
            return None
    return bytes(data)


async def _finished(source: Source, file: DriveFile) -> tuple[DriveFile, str, int]:
    """Compare a file that a session had finished before it was asked."""
    if source.sha256 is not None and source.size_bytes is not None:
        return file, source.sha256, source.size_bytes
    digest, size_bytes = sha256(), 0
    async for piece in source.read(0):
        digest.update(piece)
        size_bytes += len(piece)
    return file, digest.hexdigest(), size_bytes
