"""monday.com's own client drives the stand-in: @mondaydotcomorg/api, which pip cannot give."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from connectors.monday.sandbox import Sandbox
from tests.contract.monday.conftest import named

PACKAGE = "@mondaydotcomorg/api@14.0.0"


@pytest.fixture
def monday_api() -> Path:
    """The package's folder: `npm install @mondaydotcomorg/api@14.0.0`, HOLDFAST_TEST_NODE_MODULES naming where."""
    folder = Path(os.environ.get("HOLDFAST_TEST_NODE_MODULES", "node_modules")) / "@mondaydotcomorg" / "api"
    if shutil.which("node") is None:
        pytest.skip("needs node")
    if not folder.is_dir():
        pytest.skip(f"needs monday.com's client: npm install {PACKAGE}, and HOLDFAST_TEST_NODE_MODULES naming where")
    return folder.resolve()


@pytest.mark.integration
def test_the_official_client_reads_writes_and_uploads(sandbox: Sandbox, monday_api: Path) -> None:
    board = named(sandbox.world, "Green coffee")
    item = sandbox.world.items[board.item_ids[0]]
    given = json.dumps({"board": str(board.id), "item": str(item.id)})
    command = ["node", str(Path(__file__).parent / "drive.mjs"), str(monday_api), sandbox.url, sandbox.token, given]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    found = json.loads(done.stdout)

    assert {"refused": "InvalidBoardIdException"} == {name: x["error"] for name, x in found.items() if "error" in x}
    answers = {name: x["answer"] for name, x in found.items() if "answer" in x}
    assert sandbox.owner.email == answers["getMe"]["me"]["email"]
    titles = [group["title"] for group in answers["getBoardGroups"]["boards"][0]["groups"]]
    assert [group.title for group in sorted(board.groups.values(), key=lambda group: group.position)] == titles
    assert answers["getBoardItems"]["boards"]
    assert answers["request"]["boards"][0]["name"] == "Green coffee"
    assert "2026-07" == answers["override"]["version"]["value"]
    assert "From the client" == sandbox.world.items[int(answers["createItem"]["create_item"]["id"])].name
    values = item.values
    assert ("LOT-9", "12", 1) == (values["text"], values["kilos"], values["status"]["index"])
    assert "2026-05-04" == values["due"]["date"]
    assert {"name": "client.txt", "file_size": 14} == {
        name: answers["upload"]["add_file_to_column"][name] for name in ("name", "file_size")
    }
