"""A shell: `holdfast` as a person runs it, in a process of its own or, where that costs too much, in this one."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from api.cli import main

COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'holdfast'; from api.cli import main; main()"]
GENEROUS_SECONDS = 90
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on standard output."""
        assert self.code in {0, 10}, self
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs commands on one home."""

    home: Path
    more: tuple[tuple[str, str], ...] = ()

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
        # Nothing a test does may reach the real Trello.
        ours = {"HOLDFAST_HOME": str(self.home), "HOLDFAST_TRELLO_URL": NOWHERE, "COLUMNS": "200"}
        return kept | ours | dict(self.more)

    def run(self, *arguments, stdin=""):
        """Run a command to its end, in this process: starting Python anew for each would be most of the time."""
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(sys, "argv", ["holdfast", *arguments]),
            mock.patch.object(sys, "stdin", io.StringIO(stdin)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Answer(code=code, out=out.getvalue(), err=err.getvalue())

    def spawn(self, *arguments):
        """Run a command to its end, in a process of its own."""
        done = subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, timeout=GENEROUS_SECONDS, check=False
        )
        return done.returncode, done.stdout, done.stderr.decode()

    @contextmanager
    def up(self) -> Iterator[str]:
        """Have `holdfast up` running on the home; gives the API's address."""
        with self.started("up", "--port", "0") as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "GraphQL API" in line:
                    yield line.split()[-1]
                    break
            else:
                process.wait(GENEROUS_SECONDS)
                raise AssertionError(process.stderr.read() if process.stderr else "")
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(GENEROUS_SECONDS)

    @contextmanager
    def started(self, *arguments) -> Iterator[subprocess.Popen[str]]:
        """Start a command that stays; it is killed at the end if it has not ended by itself."""
        process = subprocess.Popen(
            [*COMMAND, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
