"""Reading requests: query, form, JSON and multipart become one set of parameters."""

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from connectors.trello.sandbox.call import Upload
from connectors.trello.sandbox.errors import ApiError

Json = dict[str, Any]

_NESTED = re.compile(r"(\w+)\[(\w+)\]\Z")
_PART = re.compile(rb'(name|filename)="((?:[^"\\]|\\.)*)"')


async def read(request: Request) -> tuple[Json, Upload | None]:
    """Give the parameters of a request, and the file it uploads, if any."""
    params: Json = {}
    _merge(params, request.query_params.multi_items())
    if request.method == "GET":
        return params, None
    body = await request.body()
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return params, _multipart(params, kind, body)
    if kind.startswith("application/json") and body:
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise ApiError(400, "Error parsing body") from None
        if isinstance(found, dict):
            params.update(found)
    elif body:
        _merge(params, parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return params, None


def _merge(params: Json, pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        nested = _NESTED.match(name)
        if nested is None:
            params[name] = value
        else:
            inner = params.setdefault(nested.group(1), {})
            if isinstance(inner, dict):
                inner[nested.group(2)] = value


def _multipart(params: Json, kind: str, body: bytes) -> Upload | None:
    match = re.search(r'boundary="?([^";]+)"?', kind)
    if match is None:
        raise ApiError(400, "Error parsing body")
    upload = None
    for part in body.split(b"--" + match.group(1).encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        names = {name.decode(): value.decode("utf-8", "replace") for name, value in _PART.findall(head)}
        content = content.removesuffix(b"\r\n")
        if "filename" in names:
            media = re.search(rb"(?i)content-type:\s*([^\r\n;]+)", head)
            upload = Upload(
                name=names["filename"], content=content, mime_type=media.group(1).decode().strip() if media else None
            )
        else:
            _merge(params, [(names.get("name", ""), content.decode("utf-8", "replace"))])
    return upload
