"""The audits of `graphql-http`, the specification's own test suite, against a live server."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.acceptance.graphql.live import serve
from tests.api_world import Holder

AUDITS = Path(__file__).parent / "audits"


@pytest.mark.integration
async def test_every_audit_passes(app: Starlette, acme: Holder):
    node = shutil.which("node")
    if node is None or not (AUDITS / "node_modules" / "graphql-http").is_dir():
        pytest.skip(f"needs node, and `npm ci` in {AUDITS.relative_to(Path.cwd())}")
    async with serve(app) as url:
        process = await asyncio.create_subprocess_exec(
            node, str(AUDITS / "audit.mjs"), f"{url}/graphql", acme.token, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    results = [json.loads(line) for line in output.splitlines()]

    assert [] == [result for result in results if result["status"] != "ok"]
    assert 61 <= len(results)
