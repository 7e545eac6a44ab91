"""A client library that checks every reply drives the stand-in: trello.js, which pip cannot give."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from connectors.trello.sandbox import Sandbox
from tests.contract.trello.rich import Rich
from tests.contract.trello.test_models import ids_of

REFUSED_RIGHTLY = {
    "avatarHash: Invalid input: expected string, received null": "null for a person without a picture: recorded",
    "avatarUrl: Invalid input: expected string, received null": "null for a person without a picture: recorded",
    "idOrganization: Invalid input: expected string, received null": "null for a board in no workspace: recorded",
    "bytes: Invalid input: expected string, received number": "a number in every recorded attachment",
}
"""What trello.js refuses though the real API answers so, and what shows it."""


@pytest.fixture
def trello_js() -> Path:
    """The package's folder: `npm install trello.js@2.2.0`, and `HOLDFAST_TEST_NODE_MODULES` names where."""
    folder = Path(os.environ.get("HOLDFAST_TEST_NODE_MODULES", "node_modules")) / "trello.js"
    if shutil.which("node") is None:
        pytest.skip("needs node")
    if not folder.is_dir():
        pytest.skip("needs trello.js: npm install trello.js@2.2.0, and HOLDFAST_TEST_NODE_MODULES naming where")
    return folder.resolve()


@pytest.mark.integration
def test_trello_js_reads_and_writes(sandbox: Sandbox, trello_js: Path) -> None:
    # A stand-in of its own: what other tests write into a shared one, the real Trello might refuse.
    with sandbox.editing() as world:
        rich = Rich.build(world, sandbox.owner)
    address = [sandbox.url, sandbox.key, sandbox.token]
    command = ["node", str(Path(__file__).parent / "drive.mjs"), str(trello_js), *address]
    done = subprocess.run([*command, json.dumps(ids_of(rich))], capture_output=True, check=True, timeout=60)
    refused = {(call, why) for call, found in json.loads(done.stdout).items() for why in found}

    assert set() == {(call, why) for call, why in refused if why not in REFUSED_RIGHTLY}
    assert "Changed by trello.js" == sandbox.world.cards.get(rich.card["id"])["name"]
    assert rich.plain_card["id"] not in sandbox.world.cards
