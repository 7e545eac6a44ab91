"""Postmaster: the process that serves a Postgres data folder, as its `postmaster.pid` tells."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

_STATUS_LINE = 7  # from 0; Postgres's pidfile.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What the file says. The process may be gone, and its number another program's by now."""

    data: Path
    pid: int
    is_ready: bool

    def is_alive(self) -> bool:
        """Whether any process has this number."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def is_postgres(self) -> bool:
        """Whether the process with this number serves this data folder."""
        return str(self.data) in _command_line(self.pid)

    def forget(self) -> None:
        """Remove the file."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def read_postmaster(data: Path) -> Postmaster | None:
    """What `postmaster.pid` in the data folder says now, or None when there is none that can be read."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if not lines or not lines[0].isdigit():
        return None
    is_ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
    return Postmaster(data=data, pid=int(lines[0]), is_ready=is_ready)


def _command_line(pid: int) -> str:
    if platform.system() == "Linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout  # noqa: S603 - fixed words
