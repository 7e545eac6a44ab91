import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store.backends.folder import FolderBackend
from store.errors import Invalid, Unavailable

KILLED_WRITER = """
import os, sys
from pathlib import Path
from store.backends import folder

moment = sys.argv[2]
real_link, real_fsync = os.link, os.fsync

def die(*_):
    os.kill(os.getpid(), 9)

def link(*arguments):
    if moment == "before link":
        die()
    real_link(*arguments)
    if moment == "after link":
        die()

def fsync(descriptor):
    if moment == "before fsync":
        die()
    real_fsync(descriptor)

os.link, os.fsync = link, fsync
folder.FolderBackend(Path(sys.argv[1])).put("packs/ab/key", b"whole" * 1000)
"""


def every_file(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("moment", "listed"), [("before fsync", []), ("before link", []), ("after link", ["packs/ab/key"])]
)
def test_a_killed_writer_leaves_only_unfinished_files(tmp_path: Path, moment: str, listed: list[str]) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(tmp_path), moment], check=False)
    assert -signal.SIGKILL == killed.returncode

    backend = FolderBackend(tmp_path)
    assert listed == list(backend.list(""))
    assert all(name in listed or name.startswith(".unfinished/") for name in every_file(tmp_path))
    assert (not listed) == backend.put("packs/ab/key", b"whole" * 1000)
    assert b"whole" * 1000 == backend.get("packs/ab/key")


def test_nothing_is_left_beside_what_was_put(tmp_path: Path) -> None:
    backend = FolderBackend(tmp_path)
    backend.put("a/b", b"1")
    backend.put("a/b", b"2")

    assert ["a/b"] == every_file(tmp_path)


def test_others_can_read_nothing(tmp_path: Path) -> None:
    backend = FolderBackend(tmp_path / "store")
    backend.put("a/b", b"1")

    assert 0o600 == (tmp_path / "store/a/b").stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "store/a").stat().st_mode & 0o777


def test_files_of_others_are_not_listed(tmp_path: Path) -> None:
    backend = FolderBackend(tmp_path)
    (tmp_path / ".DS_Store").write_bytes(b"")
    (tmp_path / ".unfinished" / "half").write_bytes(b"")

    assert [] == list(backend.list(""))


def test_a_key_cannot_lead_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    backend = FolderBackend(tmp_path / "store")

    with pytest.raises(Invalid):
        backend.get("../secret")


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    backend = FolderBackend(tmp_path)
    backend.put("a", b"1")

    with pytest.raises(Unavailable, match="a/b"):
        backend.put("a/b", b"2")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Unavailable):
        FolderBackend(tmp_path / "file" / "store")


def test_its_url_names_the_folder(tmp_path: Path) -> None:
    assert (tmp_path / "my store").as_uri() == FolderBackend(tmp_path / "my store").url


def test_a_folder_that_is_gone_is_away_and_not_empty(tmp_path):
    backend = FolderBackend(tmp_path / "objects")
    backend.put("packs/aa/one", b"1")
    (tmp_path / "objects").rename(tmp_path / "unmounted")
    asks = [
        lambda: backend.get("packs/aa/one"),
        lambda: backend.get_range("packs/aa/one", 0, 1),
        lambda: backend.size("packs/aa/one"),
        lambda: list(backend.list("packs/")),
        lambda: backend.put("packs/aa/two", b"2"),
        lambda: backend.replace("packs/aa/one", b"2"),
    ]

    for ask in asks:
        with pytest.raises(Unavailable):
            ask()
    assert not (tmp_path / "objects").exists()
    (tmp_path / "unmounted").rename(tmp_path / "objects")
    assert b"1" == backend.get("packs/aa/one")
