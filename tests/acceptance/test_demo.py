"""The demo, from the shell to its one line of JSON; and every command on what it left behind."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.acceptance.shell import Answer, Shell


@pytest.fixture(scope="module")
def home():
    # Not `tmp_path`: its parents are closed to `nobody`, as whom Postgres runs when tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(home):
    code, out, err = Shell(home).spawn("demo", "--home", str(home), "--exit", "--json")
    return Answer(code=code, out=out.decode(), err=err)


@pytest.fixture(scope="module")
def status(home, demo):
    """What `holdfast status` says while nothing runs on the home."""
    assert 0 == demo.code, demo
    return Shell(home).run("status", "--json").json


@pytest.fixture(scope="module")
def shell(home, status):
    """A shell beside a running `holdfast up`, whose Postgres its commands use."""
    shell = Shell(home)
    with shell.up():
        yield shell


@pytest.fixture(scope="module")
def changes(shell):
    return shell.run("diff", "--json", "-n", "1000").json["changes"]


def test_it_ends_with_one_line_of_json(demo):
    assert 0 == demo.code, demo
    assert 1 == len(demo.out.splitlines())
    told = demo.json
    assert {"snapshots", "records", "chunks", "bytes_stored", "added", "edited", "deleted", "seconds"} == told.keys()
    assert 2 == told["snapshots"]
    assert all(told[name] > 0 for name in told)


def test_what_changed_is_what_was_done(demo, changes):
    cards = {name: [c for c in changes if (c["kind"], c["change"]) == ("card", name)] for name in ("added", "deleted")}

    assert (3, 2) == (len(cards["added"]), len(cards["deleted"]))
    assert (demo.json["added"], demo.json["edited"], demo.json["deleted"]) == tuple(
        sum(change["change"] == name for change in changes) for name in ("added", "edited", "deleted")
    )
    archived = [
        c for c in changes if {"path": "/closed", "change": "changed", "old": False, "new": True} in c["differences"]
    ]
    assert 2 == len(archived)


def test_history_tells_which_fields_differ(shell, changes):
    edited = next(c for c in changes if c["kind"] == "card" and "(changed)" in c["title"])
    told = shell.run("history", f"card:{edited['id']}", "--json").json

    assert ["added", "edited"] == [step["change"] for step in told["steps"]]
    assert edited["differences"] == told["steps"][1]["differences"]
    assert edited["title"] in shell.run("history", edited["id"]).out


def test_history_tells_of_a_deletion(shell, changes):
    deleted = next(c for c in changes if (c["kind"], c["change"]) == ("card", "deleted"))
    told = shell.run("history", f"card:{deleted['id']}", "--json").json

    assert ["added", "deleted"] == [step["change"] for step in told["steps"]]


def test_records_are_listed_as_of_any_snapshot(shell, changes):
    deleted = {c["id"] for c in changes if (c["kind"], c["change"]) == ("card", "deleted")}

    def cards(*more):
        return {row["id"] for row in shell.run("records", "-k", "card", "-n", "10000", "--json", *more).json["records"]}

    assert deleted <= cards("--as-of", "1")
    assert not deleted & cards()
    assert deleted == cards("--deleted")


def test_records_are_found_by_the_name_of_their_workspace(shell):
    found = shell.run("records", "-k", "list", "-n", "1", "--json").json["records"][0]
    same = shell.run("records", "-w", found["workspace"], "-n", "3", "--json").json["records"]

    assert {found["workspace_id"]} == {row["workspace_id"] for row in same}


def test_get_gives_content_as_of_any_snapshot(shell, changes):
    edited = next(c for c in changes if c["kind"] == "card" and "(changed)" in c["title"])
    name = next(d for d in edited["differences"] if d["path"] == "/name")
    then = shell.run("get", edited["id"], "--as-of", "1", "--json").json
    now = shell.run("get", f"card:{edited['id']}", "--json").json

    assert (name["old"], name["new"]) == (then["content"]["name"], now["content"]["name"])


def test_get_writes_a_file(shell, changes, tmp_path):
    attached = next(c for c in changes if (c["kind"], c["change"]) == ("file", "added"))
    told = shell.run("get", attached["id"], "--file", str(tmp_path), "--json").json
    written = tmp_path / attached["title"]

    assert (str(written), told["bytes"]) == (told["file"], written.stat().st_size)
    assert written.read_bytes().startswith(b"\x89PNG")
    code, piped, _ = shell.spawn("get", attached["id"], "--file", "-")
    assert (0, written.read_bytes()) == (code, piped)


def test_status_tells_of_connections_and_operations(status):
    assert [("Trello (stand-in)", "active", 2)] == [
        (each["name"], each["status"], each["snapshot"]["seq"]) for each in status["connections"]
    ]
    assert ["succeeded", "succeeded"] == [each["status"] for each in status["operations"]]
    assert not status["is_running"]


def test_status_tells_that_it_runs(shell):
    assert shell.run("status", "--json").json["is_running"]


def test_a_backup_that_fails_says_so_and_keeps_what_is_held(shell):
    # Loopback, where connectors do not go unless told.
    failed = shell.run("backup", "--json")

    assert 8 == failed.code, failed
    assert "APP_REFUSED" == json.loads(failed.out)["error"]["code"]
    assert 2 == shell.run("status", "--json").json["connections"][0]["snapshot"]["seq"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("get", "card:none"), 3),
        (("records", "--kind", "nonsense"), 2),
        (("records", "--as-of", "soon"), 2),
        (("records", "--as-of", "2001-01-01"), 3),
        (("records", "-w", "nowhere"), 3),
        (("history", "card:none", "--connection", "nobody"), 3),
        (("demo", "--json"), 2),
        (("connect", "trello", "--key", "k"), 2),
        (("worker",), 2),
        (("migrate",), 2),
        (("nonsense",), 2),
    ],
)
def test_what_goes_wrong_is_one_line_and_a_code(shell, arguments, code):
    answer = shell.run(*arguments)

    assert code == answer.code, answer
    assert "Traceback" not in answer.err
    if arguments != ("nonsense",):
        assert answer.err.startswith("holdfast: "), answer
        assert 1 == len(answer.err.splitlines())


def test_secrets_are_in_files_that_only_their_owner_reads(home, demo):
    for name in ("token", "master.key"):
        assert 0o600 == (home / name).stat().st_mode & 0o777


def test_no_secret_is_printed(shell):
    token = (shell.home / "token").read_text().strip()
    told = "".join(
        shell.run(*command).out for command in (["status"], ["settings"], ["token", "list"], ["key", "show-id"])
    )

    assert token not in told
    assert (shell.home / "master.key").read_text().split()[-1] not in told


def test_a_token_is_made_listed_and_revoked(shell):
    made = shell.run("token", "create", "for a test", "--scope", "record:read", "--days", "3", "--json").json
    listed = shell.run("token", "list", "--json").json
    revoked = shell.run("token", "revoke", made["token_id"], "--json").json

    assert made["token"].startswith("hf_")
    assert ["record:read"] == next(each for each in listed if each["token_id"] == made["token_id"])["scopes"]
    assert revoked["revoked_at"] is not None


def test_a_master_key_is_rotated(shell):
    new = shell.run("key", "new", "--json").json["key"]
    old = shell.home / "master.key"
    rotating = Shell(shell.home, (("HOLDFAST_MASTER_KEY", new), ("HOLDFAST_MASTER_KEY_OLD_FILES", str(old))))
    before = rotating.run("key", "show-id", "--json").json
    assert 1 == len(before["older"])
    assert 1 == len(rotating.run("key", "rotate", "--json").json["rewrapped"])
    only_new = Shell(shell.home, (("HOLDFAST_MASTER_KEY", new),))
    assert only_new.run("records", "-n", "1", "--json").json["records"]
    # And back, so that the tests after this one find the home as it was.
    back = Shell(shell.home, (("HOLDFAST_MASTER_KEY_OLD", new),))
    assert 1 == len(back.run("key", "rotate", "--json").json["rewrapped"])
