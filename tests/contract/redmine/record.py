"""Record: `python -m tests.servers redmine -- python -m tests.contract.redmine.record` writes anew what is replayed."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.base import FullReason
from connectors.call import Call, Reply
from connectors.http import Http, HttpSettings
from connectors.pacing import Pacer
from connectors.redmine.connector import RedmineConnector, RedmineSettings
from store.canonical import decode
from tests.contract.connector import Seen, read
from tests.contract.redmine.replay import RECORDING, question_of
from tests.integration.redmine.conftest import Redmine, later
from tests.integration.redmine.server import RealRedmine
from tests.integration.redmine.small import Small


class Recorder(Http):
    """An HTTP client that writes down every answer."""

    def __init__(self) -> None:
        super().__init__(HttpSettings(allow_private=True))
        self.moment: dict[str, Any] = {}

    async def request(self, call: Call, *, pacer: Pacer | None = None) -> Reply:
        reply = await super().request(call, pacer=pacer)
        body = {"json": decode(reply.body)} if reply.body.strip() else {"bytes": ""}
        self.moment[_question(call)] = {"status": reply.status, **body}
        return reply

    @asynccontextmanager
    async def download(
        self, call: Call, *, pacer: Pacer | None = None, size_bytes: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        async with super().download(call, pacer=pacer, size_bytes=size_bytes) as stream:
            body = b"".join([part async for part in stream])

        async def again() -> AsyncIterator[bytes]:
            yield body

        self.moment[_question(call)] = {"status": 200, "bytes": base64.b64encode(body).decode()}
        yield again()


def _question(call: Call) -> str:
    parts = urlsplit(call.url)
    return question_of(f"{parts.path}?{urlencode(call.params)}")


async def _fetch(seen: Seen) -> None:
    for file in seen.files.values():
        async with file.open() as stream:
            async for _ in stream:
                pass


async def main() -> None:
    real = RealRedmine.at(os.environ)
    small, http = Small.made(real), Recorder()
    case = Redmine(real, small, RedmineConnector(RedmineSettings(), http=http, utc_now=later))
    before = await read(case)
    await _fetch(before)
    await read(case, state=before.state, held=before.held)
    moments = {"before": http.moment}
    small.edit()
    http.moment = {}
    await _fetch(await read(case, state=before.state, held=before.held))
    await read(case, full=FullReason.SCHEDULED)
    moments["after"] = http.moment
    text = json.dumps({"server": "Redmine 5.0.4, Debian 12", "moments": moments}, indent=1, ensure_ascii=False)
    RECORDING.write_text(text.replace(real.url, "http://redmine.example") + "\n", encoding="utf-8")
    await http.aclose()
    real.close()


if __name__ == "__main__":
    asyncio.run(main())
