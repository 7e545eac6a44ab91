"""Embedded Postgres: private, durable, and gone with its parent however that ends."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import asyncpg
import pytest

from store import embedded_postgres, postgres_binaries
from store.embedded_postgres import AlreadyRunning, EmbeddedPostgres, PostgresFailed, WrongVersion, running_url
from store.errors import Invalid
from store.postgres_binaries import RunAs, find, run_as
from store.postmaster import read_postmaster

pytestmark = pytest.mark.timeout(60)
_REPOSITORY = Path(__file__).parents[3]
_DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what only root meets")

_STAY_UP = """
import sys, time
from pathlib import Path
from store.embedded_postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder():
    # Reachable by `nobody`, unlike `tmp_path`.
    made = Path(tempfile.mkdtemp(prefix="holdfast-test-"))
    made.chmod(0o711)
    yield made / "postgres"
    shutil.rmtree(made)


@pytest.fixture
def parent(folder):
    """Another process that runs Postgres on the folder; its URL is its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", _STAY_UP, folder], cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    process.url = process.stdout.readline().strip()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    _await_end(folder)


def _await_end(folder):
    while (postmaster := read_postmaster(folder / "data")) is not None and postmaster.is_alive():
        time.sleep(0.02)


async def _run(url, *statements):
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            answer = await connection.fetchval(statement)
        return answer
    finally:
        await connection.close()


async def test_the_role_owns_its_database_and_is_no_superuser(folder):
    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(
            postgres.url(),
            """select (current_user, current_database(), rolsuper, rolbypassrls, rolcreatedb, rolcreaterole)::text
               from pg_roles where rolname = current_user""",
        )

    assert found == "(holdfast,holdfast,f,f,f,f)"


async def test_only_the_private_socket_and_a_password_lead_in(folder):
    with EmbeddedPostgres(folder) as postgres:
        password = postgres.url().split(":")[2].split("@")[0]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _run(postgres.url().replace(password, "guess"))
        listening = await _run(postgres.url(), "show listen_addresses")
        durable = await _run(postgres.url(), "select current_setting('fsync') || current_setting('synchronous_commit')")
        modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("data", "socket", "secrets.json")}

    assert listening == ""
    assert durable == "onon"
    assert modes == {"data": 0o700, "socket": 0o700, "secrets.json": 0o600}


async def test_what_was_committed_is_there_after_a_restart(folder):
    postgres = EmbeddedPostgres(folder)
    await _run(postgres.start(), "create table kept (n int)", "insert into kept values (7) returning n")
    postgres.stop()
    postgres.stop()

    found = await _run(postgres.start(), "select n from kept")
    postgres.stop()

    assert found == 7


async def test_it_dies_cleanly_when_its_parent_is_killed_and_starts_again(folder, parent):
    await _run(parent.url, "create table kept (n int)", "insert into kept values (7) returning n")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    # At once, while the orphan still shuts down.
    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(postgres.url(), "select n from kept")

    assert found == 7
    assert "database system was not properly shut down" not in (folder / "postgres.log").read_text()


async def test_a_killed_server_recovers_what_was_committed(folder):
    postgres = EmbeddedPostgres(folder)
    await _run(postgres.start(), "create table kept (n int)", "insert into kept values (7) returning n")
    os.kill(read_postmaster(folder / "data").pid, signal.SIGKILL)
    postgres.stop()

    found = await _run(postgres.start(), "select n from kept")
    postgres.stop()

    assert found == 7
    assert "database system was not properly shut down" in (folder / "postgres.log").read_text()


async def test_a_second_start_on_the_same_folder_is_refused(folder, parent):
    with pytest.raises(AlreadyRunning, match="another process already runs Postgres"):
        EmbeddedPostgres(folder).start()

    assert await _run(parent.url, "select 1") == 1


def test_a_second_start_of_the_same_one_is_refused(folder):
    with EmbeddedPostgres(folder, durable=False) as postgres, pytest.raises(AlreadyRunning):
        postgres.start()


def test_ctrl_c_is_for_the_parent_alone(folder):
    with EmbeddedPostgres(folder, durable=False):
        group = os.getpgid(read_postmaster(folder / "data").pid)

    assert group != os.getpgid(0)


async def test_a_command_beside_it_finds_it_only_while_it_runs(folder, parent):
    before = running_url(folder)
    parent.kill()
    parent.wait()
    _await_end(folder)

    assert before == parent.url
    assert running_url(folder) is None
    assert running_url(folder / "never") is None


def test_a_folder_of_another_version_says_so(folder):
    EmbeddedPostgres(folder, durable=False).__enter__().stop()
    (folder / "data" / "PG_VERSION").write_text("12\n")

    with pytest.raises(WrongVersion, match=r"was made by Postgres 12, .*set HOLDFAST_PG_BIN to the binaries"):
        EmbeddedPostgres(folder).start()


def test_a_start_that_fails_shows_what_postgres_said_and_frees_the_folder(folder):
    EmbeddedPostgres(folder, durable=False).__enter__().stop()
    (folder / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    for _ in range(2):
        with pytest.raises(PostgresFailed, match="no_such_setting"):
            EmbeddedPostgres(folder).start()


def test_no_parent_folder_is_opened_to_anybody(folder):
    folder.parent.chmod(0o711)
    before = {parent: parent.stat().st_mode for parent in folder.parents}

    with EmbeddedPostgres(folder, durable=False):
        after = {parent: parent.stat().st_mode for parent in folder.parents}

    assert before == after


async def test_a_path_too_long_for_a_socket_is_no_hindrance(folder):
    deep = folder / ("d" * 100)
    if os.geteuid() == 0:
        folder.mkdir(mode=0o711)
    with EmbeddedPostgres(deep, durable=False) as postgres:
        found = await _run(postgres.url(), "select 1")
        beside = (deep / "socket").exists()
        elsewhere = postgres._socket_folder()
        mode = stat.S_IMODE(elsewhere.stat().st_mode)

    assert (found, beside, mode) == (1, False, 0o700)
    assert not elsewhere.exists()


def test_another_thread_may_not_start_it(folder):
    caught = []

    def start():
        try:
            EmbeddedPostgres(folder).start()
        except Invalid as error:
            caught.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert ["embedded Postgres must be started from the main thread: it dies with the thread it came from"] == caught


async def test_lost_passwords_are_made_anew(folder):
    EmbeddedPostgres(folder, durable=False).__enter__().stop()
    (folder / "secrets.json").unlink()

    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(postgres.url(), "select current_user::text")

    assert found == "holdfast"


async def test_a_process_number_used_again_by_another_program_is_no_hindrance(folder):
    EmbeddedPostgres(folder, durable=False).__enter__().stop()
    sleeper = subprocess.Popen(["sleep", "100"], **run_as().arguments())  # noqa: ASYNC220 - it returns at once
    (folder / "data" / "postmaster.pid").write_text(f"{sleeper.pid}\n{folder / 'data'}\n")

    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(postgres.url(), "select 1")
    asleep = sleeper.poll() is None
    sleeper.kill()
    sleeper.wait()

    assert (found, asleep) == (1, True)


async def test_half_a_cluster_is_made_again(folder):
    postgres = EmbeddedPostgres(folder)
    postgres._make_folders()
    (folder / "data.new").mkdir()
    (folder / "data.new" / "PG_VERSION").write_text("18\n")

    with postgres:
        found = await _run(postgres.url(), "select 1")

    assert found == 1


def test_binaries_that_are_not_there_name_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("HOLDFAST_PG_BIN", str(tmp_path))

    with pytest.raises(Invalid, match=rf"HOLDFAST_PG_BIN={tmp_path} holds no `postgres`"):
        find(RunAs())


@pytest.mark.skipif(not _DEBIAN_15.exists(), reason="Debian's Postgres 15 is not installed")
async def test_debians_postgres_serves_as_well(folder, monkeypatch):
    monkeypatch.setattr(postgres_binaries, "_wheel", lambda: None)
    monkeypatch.setenv("HOLDFAST_PG_BIN", str(_DEBIAN_15))

    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(postgres.url(), "select current_setting('server_version_num')::int / 10000")

    assert found == 15


@as_root
async def test_root_is_told_where_the_state_went_when_nobody_cannot_reach_the_folder(folder, monkeypatch):
    monkeypatch.setattr(embedded_postgres, "STABLE_FOLDER", folder.parent / "stable")
    (folder.parent / "private").mkdir(mode=0o700)
    wanted = folder.parent / "private" / "postgres"

    with EmbeddedPostgres(wanted, durable=False) as postgres:
        found = await _run(postgres.url(), "select 1")
        running = running_url(wanted)

    assert (found, running) == (1, postgres.url())
    assert postgres.folder.parent == folder.parent / "stable"
    assert str(postgres.folder) in postgres.notice
    assert EmbeddedPostgres(wanted).folder == postgres.folder
    assert stat.S_IMODE((folder.parent / "private").stat().st_mode) == 0o700


@pytest.fixture
def _strict_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_strict_umask")
async def test_a_strict_umask_is_no_hindrance(folder):
    with EmbeddedPostgres(folder / "deep" / "postgres", durable=False) as postgres:
        found = await _run(postgres.url(), "select 1")

    assert found == 1


@as_root
@pytest.mark.usefixtures("_strict_umask")
async def test_binaries_that_nobody_cannot_reach_are_copied_once(folder, monkeypatch):
    package = postgres_binaries._wheel().parent.parent
    private = folder.parent / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(package / "pginstall", private / package.name / "pginstall", symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), private / f"{package.name}.libs")
    monkeypatch.setattr(postgres_binaries, "STABLE_FOLDER", folder.parent / "stable")
    monkeypatch.setattr(postgres_binaries, "_wheel", lambda: private / package.name / "pginstall" / "bin")

    with EmbeddedPostgres(folder, durable=False) as postgres:
        found = await _run(postgres.url(), "select 1")

    copied = [path.name for path in (folder.parent / "stable").iterdir()]
    assert found == 1
    assert find(run_as()) == find(run_as())
    assert copied == [path.name for path in (folder.parent / "stable").iterdir()]
    assert len(copied) == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
