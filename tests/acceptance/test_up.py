"""`holdfast up`: a home of its own, an API that answers, a backup through it, and every way to end."""

import json
import shutil
import signal
import socket
import tempfile
import urllib.request
from pathlib import Path

import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.sample import SAMPLES
from tests.acceptance.shell import GENEROUS_SECONDS, Shell


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trello():
    with Sandbox(generate(SAMPLES["tiny"]), limits=RateLimits(enforced=False)) as sandbox:
        yield sandbox


@pytest.fixture
def shell(home, trello):
    return Shell(home, (("HOLDFAST_TRELLO_URL", trello.url), ("HOLDFAST_ALLOW_PRIVATE_ADDRESSES", "1")))


def ask(url, token, query):
    request = urllib.request.Request(
        url,
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def test_connect_back_up_change_and_look_back(shell, home, trello):
    connected = shell.run(
        "connect", "trello", "--key", trello.key, "--token-stdin", "--json", stdin=trello.token + "\n"
    )
    # Nothing runs: the command does the work itself.
    first = shell.run("backup", "--json").json
    with trello.editing() as world:
        card = next(iter(world.cards))
        card["name"] = "Renamed by hand"
        card["dateLastActivity"] = "2030-01-01T00:00:00.000Z"
        next(board for board in world.boards if board["id"] == card["idBoard"])["dateLastActivity"] = card[
            "dateLastActivity"
        ]
    with shell.up() as url:
        # Now the worker of `up` does it.
        second = shell.run("backup", "--json").json
        token = (home / "token").read_text().strip()
        data = ask(url, token, "{ viewer { __typename } account { name } }")
        looked = shell.run("get", f"card:{card['id']}", "--json").json
    (told,) = shell.run("status", "--json").json["connections"]
    strip = shell.run("status").out
    held = shell.run("scope", "--json").json
    board = next(each for each in held["workspaces"] if each["kind"] == "board")
    left_out = shell.run("scope", "--exclude", board["name"], "--json").json
    taken_in = shell.run("scope", "--all", "--json").json

    assert trello.owner["fullName"] == connected.json["person"]
    assert (1, 2) == (first["result"]["seq"], second["result"]["seq"])
    assert 1 <= second["result"]["edited"] <= 3  # the card, and what Trello tells of it elsewhere
    assert "Home" == data["account"]["name"]
    assert "Renamed by hand" == looked["content"]["name"]
    assert (30, "succeeded", 2) == (
        len(told["days"]), told["days"][-1]["outcome"], sum(day["succeeded"] for day in told["days"])
    )  # fmt: skip
    assert told["strip"] in strip
    assert (True, []) == (board["in_scope"], held["gaps"])
    assert [board["workspace_id"]] == left_out["excluded"]
    assert [False] == [
        each["in_scope"] for each in left_out["workspaces"] if each["workspace_id"] == board["workspace_id"]
    ]
    assert (None, []) == (taken_in["included"], taken_in["excluded"])


def test_credentials_that_do_not_work_are_not_kept(shell, trello):
    refused = shell.run("connect", "trello", "--key", trello.key, "--token-stdin", stdin="ATTAwrong\n")

    assert 4 == refused.code, refused
    assert "ATTAwrong" not in refused.out + refused.err
    assert [] == shell.run("status", "--json").json["connections"]


def test_a_second_one_on_the_same_home_is_refused(shell):
    with shell.up():
        second = shell.run("up", "--port", "0")

    assert 6 == second.code, second
    assert 1 == len(second.err.splitlines())


def test_a_port_that_is_taken_is_named(shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = shell.run("up", "--port", str(taken.getsockname()[1]))

    assert 6 == answer.code, answer
    assert "HOLDFAST_PORT" in answer.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_starts_again_after_every_end(shell, number):
    with shell.started("up", "--port", "0") as process:
        for line in process.stdout:
            if "GraphQL API" in line:
                break
        process.send_signal(number)
        assert (0 if number == signal.SIGINT else -number) == process.wait(GENEROUS_SECONDS)
    with shell.up():
        pass


def test_a_lost_master_key_is_told_and_not_replaced(shell, home, trello):
    shell.run("connect", "trello", "--key", trello.key, "--token-stdin", stdin=trello.token + "\n")
    (home / "master.key").rename(home / "elsewhere")
    answer = shell.run("status")

    assert 7 == answer.code, answer
    assert not (home / "master.key").exists()
