"""Replay: what a real Redmine answered, given again: the same answer to the same question, and 404 to any other.

The recording is of `python -m tests.contract.redmine.record`, before a server that `make test-redmine` would start.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

RECORDING = Path(__file__).parent / "redmine-5.0.4.json"
KEY = "0123456789abcdef0123456789abcdef01234567"

Fault = Callable[[str, bytes], tuple[int, bytes] | None]
"""Given a question and the right answer, what to answer in its place; None resets the connection."""


@dataclass(slots=True)
class Replay:
    """A server. `moment` says which of the recorded moments it is at."""

    moments: Mapping[str, Mapping[str, Any]]
    moment: str = "before"
    asked: list[str] = field(default_factory=list)
    fault: Fault | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    """Question → what to answer it by, whatever was recorded."""
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *rest = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
                answer = self._answer(first.split(" ")[1], headers)
                if answer is None:
                    break
                status, body, media_type = answer
                lines = [
                    f"HTTP/1.1 {status} Said",
                    f"content-type: {media_type}",
                    f"content-length: {len(body)}",
                    "",
                    "",
                ]
                writer.write("\r\n".join(lines).encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, target: str, headers: Mapping[str, str]) -> tuple[int, bytes, str] | None:
        if headers.get("x-redmine-api-key") != KEY:
            return 401, b"", "application/json"
        question = question_of(target)
        self.asked.append(question)
        if question in self.statuses:
            return self.statuses[question], b"", "application/json"
        found = self.moments[self.moment].get(question)
        if found is None:
            return 404, b"", "application/json"
        body = base64.b64decode(found["bytes"]) if "bytes" in found else json.dumps(found["json"]).encode()
        status = found["status"]
        if self.fault is not None:
            wrong = self.fault(question, body)
            if wrong is None:
                return None
            status, body = wrong
        return status, body, "application/json"


def question_of(target: str) -> str:
    """Write a request's target in one form: its path, and its parameters sorted."""
    parts = urlsplit(target)
    query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{parts.path}?{query}" if query else parts.path


@asynccontextmanager
async def replaying() -> AsyncIterator[Replay]:
    """Run one on loopback."""
    replay = Replay(json.loads(RECORDING.read_text(encoding="utf-8"))["moments"])
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0)
    replay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield replay
    finally:
        server.close()
        await server.wait_closed()
