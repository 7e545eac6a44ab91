"""The Python that `make` takes: an earlier name before a later one, and of one name a build that is optimised."""

import subprocess
import sys
from pathlib import Path

import pytest

CHOOSE = Path(__file__).parents[2] / ".ci" / "python"


def stub(folder, name, says):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def chosen(*folders):
    path = ":".join(map(str, folders))
    run = subprocess.run(["/bin/sh", CHOOSE], env={"PATH": path}, capture_output=True, text=True, check=True)
    return run.stdout


@pytest.fixture
def first(tmp_path):
    return tmp_path / "first"


@pytest.fixture
def second(tmp_path):
    return tmp_path / "second"


def test_one_that_is_optimised_goes_before_one_that_comes_first(first, second):
    stub(first, "python3.11", "good")
    stub(second, "python3.11", "best")

    assert f"{second}/python3.11\n" == chosen(first, second)


def test_an_earlier_name_goes_before_one_that_is_optimised(first, second):
    stub(first, "python3.12", "best")
    stub(second, "python3.11", "good")

    assert f"{second}/python3.11\n" == chosen(first, second)


def test_the_first_on_the_path_goes_before_its_equals(first, second):
    for says in ("good", "best"):
        stub(first, "python3.13", says)
        stub(second, "python3.13", says)

        assert f"{first}/python3.13\n" == chosen(first, second)


def test_what_is_too_old_or_broken_is_passed_over(first, second):
    stub(first, "python3.11", "")
    stub(first, "python3.12", "best >&2; exit 1")
    (first / "python3.13").mkdir()
    stub(second, "python3", "good")

    assert f"{second}/python3\n" == chosen(first, second, "/nowhere")


def test_none_is_none(first):
    assert chosen(first) == ""


def test_the_python_that_runs_this_would_do(first):
    first.mkdir()
    (first / "python3").symlink_to(sys.executable)

    assert f"{first}/python3\n" == chosen(first)
