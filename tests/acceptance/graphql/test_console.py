"""The query console: complete on this server, and alive in a real browser without any other."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from tests.acceptance.graphql.live import serve
from tests.api_fixtures import Client
from tests.api_world import Holder

PAGE = Path(__file__).parents[3] / "api" / "graphiql" / "page"


async def test_page_is_served_with_a_policy_that_reaches_nothing_else(client: Client):
    response = await client.http.get("/graphiql/")

    assert (200, "nosniff") == (response.status_code, response.headers["x-content-type-options"])
    assert "default-src 'none'; script-src 'self'" in response.headers["content-security-policy"]


async def test_every_file_the_page_names_is_there(client: Client):
    page = (await client.http.get("/graphiql/")).text
    named = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    for script in PAGE.glob("*.js"):
        named |= set(re.findall(r"from '\./([^']+)'", script.read_text()))

    assert {"console.css", "console.js", "docs.js", "examples.js", "hints.js", "transport.js"} == named
    for name in named:
        assert 200 == (await client.http.get(f"/graphiql/{name}")).status_code, name


def test_nothing_points_elsewhere():
    for file in PAGE.iterdir():
        assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", file.read_text()), file.name


async def test_examples_are_valid():
    from graphql import parse, validate

    from api.schema import schema

    text = (PAGE / "examples.js").read_text()
    bodies = re.findall(r": (?:'((?:[^'\\]|\\.)*)'|`([^`]*)`),", text)
    assert 8 == len(bodies)
    for quoted, plain in bodies:
        query = plain or quoted.replace("\\n", "\n")
        assert [] == validate(schema._schema, parse(query)), query


@pytest.mark.integration
async def test_page_lives_in_a_browser(app: Starlette, acme: Holder, tmp_path: Path):
    if shutil.which("chromium") is None:
        pytest.skip("needs Debian's chromium")
    async with serve(app) as url, browse(f"{url}/graphiql/", tmp_path) as page:
        await page.until("document.body?.dataset.ready === 'yes'")  # the scripts ran; introspection came back
        docs = await page.run("document.getElementById('page').innerText")
        await page.run(f"document.getElementById('token').value = {json.dumps(acme.token)}")
        await page.run("document.getElementById('run').click()")
        await page.until("document.getElementById('answer').textContent.includes('Acme')")
        status = await page.run("document.getElementById('status').textContent")
        await page.run(
            "const q = document.getElementById('query'); q.value = '{ account { memb'; q.focus();"
            "q.setSelectionRange(16, 16); q.dispatchEvent(new Event('input'))"
        )
        hints = await page.run("document.getElementById('hints').innerText")
        await page.run(
            "document.getElementById('query').value = 'subscription { operationUpdated(id: \"ope_x\") { status } }';"
            "document.getElementById('run').click()"
        )
        await page.until("document.getElementById('answer').textContent.includes('NOT_FOUND')")

    assert ["Query", "Mutation", "Subscription"] == docs.split()
    assert re.match(r"200 · \d+ ms · cost \d+ of \d+", status)
    assert "members" == hints


@dataclass
class Page:
    """One page of a browser, over its debugging socket."""

    socket: ClientConnection
    last: int = 0

    async def run(self, script: str) -> Any:
        """Evaluate; return the value."""
        self.last += 1
        asked = {"expression": f"{{ {script} }}", "returnByValue": True}
        await self.socket.send(json.dumps({"id": self.last, "method": "Runtime.evaluate", "params": asked}))
        while True:
            message = json.loads(await self.socket.recv())
            if message.get("id") == self.last:
                assert "exceptionDetails" not in message["result"], message
                return message["result"]["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(60):
            while not await self.run(condition):  # noqa: ASYNC110 - the condition is in another process
                await asyncio.sleep(0.05)


@asynccontextmanager
async def browse(address: str, folder: Path) -> AsyncIterator[Page]:
    """Open an address in a headless browser that can reach loopback alone."""
    process = await asyncio.create_subprocess_exec(
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder}",
        # Any name fails: the page must not need one.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--remote-debugging-port=0",
        address,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            written = folder / "DevToolsActivePort"
            while not (written.exists() and written.read_text()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
            port = written.read_text().split()[0]
            pages: list[dict[str, str]] = []
            while not pages:
                listed = (await http.get(f"http://127.0.0.1:{port}/json")).json()
                pages = [each for each in listed if each["type"] == "page" and each["url"] == address]
        async with connect(pages[0]["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        await process.wait()
