"""The commands: help lists each by what it says of itself, and a shell can complete all of them."""

import json
import os
import subprocess
import sys

import pytest
import typer.main

from api.cli import COMMANDS, assemble


@pytest.fixture(scope="module")
def program():
    return typer.main.get_command(assemble(COMMANDS))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_of_a_command_what_it_says_of_itself(program, name):
    assert program.commands[name].help.startswith(COMMANDS[name].says.removesuffix("."))


def test_help_lists_what_there_is(program):
    assert program.commands.keys() == typer.main.get_command(assemble([])).commands.keys()


def test_help_imports_no_command():
    script = "import sys; from api.cli import assemble; assemble([]); print('api.cli.session' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()


@pytest.mark.parametrize("before", [[], ["--"]])
def test_a_command_is_run_wherever_it_stands(before):
    script = "from api.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *before, "settings", "--json"], capture_output=True, text=True, check=True
    )

    assert "HOLDFAST_HOME" in {setting["variable"] for setting in json.loads(done.stdout)}


def test_a_shell_completes_the_options_of_a_command():
    script = "import sys; sys.argv = ['holdfast']; from api.cli import main; main()"
    asked = {"_HOLDFAST_COMPLETE": "complete_bash", "COMP_WORDS": "holdfast status --js", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ | asked
    )

    assert "--json" == done.stdout.strip()
