"""The auditor's walk, `docs/audit.md`, done as it is written."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

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


@pytest.mark.timeout(300)
def test_the_walk_is_as_written(home, shell, tmp_path):
    card = shell.run("records", "--json", "--kind", "card").json["records"][0]
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, command in (("holdfast", COMMAND), ("python", [sys.executable])):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    environment = shell.environment | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "BUCKET": str(home / "objects"),
        "CARD": card["id"],
        "BOARD": card["workspace_id"],
    }
    script = "\n".join(["set -euo pipefail", *BLOCKS])
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    verdicts = re.findall(r"^(?:NOT )?PROVEN(?=:)", done.stdout, re.MULTILINE | re.IGNORECASE)
    assert ["proven", "NOT PROVEN", *["proven"] * 10] == verdicts, done.stdout
    assert "Doe against Roe" in done.stdout


def test_the_auditor_gets_one_line_where_nothing_is_proven(shell, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    (key,) = shell.run("audit", "key", "--json").json["keys"]
    answer = shell.run("audit", "verify", "--key", key, "checkpoint", str(nothing))

    assert (1, "NOT PROVEN: not a signed note\n") == (answer.code, answer.out)
