"""`holdfast restore`, as a person runs it: plan, agree, restore, look at what came of it."""

import csv
import json
import shutil
import tarfile
import tempfile
from pathlib import Path

import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards, cards
from connectors.trello.sandbox.sample import Sample
from tests.acceptance.shell import Shell


@pytest.fixture(scope="module")
def trello():
    world = generate(Sample(named_boards=1, cards_each=4, plain_boards=1, plain_cards=2, large_file_bytes=30_000))
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(world, limits=limits) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shell(trello):
    # Not `tmp_path`: its parents are closed to `nobody`, as whom Postgres runs when tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    more = (("HOLDFAST_TRELLO_URL", trello.url), ("HOLDFAST_ALLOW_PRIVATE_ADDRESSES", "1"))
    made = Shell(folder / "home", more)
    connected = made.run("connect", "trello", "--key", trello.key, "--token-stdin", "--json", stdin=trello.token + "\n")
    assert 0 == connected.code, connected
    assert 1 == made.run("backup", "--json").json["result"]["seq"]
    # Beside a running `up`, whose Postgres its commands use and whose worker does the work.
    with made.up():
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def plain_board(trello):
    return next(board for board in trello.world.boards if board["name"].startswith("Archive box"))


def test_a_plan_is_shown_and_nothing_written(shell, trello):
    board = next(iter(trello.world.boards))
    before = len(trello.world.boards)

    plan = shell.run("restore", "--workspace", board["name"], "--plan", "--json").json
    shown = shell.run("restore", "--workspace", board["name"], "--plan")

    assert {"digest", "calls", "seconds", "records", "steps"} <= plan.keys()
    assert plan["calls"] == sum(step["calls"] for step in plan["steps"])
    assert 0 == shown.code
    assert plan["digest"] in "".join(shown.out.split())
    assert "cannot, because" in shown.out
    assert before == len(trello.world.boards)


def test_a_lost_board_is_restored_and_the_report_lists_every_record(shell, trello, tmp_path):
    board = next(iter(trello.world.boards))
    with trello.editing() as world:
        boards.delete(world, board)

    report = tmp_path / "report.csv"
    done = shell.run("restore", "-w", board["id"], "--yes", "--json", "--report", str(report)).json

    assert "succeeded" == done["status"]
    assert [] == done["warnings"]
    assert done["result"]["workspaces"][board["id"]] in trello.world.boards
    rows = list(csv.DictReader(report.read_text(encoding="utf-8").splitlines()))
    assert sum(done["result"]["results"].values()) == len(rows)
    assert {"equal", "lost", "cannot"} == {row["result"] for row in rows}
    card = next(row for row in rows if row["kind"] == "card")
    assert "id" in json.loads(card["lost"])


def test_without_a_yes_nothing_is_written_and_the_digest_is_told(shell, trello):
    board = plain_board(trello)
    card = trello.world.cards.of(board["id"])[0]

    answer = shell.run("restore", f"card:{card['id']}", stdin="n\n")
    digest = answer.err.split("--start ")[1].split("`")[0]
    count = len(trello.world.cards)
    started = shell.run("restore", "--start", digest, "--json")
    again = shell.run("restore", "--start", digest)

    assert 9 == answer.code
    assert "succeeded" == started.json["status"]
    assert count + 1 == len(trello.world.cards)
    assert (6, True) == (again.code, "was started before" in again.err)


def test_a_plan_made_stale_is_refused_with_what_changed(shell, trello):
    board = plain_board(trello)
    card = next(found for found in trello.world.cards.of(board["id"]) if found["name"])
    shell.run("backup")
    with trello.editing() as world:
        cards.update(world, Actor(member=trello.owner), card, {"name": "one"})
    plan = shell.run("restore", f"card:{card['id']}", "--in-place", "--plan", "--json").json
    with trello.editing() as world:
        cards.update(world, Actor(member=trello.owner), card, {"name": "two"})

    refused = shell.run("restore", "--start", plan["digest"])

    assert 6 == refused.code
    assert "PLAN_STALE" in refused.err
    assert card["id"] in refused.out
    assert "two" == card["name"]


def test_a_drill_tells_what_came_of_it_and_signs_it(shell, trello, tmp_path):
    before = len(trello.world.boards)

    done = shell.run("drill", "--into", "scratch", "--json", "--out", str(tmp_path / "drill.note"))

    assert 0 == done.code, done
    assert done.json["result"]["statement"] == (tmp_path / "drill.note").read_text(encoding="utf-8")
    assert before == len(trello.world.boards)


def test_an_export_goes_on_where_it_broke_off(shell, tmp_path):
    archive = tmp_path / "all.tar"
    first = shell.run("export", "--output", str(archive), "--as-of", "1", "--json")
    whole = archive.read_bytes()
    operation = first.json["operation_id"]
    # As if the disk had been full: a part of it lies beside, and is gone on with.
    part = tmp_path / f".all.tar.{operation[:8]}.part"
    part.write_bytes(whole[:100_000])
    archive.unlink()

    again = shell.run("export", "--resume", operation, "--output", str(archive), "--json")

    assert (0, 0) == (first.code, again.code), again
    assert whole == archive.read_bytes()
    assert not part.exists()
    with tarfile.open(archive) as opened:
        assert {"manifest.json", "SHA256SUMS", "records/card.jsonl", "records/card.csv"} <= set(opened.getnames())


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "say what to restore"),
        (("card:nothing",), 3, "no record"),
        (("--start", "xyz"), 2, "no digest"),
        (("--start", "00" * 32), 3, "no plan of this digest"),
        (("--resume", "x"), 2, "no operation's id"),
        (("card:x", "--report", "report.txt"), 2, "a .json or a .csv file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(shell, arguments, code, says):
    answer = shell.run("restore", *arguments)

    assert (code, True) == (answer.code, says in answer.err), answer
    assert 1 == len(answer.err.strip().splitlines())
