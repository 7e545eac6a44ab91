"""The auditor: runs `store/verify.py` as somebody does who has nothing else of ours."""

import io
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import store.verify
from store import log, verify

FILE = Path(store.verify.__file__)


def ask(*arguments):
    """Run it in this process: the exit code, and the one line."""
    out = io.StringIO()
    with redirect_stdout(out):
        code = verify.main([str(argument) for argument in arguments])
    (line,) = out.getvalue().splitlines()
    return code, line


def ask_alone(folder, *arguments):
    """Run a copy of the one file with nothing of ours on the path."""
    shutil.copy(FILE, folder / "verify.py")
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.strip()


async def vkey(held):
    """Ask for a store's verification key: what the auditor got from somewhere else."""
    async with held.transaction() as connection:
        return (await log.vkeys(connection, held.repository.account_id))[-1]


def bucket(held):
    """Return the bucket as a folder."""
    return held.repository.backend.folder
