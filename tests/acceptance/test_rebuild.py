"""`holdfast rebuild`: Postgres is gone, the bucket and the master key are not, and a shell brings everything back."""

import shutil
import tempfile
from pathlib import Path

import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.sample import SAMPLES
from tests.acceptance.shell import Shell


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trello():
    with Sandbox(generate(SAMPLES["tiny"]), limits=RateLimits(enforced=False)).start() as sandbox:
        yield sandbox


@pytest.fixture
def shell(home, trello):
    return Shell(home, (("HOLDFAST_TRELLO_URL", trello.url), ("HOLDFAST_ALLOW_PRIVATE_ADDRESSES", "1")))


def authorise(shell, trello, *more):
    return shell.run("connect", "trello", "--key", trello.key, "--token-stdin", *more, stdin=trello.token + "\n")


def seen(shell):
    """What a shell shows of what is held, and of what changed."""
    return shell.run("records", "-n", "10000", "--json").json, shell.run("diff", "1", "2", "--json").json


def test_everything_comes_back_and_goes_on(shell, home, trello):
    authorise(shell, trello, "--name", "Boards of mine")
    assert 0 == shell.run("backup").code
    with trello.editing() as world:
        card = next(iter(world.cards))
        card["name"] = "Renamed by hand"
        card["dateLastActivity"] = "2030-01-01T00:00:00.000Z"
        board = next(board for board in world.boards if board["id"] == card["idBoard"])
        board["dateLastActivity"] = card["dateLastActivity"]
    assert 0 == shell.run("backup").code
    before = seen(shell)
    shutil.rmtree(home / "postgres")
    refused = shell.run("status")
    rebuilt = shell.run("rebuild", "--json")
    told = rebuilt.json

    assert (6, True) == (refused.code, "holdfast rebuild" in refused.err)
    assert (1, 1, 2, []) == (told["accounts"], told["connections"], told["snapshots"], told["losses"])
    assert ["Boards of mine"] == [connection["name"] for connection in told["to_authorise"]]
    assert [(home / "token").read_text().strip()] == list(told["tokens"].values())
    assert before == seen(shell)
    assert 0 == shell.run("verify", "--depth", "content").code
    assert 8 == shell.run("backup").code

    authorise(shell, trello, "--add-to", "Boards of mine")
    trello.services.requests.clear()
    third = shell.run("backup", "--json").json["result"]

    assert (3, 0) == (third["seq"], third["added"] + third["edited"] + third["moved"] + third["deleted"])
    assert len(trello.services.requests) <= 3
    assert 6 == shell.run("rebuild").code


def test_what_is_damaged_is_named(shell, home, trello):
    authorise(shell, trello)
    shell.run("backup")
    largest = max((home / "objects" / "packs").rglob("*/*"), key=lambda path: path.stat().st_size)
    largest.unlink()
    shutil.rmtree(home / "postgres")
    answer = shell.run("rebuild")

    assert 7 == answer.code, answer
    assert largest.name in answer.out
