"""Multipart: the parts of an upload (RFC 7578)."""

import re
from dataclasses import dataclass, field

from connectors.monday.sandbox.errors import ApiError

_PARAMETER = re.compile(r';\s*(\w+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part."""

    place: str
    """The field of the form."""
    name: str
    """The file's; empty for a plain field."""
    media_type: str | None
    content: bytes = field(repr=False)


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """Take a body apart."""
    boundary = dict(_pairs(content_type)).get("boundary")
    if not boundary:
        raise ApiError("BadRequest", "the multipart body has no boundary", 400)
    found = []
    for chunk in body.split(b"--" + boundary.encode())[1:]:
        if chunk.startswith(b"--"):
            break
        head, _, content = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        given = dict(_pairs(headers.get("content-disposition", "")))
        found.append(
            Part(
                place=given.get("name", ""),
                name=given.get("filename", ""),
                media_type=headers.get("content-type"),
                content=content.removesuffix(b"\r\n"),
            )
        )
    return found


def _pairs(header: str) -> list[tuple[str, str]]:
    return [(name, (quoted or plain).replace('\\"', '"')) for name, quoted, plain in _PARAMETER.findall(header)]
