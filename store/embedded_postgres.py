"""Embedded Postgres: a private server in a folder, with no service, no TCP and no other user let in."""

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from store.errors import Conflict, Invalid, Unavailable
from store.postgres_binaries import STABLE_FOLDER, Binaries, RunAs, find, run_as
from store.postmaster import read_postmaster

_PORT = 5432  # only names the socket's file
_LONGEST_SOCKET_FOLDER = 107 - len(f"/.s.PGSQL.{_PORT}")
_LONGEST_LOG_BYTES = 8 * 1024 * 1024
_START_SECONDS = 60.0  # a long crash recovery counts as progress, see _wait_until_ready
_STOP_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # No replica reads this log, so it carries only what recovery needs; a table filled where it was made skips it.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # As much as committing a large first snapshot writes: with less, what inserts its rows has to write the log, too.
    "wal_buffers": "64MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    # Parallel plans pass rows through /dev/shm, which containers make too small.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


class AlreadyRunning(Conflict):
    """Another process runs Postgres on this folder: use that one (`running_url`), or stop it first."""


class WrongVersion(Invalid):
    """The folder was made by another major version of Postgres: point HOLDFAST_PG_BIN at that version."""


class PostgresFailed(Unavailable):
    """Postgres did not start; the message ends with what it logged."""


class EmbeddedPostgres:
    """One Postgres on one folder. Lives as long as the process that starts it, and no longer, however that ends.

    `folder` is made if need be. Root runs the server as `nobody`; where `nobody` cannot reach `folder`, its state
    goes below `/var/lib/holdfast` instead, always to the same place, and `notice` says so. `durable=False` is for
    tests alone: it skips every fsync.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._user = run_as()
        self.folder = _place(folder, self._user)
        self.notice: str | None = None
        if self.folder != folder.absolute():
            self.notice = (
                f"Postgres runs as `nobody`, who cannot reach {folder.absolute()}: its state is in {self.folder}"
            )
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    def start(self) -> str:
        """Start, making the cluster and the database `holdfast` the first time; the URL for the role `holdfast`.

        From the main thread only: the server is told to stop when the thread that started it ends. AlreadyRunning
        when somebody else has the folder; WrongVersion; PostgresFailed.
        """
        if threading.current_thread() is not threading.main_thread():
            raise Invalid(
                "embedded Postgres must be started from the main thread: it dies with the thread it came from"
            )
        if self._process is not None:
            raise AlreadyRunning(f"Postgres already runs on {self.folder}")
        binaries = find(self._user)
        self._make_folders()
        self._lock = _lock(self.folder)
        try:
            self._stop_orphan()
            self._prepare(binaries)
            self._launch(binaries)
        except BaseException:
            self.stop()
            raise
        return self.url()

    def url(self, *, database: str = "holdfast", superuser: bool = False) -> str:
        """Where to connect, for asyncpg and libpq alike. Holds a password: never log it.

        The role `holdfast` owns its database and nothing else, because row-level security does not bind superusers.
        """
        role = "postgres" if superuser else "holdfast"
        where = urlencode({"host": str(self._socket_folder()), "port": _PORT})
        return f"postgresql://{role}:{self._passwords()[role]}@/{database}?{where}"

    def stop(self) -> None:
        """Stop cleanly; a no-op when it does not run. Everything committed is on disk afterwards."""
        if self._process is not None:
            # Fast shutdown, then immediate, then none: each loses no committed row, only the time to recover.
            for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._process.send_signal(request)
                try:
                    self._process.wait(timeout=_STOP_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self._process = None
        if self._lock is not None:
            if self._socket_folder().parent != self.folder:
                shutil.rmtree(self._socket_folder(), ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _make_folders(self) -> None:
        self._user.make_passable(self.folder)
        if not self._socket_folder().exists():
            self._socket_folder().mkdir(mode=0o700)
            self._give(self._socket_folder())

    def _give(self, path: Path) -> None:
        if self._user.uid is not None and self._user.gid is not None:
            os.chown(path, self._user.uid, self._user.gid)

    def _socket_folder(self) -> Path:
        """Beside the data, or, where that path is too long for a socket, a short private one named by the folder."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER:
            return beside
        # Always in /tmp, whatever TMPDIR says now: another process must find it too. Its name is not guessable.
        return Path("/tmp") / f"holdfast-{_name(self.folder, self._passwords()['postgres'])}"  # noqa: S108

    def _passwords(self) -> dict[str, str]:
        file = self.folder / "secrets.json"
        if not file.exists():
            made = {"postgres": secrets.token_hex(24), "holdfast": secrets.token_hex(24), "set": ""}
            _write_private(file, json.dumps(made))
        passwords: dict[str, str] = json.loads(file.read_text())
        return passwords

    def _stop_orphan(self) -> None:
        """A server whose parent was killed is still shutting down, or (not on Linux) still runs: see it out."""
        deadline = time.monotonic() + _STOP_SECONDS
        while (postmaster := read_postmaster(self._data)) is not None and postmaster.is_alive():
            if not postmaster.is_postgres():
                # The number now belongs to another program, which Postgres would take for itself.
                postmaster.forget()
                return
            if time.monotonic() > deadline:
                raise AlreadyRunning(f"Postgres (process {postmaster.pid}) runs on {self.folder} and does not stop")
            os.kill(postmaster.pid, signal.SIGINT)
            time.sleep(0.05)

    def _prepare(self, binaries: Binaries) -> None:
        """Make the cluster if there is none: in a folder beside, renamed when whole, so no crash leaves half of one."""
        if not self._data.exists():
            fresh = self.folder / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            self._give(fresh)
            options = [] if self._durable else ["--no-sync"]
            self._run(
                [
                    *(binaries.folder / "initdb", "-D", fresh, "-U", "postgres", "-E", "UTF8", "--locale=C"),
                    *("--auth=reject", "--no-instructions", *options),
                ]
            )
            passwords = self._passwords()
            self._single_user(
                binaries,
                fresh,
                f"alter role postgres password '{passwords['postgres']}'",
                f"create role holdfast login nosuperuser nocreatedb nocreaterole password '{passwords['holdfast']}'",
                "create database holdfast owner holdfast",
            )
            fresh.rename(self._data)
            self._remember_set(passwords)
        made_by = int((self._data / "PG_VERSION").read_text())
        if made_by != binaries.major:
            raise WrongVersion(
                f"{self._data} was made by Postgres {made_by}, and {binaries.folder} is {binaries.version}: "
                f"set HOLDFAST_PG_BIN to the binaries of Postgres {made_by}"
            )
        passwords = self._passwords()
        if not passwords["set"]:
            # The secrets were lost and made anew: whoever owns the folder owns the server.
            roles = ("postgres", "holdfast")
            self._single_user(
                binaries, self._data, *(f"alter role {role} password '{passwords[role]}'" for role in roles)
            )
            self._remember_set(passwords)

    def _remember_set(self, passwords: dict[str, str]) -> None:
        _write_private(self.folder / "secrets.json", json.dumps({**passwords, "set": "yes"}))

    def _single_user(self, binaries: Binaries, data: Path, *statements: str) -> None:
        """Run statements in a server that nobody can connect to; stdin keeps passwords off the command line."""
        command = [binaries.folder / "postgres", "--single", "-D", data, "-c", "exit_on_error=on"]
        if not self._durable:
            command += ["-c", "fsync=off"]
        self._run([*command, "postgres"], "".join(f"{statement}\n" for statement in statements))

    def _run(self, command: list[Any], stdin: str | None = None) -> None:
        try:
            subprocess.run(  # noqa: S603 - a Postgres program and our own paths
                command,
                check=True,
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=_environment(),
                cwd="/",
                **self._user.arguments(),  # type: ignore[call-overload]
            )
        except subprocess.CalledProcessError as error:
            raise PostgresFailed(f"{command[0]} failed: {str(error.stdout).strip()[-2000:]}") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresFailed(f"{command[0]} does not run: {error}") from error

    def _launch(self, binaries: Binaries) -> None:
        hba = self.folder / "pg_hba.conf"
        hba.write_text("local all all scram-sha-256\n")
        hba.chmod(0o644)
        settings = _SETTINGS | ({} if self._durable else _THROW_AWAY)
        settings |= {"unix_socket_directories": str(self._socket_folder()), "hba_file": str(hba)}
        command = [str(binaries.folder / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = self.folder / "postgres.log"
        if log.exists() and log.stat().st_size > _LONGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.old"))
        with log.open("ab") as output:
            log.chmod(0o600)
            started_at = output.tell()
            try:
                self._process = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=_environment(),
                    cwd="/",
                    # Its own process group: Ctrl-C reaches us, and we stop Postgres after what uses it.
                    process_group=0,
                    preexec_fn=_die_with_parent(),  # noqa: PLW1509 - main thread, before ours start others
                    **self._user.arguments(),  # type: ignore[call-overload]
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise PostgresFailed(f"{command[0]} does not run: {error}") from error
        self._wait_until_ready(log, started_at)

    def _wait_until_ready(self, log: Path, started_at: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        grown = started_at
        while not self._is_ready(self._process.pid):
            size = log.stat().st_size
            if size > grown:
                # Recovery after a crash reports as it goes: as long as it does, it is not stuck.
                grown, deadline = size, time.monotonic() + _START_SECONDS
            if self._process.poll() is not None or time.monotonic() > deadline:
                logged = log.read_bytes()[started_at:].decode(errors="replace").strip()
                raise PostgresFailed(f"Postgres did not start on {self.folder}: {logged[-2000:]}")
            time.sleep(0.01)

    def _is_ready(self, pid: int) -> bool:
        postmaster = read_postmaster(self._data)
        return postmaster is not None and postmaster.pid == pid and postmaster.is_ready


def running_url(folder: Path) -> str | None:
    """The URL of the server that another process runs on `folder` now, or None. For commands beside `holdfast up`."""
    postgres = EmbeddedPostgres(folder)
    postmaster = read_postmaster(postgres.folder / "data")
    if postmaster is None or not postmaster.is_ready or not postmaster.is_postgres():
        return None
    return postgres.url()


def _place(folder: Path, user: RunAs) -> Path:
    folder = folder.absolute()
    return folder if user.can_reach(folder / "data") else STABLE_FOLDER / f"state-{_name(folder)}"


def _name(folder: Path, salt: str = "") -> str:
    return hashlib.sha256(f"{folder}\0{salt}".encode()).hexdigest()[:16]


def _lock(folder: Path) -> int:
    # Ours, not Postgres's: it is gone with the process that holds it, whatever lies in the folder afterwards. A bare
    # descriptor, because a file object that nobody keeps would close itself and let go.
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise AlreadyRunning(f"another process already runs Postgres on {folder}") from None
    return lock


def _write_private(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:  # noqa: PTH123
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(file)


def _environment() -> dict[str, str]:
    # PGDATA, PGPORT and their like belong to another server.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _die_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes Postgres: ask for SIGINT (a clean shutdown) when its parent is gone."""
    if platform.system() != "Linux":
        return None  # the next start sees to an orphan there
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        # After the change of user, which would clear it; subprocess keeps that order.
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    return ask
