"""Redmine, Debian's 5.0 on SQLite, in a root of its own: installed once, started in seconds with a fresh database.

Installing needs root, a Debian package mirror and about four minutes. Nothing of it touches this machine's own
packages, and nothing stays mounted: the server runs in a private mount namespace.
"""

import fcntl
import os
import platform
import secrets
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import CannotRunError, find_program, free_ports, process

SUITE = "bookworm"
_VERSION = 4
"""Of what `_install` makes: another one is installed afresh."""
_START_SECONDS = 120.0
_INSTALL_SECONDS = 1200.0
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_DATABASE = Path("var/lib/dbconfig-common/sqlite3/redmine/instances/default")
_FILES = Path("var/lib/redmine/default/files")
_LOGS = Path("var/log/redmine/default")
_WRITTEN = (_DATABASE, _FILES, _LOGS)
"""What a server writes to: each run has its own copy, bound in its place."""

_COMPILED = "env RUBYOPT=--yjit" if platform.machine() == "x86_64" else ""
"""Debian's Ruby compiles itself while it runs, on this kind of processor only."""

_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "RAILS_ENV": "production",
    "X_DEBIAN_SITEID": "default",
}

_ANSWERS = """\
redmine redmine/instances/default/dbconfig-install boolean true
redmine redmine/instances/default/database-type select sqlite3
"""

_FURNITURE = """
Setting.rest_api_enabled = '1'
Setting.login_required = '1'
Setting.default_language = 'en'
Setting.notified_events = []
admin = User.find_by_login('admin')
admin.must_change_passwd = false
admin.save(validate: false)
admin.api_key
everywhere = {is_for_all: true, trackers: Tracker.all, is_filter: true}
IssueCustomField.create!(name: 'Severity', field_format: 'list', possible_values: %w(minor major fatal), **everywhere)
IssueCustomField.create!(name: 'Reviewers', field_format: 'user', multiple: true, **everywhere)
IssueCustomField.create!(name: 'Notes', field_format: 'text', **everywhere)
ProjectCustomField.create!(name: 'Budget', field_format: 'float')
TimeEntryCustomField.create!(name: 'Billable', field_format: 'bool')
UserCustomField.create!(name: 'Phone', field_format: 'string')
VersionCustomField.create!(name: 'Codename', field_format: 'string')
# The default workflow lets a role change statuses in some ways only; a test means to reach every state.
WorkflowTransition.delete_all
Role.givable.each do |role|
  Tracker.all.each do |tracker|
    ([nil] + IssueStatus.all.to_a).each do |from|
      IssueStatus.all.each do |to|
        WorkflowTransition.create!(role: role, tracker: tracker, old_status_id: from ? from.id : 0, new_status: to)
      end
    end
  end
end
"""
"""What no request can make: custom fields, and the switch that lets requests in at all."""


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start it below `folder`, and say where it is, with the administrator's key and the database file."""
    root = _installed()
    memory = Path("/dev/shm")
    written = Path(tempfile.mkdtemp(prefix="redmine-", dir=memory if memory.is_dir() else folder))
    try:
        for part in _WRITTEN:
            shutil.copytree(root / part, written / part)
        with _started(root, written, folder / "redmine.log") as addresses:
            yield addresses
    finally:
        shutil.rmtree(written, ignore_errors=True)


@contextmanager
def _started(root: Path, written: Path, log: Path) -> Iterator[dict[str, str]]:
    key = secrets.token_hex(20)
    (database,) = (written / _DATABASE).iterdir()
    fresh = written / "fresh.sqlite"
    _prepare(database, key, fresh)
    (port,) = free_ports(1)
    binds = " && ".join(f"mount --bind '{written / part}' '{root / part}'" for part in _WRITTEN)
    server = (
        f"cd /usr/share/redmine && exec {_COMPILED} bundle exec puma -q -b tcp://127.0.0.1:{port} -e production"
        " -t 1:4 config.ru"
    )
    script = f"{_mounts(root)} && {binds} && exec chroot '{root}' {_environment()} sh -c '{server}'"
    url = f"http://127.0.0.1:{port}"
    with process(["unshare", "-m", "sh", "-c", script], log=log, ready=_answers(url, key), seconds=_START_SECONDS):
        yield {
            "HOLDFAST_TEST_REDMINE_URL": url,
            "HOLDFAST_TEST_REDMINE_KEY": key,
            "HOLDFAST_TEST_REDMINE_DATABASE": str(database),
            "HOLDFAST_TEST_REDMINE_FILES": str(written / _FILES),
            "HOLDFAST_TEST_REDMINE_FRESH": str(fresh),
        }


def _installed() -> Path:
    """Return the root with Redmine in it, made now if it is not there yet."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        raise CannotRunError("only root on Linux can make a root for it")
    cache = Path(os.environ.get("HOLDFAST_TEST_CACHE") or Path.home() / ".cache" / "holdfast-tests")
    root = cache / f"redmine-{SUITE}-{_VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "redmine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            partial = root.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            _install(partial, cache)
            partial.rename(root)
    return root


def _install(root: Path, cache: Path) -> None:
    log = cache / "redmine-install.log"
    log.unlink(missing_ok=True)

    def run(command: str, *, given: str | None = None, may_fail: bool = False) -> None:
        with log.open("ab") as output:
            try:
                done = subprocess.run(
                    ["unshare", "-m", "sh", "-c", command],
                    input=given,
                    text=True,
                    stdout=output,
                    stderr=output,
                    timeout=_INSTALL_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise CannotRunError(f"installing took more than {_INSTALL_SECONDS:.0f} s; see {log}") from None
        if done.returncode and not may_fail:
            last = log.read_text(errors="replace")[-800:]
            raise CannotRunError(f"installing failed ({command[:60]}...): {last}")

    def inside(command: str, *, given: str | None = None, may_fail: bool = False) -> None:
        run(f"{_mounts(root)} && chroot '{root}' {_environment()} {command}", given=given, may_fail=may_fail)

    mirror = _mirror()
    tool = _debootstrap(cache)
    run(f"{tool} --variant=minbase --keyring={_KEYRING} {SUITE} '{root}' {mirror}")
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    inside("debconf-set-selections", given=_ANSWERS)
    # The package's own last step fails: its bundler takes a gem for deleted that has no directory.
    inside("apt-get install -y --no-install-recommends redmine redmine-sqlite puma", may_fail=True)
    for found in root.glob("usr/**/rubygems-integration/*/specifications/*.gemspec"):
        (found.parent.parent / "gems" / found.stem).mkdir(parents=True, exist_ok=True)
    inside("dpkg --configure -a")
    (root / "usr/share/redmine/Gemfile.local").write_text("gem 'puma'\n")
    inside("sh -c 'cd /usr/share/redmine && bundle install --local'")
    settings = root / "etc/redmine/default/database.yml"
    # Readers and writers wait for each other; unasked, a second writer is an error.
    settings.write_text(settings.read_text() + "  timeout: 60000\n")
    (root / "root/furniture.rb").write_text(_FURNITURE)
    inside("sh -c 'cd /usr/share/redmine && bundle exec rails runner /root/furniture.rb'")
    inside("apt-get clean")


def _mirror() -> str:
    """Return where this machine gets its packages from."""
    apt = find_program("apt-get")
    form = ("indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    found = subprocess.run([apt, *form], capture_output=True, text=True, check=False).stdout.split()
    if not found or not _KEYRING.exists():
        raise CannotRunError("apt names no package mirror here, or Debian's keyring is not installed")
    return found[0]


def _debootstrap(cache: Path) -> str:
    try:
        return find_program("debootstrap")
    except CannotRunError:
        pass
    folder = cache / "debootstrap"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for command in (["apt-get", "-qq", "download", "debootstrap"], ["sh", "-c", "dpkg -x debootstrap_*.deb ."]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotRunError(f"debootstrap is not installed and cannot be fetched: {done.stderr.strip()[-300:]}")
    return f"env DEBOOTSTRAP_DIR={folder}/usr/share/debootstrap {folder}/usr/sbin/debootstrap"


def _mounts(root: Path) -> str:
    return f"mkdir -p '{root}/proc' '{root}/dev' && mount -t proc proc '{root}/proc' && mount --bind /dev '{root}/dev'"


def _environment() -> str:
    return "env -i " + " ".join(f"{name}={value}" for name, value in _ENVIRONMENT.items())


def _prepare(database: Path, key: str, fresh: Path) -> None:
    """Give the administrator a key of this run, let readers not wait for writers, and keep a copy."""
    import sqlite3

    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = wal")
    with connection:
        connection.execute("update tokens set value = ? where user_id = 1 and action = 'api'", (key,))
    connection.execute("vacuum into ?", (str(fresh),))
    connection.close()


def _answers(url: str, key: str) -> Callable[[], bool]:
    request = urllib.request.Request(f"{url}/users/current.json", headers={"X-Redmine-API-Key": key})

    def ask() -> bool:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask
