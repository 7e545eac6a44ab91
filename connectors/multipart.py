"""Multipart: a form with a file in it (RFC 7578), streamed and of a length known before the first byte is sent."""

import secrets
from collections.abc import AsyncIterator, Mapping

from connectors.call import Upload
from connectors.errors import Refused

_LENGTH_MOST = 1024


class Multipart:
    """One request's body. `stream` may be used once; `content_type` and `size_bytes` go into the headers."""

    def __init__(self, upload: Upload, form: Mapping[str, str]) -> None:
        boundary = secrets.token_hex(16)
        self._upload = upload
        self._before = b"".join(_part(boundary, name, value.encode()) for name, value in form.items())
        self._after = b""
        self.content_type = upload.media_type or "application/octet-stream"
        if upload.part is not None:
            disposition = f'form-data; name="{_quoted(upload.part)}"; filename="{_quoted(upload.name)}"'
            head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
            if upload.media_type is not None and _is_plain(upload.media_type):
                # What is not known, and what would end the header, the app finds out itself.
                head += f"Content-Type: {upload.media_type}\r\n"
            self._before += f"{head}\r\n".encode()
            self._after = f"\r\n--{boundary}--\r\n".encode()
            self.content_type = f"multipart/form-data; boundary={boundary}"
        elif form:
            raise Refused("a body that is a file alone has no form")

    @property
    def size_bytes(self) -> int:
        """The length of the whole body."""
        return len(self._before) + self._upload.size_bytes + len(self._after)

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the body. Raises Refused where the file is not as long as it says, and what the file raises."""
        if self._before:
            yield self._before
        left = self._upload.size_bytes
        async for piece in self._upload.open():
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise Refused(f"a file of {self._upload.size_bytes} bytes to upload has another length")
        if self._after:
            yield self._after


def _part(boundary: str, name: str, value: bytes) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _quoted(name: str) -> str:
    """Write a name as browsers do (WHATWG HTML, multipart/form-data): UTF-8, with three characters escaped."""
    shown = name[:_LENGTH_MOST].encode("utf-8", "replace").decode()
    return shown.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()
