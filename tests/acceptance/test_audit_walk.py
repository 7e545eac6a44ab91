"""The auditor's walk, `docs/audit.md`, done as it is written."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID

import pytest

from store.account_keys import find_wrapped_keys
from store.backends.folder import FolderBackend
from store.checkpoint import Checkpoint
from store.log_keys import open_key
from store.master_keys import MasterKeys
from store.record import AccountId
from tests.acceptance.shell import COMMAND, Shell

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
ROOT = PAGE.parents[1]


@pytest.fixture(scope="module")
def home():
    # Not `tmp_path`: its parents are closed to `nobody`, as whom Postgres runs when tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shell(home):
    code, _, err = Shell(home).spawn("demo", "--home", str(home), "--exit", "--json")
    assert 0 == code, err
    shell = Shell(home)
    with shell.up():
        yield shell


@pytest.mark.timeout(600)  # some thirty commands, each a Python of its own
def test_the_walk_is_as_written(home, shell, tmp_path):
    card = shell.run("records", "--json", "--kind", "card").json["records"][0]
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, command in (("holdfast", COMMAND), ("python", [sys.executable])):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    (vkey,) = shell.run("audit", "key", "--json").json["keys"]
    other = tmp_path / "another auditor's"
    other.write_bytes(another_history(home, vkey))
    environment = shell.environment | {
        "OTHER": str(other),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "BUCKET": str(home / "objects"),
        "CARD": card["id"],
        "BOARD": card["workspace_id"],
    }
    script = "\n".join(["set -euo pipefail", *BLOCKS])
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=540, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    verdicts = re.findall(r"^(?:NOT )?PROVEN(?=:)", done.stdout, re.MULTILINE | re.IGNORECASE)
    before, erased, contradicted = ["proven", "NOT PROVEN", *["proven"] * 9], ["proven"] * 5, ["NOT PROVEN", "proven"]
    rotated = ["proven"] * 2
    assert [*before, *erased, *contradicted, *rotated] == verdicts, done.stdout
    assert "Doe against Roe" in done.stdout
    assert "request of 3 May" in done.stdout
    assert "records, 1 of them without content, are all of" in done.stdout
    assert "has signed two histories: its first 2 entries" in done.stdout


def another_history(home, vkey):
    """Sign, as only who has the master key can, that the log's first two entries were others."""
    bucket = FolderBackend(home / "objects")
    (name,) = [name for name in bucket.list("logs/") if "/keys/" in name]
    account_id = AccountId(UUID(name.split("/")[1]))
    keys, _, _ = find_wrapped_keys(bucket, MasterKeys.from_file(home / "master.key"), account_id)
    signing = open_key(keys, vkey, bucket.get(name))
    return Checkpoint(origin=signing.name, size=2, root=bytes(32)).sign([signing])


def test_the_auditor_gets_one_line_where_nothing_is_proven(shell, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    key, *_ = shell.run("audit", "key", "--json").json["keys"]
    answer = shell.run("audit", "verify", "--key", key, "checkpoint", str(nothing))

    assert (1, "NOT PROVEN: not a signed note\n") == (answer.code, answer.out)
