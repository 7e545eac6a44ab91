"""Peers: the backup tools that the same records are given to, as files."""

import os
import shutil
import subprocess
import time
from pathlib import Path

_ENV = {
    **os.environ,
    "RESTIC_PASSWORD": "bench",
    "BORG_PASSPHRASE": "bench",
    "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
}


def size_bytes(folder: Path) -> int:
    """Count a folder's bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Restic:
    """restic with its defaults: encrypted, zstd."""

    name = "restic"

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "restic"
        self._cache = folder / "restic-cache"

    @staticmethod
    def installed() -> bool:
        """Whether it can be run here."""
        return shutil.which("restic") is not None

    def init(self) -> None:
        """Make an empty repository."""
        self._run("init")

    def backup(self, source: Path) -> float:
        """Back up a folder; return wall seconds."""
        return self._run("backup", str(source))

    def _run(self, *arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run(
            ["restic", "-q", "-r", str(self.repository), "--cache-dir", str(self._cache), *arguments],
            check=True,
            env=_ENV,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - started


class Borg:
    """borg with lz4, its default, and encryption."""

    name = "borg lz4"

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "borg"
        self._env = {**_ENV, "BORG_BASE_DIR": str(folder / "borg-base")}
        self._number = 0

    @staticmethod
    def installed() -> bool:
        """Whether it can be run here."""
        return shutil.which("borg") is not None

    def init(self) -> None:
        """Make an empty repository."""
        self._run("init", "--encryption=repokey-blake2", str(self.repository))

    def backup(self, source: Path) -> float:
        """Back up a folder; return wall seconds."""
        self._number += 1
        return self._run("create", "--compression", "lz4", f"{self.repository}::a{self._number}", str(source))

    def _run(self, *arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run(["borg", *arguments], check=True, env=self._env, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started
