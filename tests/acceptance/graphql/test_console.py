"""The query console: complete on this server, and alive in a real browser without any other."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette

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
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("needs Debian's chromium")
    async with serve(app) as url:
        process = await asyncio.create_subprocess_exec(
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path}",
            # Any name but loopback's fails: the page must not need one.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"{url}/graphiql/",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 90)
    page = output.decode()

    assert 'data-ready="yes"' in page  # the scripts ran and introspection came back
    assert re.search(r'<article id="page">.*Query.*Mutation.*Subscription', page)
    assert "Who am I" in page
