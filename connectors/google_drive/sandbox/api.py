"""The APIs' origin: every request is read, judged, noted and answered here, with whatever was told to go wrong."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connectors.google_drive.sandbox import routes  # noqa: F401 - registers every route
from connectors.google_drive.sandbox.errors import DOMAINS, ApiError
from connectors.google_drive.sandbox.faults import Fault, Faults
from connectors.google_drive.sandbox.oauth import OAuth
from connectors.google_drive.sandbox.routing import Answer, Call, Route, check_parameters, find
from connectors.google_drive.sandbox.world import World
from connectors.stand_in.wire import break_off

Json = dict[str, Any]

MOST_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that arrived, answered well or not."""

    method: str
    path: str
    query: Mapping[str, str]
    method_id: str
    """`drive.files.list`; empty where there is none."""
    headers: Mapping[str, str] = field(repr=False)

    @property
    def is_write(self) -> bool:
        """Whether it may have changed something."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None


@dataclass(slots=True, kw_only=True)
class Api:
    """Answers for both APIs and for batches."""

    world: World
    oauth: OAuth
    faults: Faults
    requests: list[Seen] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.scope["raw_path"].decode().partition("?")[0]
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        body = await request.body()
        shown = f"{request.method} {path}?{request.url.query}".rstrip("?")
        fault = self.faults.next(shown)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "reset":
            return break_off(request)
        if path.startswith("/batch"):
            response = self._batch(request, body)
        else:
            headers = {name.lower(): value for name, value in request.headers.items()}
            asked = _Asked(method=request.method, path=path, query=query, headers=headers, body=body, fault=fault)
            response = _response(self._one(asked))
        if fault is not None and fault.kind == "late":
            await asyncio.sleep(fault.seconds)
        return break_off(request) if fault is not None and fault.kind == "lost" else response

    def _one(self, asked: _Asked) -> Answer:
        found: Route | None = None
        is_plain = asked.path.startswith("/v4/")
        with self.world.lock:
            try:
                found, parts = find(asked.method, asked.path)
                return self._judged(found, parts, asked)
            except ApiError as error:
                after = asked.fault.retry_after if asked.fault is not None else None
                headers = {"Retry-After": after} if after else {}
                return Answer(body=error.body(plain=is_plain), status=error.status, headers=headers)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                refusal = ApiError(400, "badRequest", f"Bad Request ({type(error).__name__})")
                return Answer(body=refusal.body(plain=is_plain), status=400)
            finally:
                method_id = found.method_id if found is not None else ""
                self.requests.append(
                    Seen(
                        method=asked.method,
                        path=asked.path,
                        query=asked.query,
                        method_id=method_id,
                        headers=asked.headers,
                    )
                )

    def _judged(self, found: Route, parts: Mapping[str, str], asked: _Asked) -> Answer:
        fault = asked.fault
        if fault is not None and fault.kind == "reason":
            message = f"The request was refused: {fault.reason}"
            raise ApiError(fault.status, fault.reason, message, domain=DOMAINS.get(fault.reason, "global"))
        access = self.oauth.judge(asked.headers.get("authorization"))
        check_parameters(found, asked.query)
        call = Call(
            world=self.world,
            access=access,
            path=parts,
            query=asked.query,
            headers=asked.headers,
            body=asked.body,
            url=self.url,
            fault=fault,
        )
        return found.handler(call)

    def _batch(self, request: Request, body: bytes) -> Response:
        """Answer `multipart/mixed`: each part is a request of its own, with a status of its own."""
        kind = request.headers.get("content-type", "")
        message = message_from_bytes(f"content-type: {kind}\r\n\r\n".encode() + body)
        parts = message.get_payload()
        if not message.is_multipart() or not isinstance(parts, list) or len(parts) > MOST_BATCH:
            error = ApiError(400, "badRequest", f"A batch is multipart/mixed, of at most {MOST_BATCH} calls.")
            return _response(Answer(body=error.body(), status=400))
        boundary = "batch_stand_in"
        pieces = []
        for part in parts:
            assert not isinstance(part, str)
            inner = part.get_payload(decode=True)
            assert isinstance(inner, bytes)
            answer = self._inner(inner, dict(request.headers))
            content_id = str(part.get("Content-ID", "")).strip("<>")
            written = b"" if answer.body is None else orjson.dumps(answer.body)
            head = (
                f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-{content_id}>\r\n\r\n"
                f"HTTP/1.1 {answer.status} Said\r\nContent-Type: {answer.media_type}\r\n"
                f"Content-Length: {len(written)}\r\n\r\n"
            )
            pieces.append(head.encode() + written + b"\r\n")
        end = f"--{boundary}--".encode()
        return Response(b"".join(pieces) + end, media_type=f"multipart/mixed; boundary={boundary}")

    def _inner(self, text: bytes, outer: Mapping[str, str]) -> Answer:
        head, _, body = text.replace(b"\r\n", b"\n").partition(b"\n\n")
        lines = head.decode().split("\n")
        method, target, _ = lines[0].split(" ")
        own = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {**{name.lower(): value for name, value in outer.items() if name.lower() == "authorization"}, **own}
        asked = _Asked(method=method, path=parts.path, query=query, headers=headers, body=body.strip())
        return self._one(asked)


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    content = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
    headers = {**answer.headers, "Content-Type": answer.media_type}
    return Response(content, answer.status, headers=headers)
