"""An account is erased: nothing of it can be read or is there, its log says so, and what was proven stays proven."""

import json

import pytest

from store import account_keys, accounts, holds, log, prove, snapshots
from store.account_keys import create_account_keys
from store.erase_account import AccountErasure
from store.errors import Corrupt, KeyMissing, Unavailable
from store.log import Log
from store.operations import OperationStatus
from store.pack import read_footer
from store.record import ChunkId, Kind
from store.repository import Repository
from tests.integration.workers.conftest import Bench, begun, small_app
from tests.integration.workers.connecting import connect
from tests.unit.store.auditor import ask
from workers import run
from workers.queue import start_account_erasure

KEPT_TABLES = {"accounts", "logs", "log_keys", "log_entries", "log_hashes", "operations"}
STEPS = ["turn_keys", "delete_objects", "delete_rows", "log", "close"]


async def ask_for_it(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await start_account_erasure(connection, account_id=bench.account_id, reason="they left", by="m1")


async def erase(bench):
    return await bench.perform(await ask_for_it(bench))


async def vkey(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return (await log.vkeys(connection, bench.account_id))[-1]


def bucket(bench):
    return bench.runtime.settings.store_address.removeprefix("file://")


async def two_snapshots(bench):
    await bench.back_up()
    bench.app.boards["board0"]["later"] = {"name": "later"}
    await bench.back_up()


@pytest.fixture(scope="module")
def beginning(postgres_server):
    with begun(postgres_server, small_app(), two_snapshots) as found:
        yield found


@pytest.fixture
def held(bench):
    """Two snapshots."""
    return bench


async def rows_left(bench):
    """Tables that still hold rows of the account's."""
    async with bench.runtime.database.system() as connection:
        tables = await connection.fetch(
            "select relname from pg_class c join pg_attribute a on attrelid = c.oid and attname = 'account_id'"
            " where relkind = 'r' and relnamespace = current_schema()::regnamespace"
        )
        return {
            table
            for (table,) in tables
            if await connection.fetchval(f"select count(*) from {table} where account_id = $1", bench.account_id)
        }


async def check_erased(bench):
    assert KEPT_TABLES == await rows_left(bench)
    names = list(bench.runtime.backend.list(""))
    assert {"logs", "objects", "proofs"} == {name.partition("/")[0] for name in names}
    assert not [name for name in names if "/keys/" in name]
    with pytest.raises(KeyMissing):
        async with bench.runtime.database.account(bench.account_id) as connection:
            await account_keys.load_account_keys(connection, bench.runtime.masters, bench.account_id)
    async with bench.runtime.database.system() as connection:
        assert [] == await accounts.every(connection)
        assert "erased" == (await accounts.get(connection, bench.account_id)).name
        assert [b""] == [row["sealed"] for row in await connection.fetch("select sealed from log_keys")]


async def test_nothing_of_it_is_left_but_its_log(held):
    repository = await held.runtime.repository(held.account_id)
    async with held.runtime.database.account(held.account_id) as connection:
        latest = await snapshots.latest(connection, held.connected.connection_id)
    proofs = [
        await prove.prove_statement(repository, latest),
        await prove.prove_growth(repository, 1, 3),
    ]
    (first, *_) = [held.runtime.backend.get(name) for name in held.runtime.backend.list("proofs/")]
    done = await erase(held)

    assert OperationStatus.SUCCEEDED is done.status, done
    assert (1, 2, "account") == (done.result["connections"], done.result["snapshots"], done.result["scope"])
    await check_erased(held)
    # What was proven before still is, and the log goes on from what it was.
    key = await vkey(held)
    for number, proof in enumerate(proofs[:1]):
        assert 0 == ask("--key", key, "disclosure", written(held, f"proof{number}", proof))[0]
    assert 0 == ask("--key", key, "proof", written(held, "first", first))[0]
    code, line = ask("--key", key, "bucket", bucket(held), "--since", written(held, "first", first))
    assert (0, True) == (code, "the account was erased" in line)


def written(bench, name, data):
    path = bench.runtime.settings.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


async def test_the_receipt_is_in_the_log_and_says_who_and_why(held):
    done = await erase(held)
    receipt = written(held, "receipt", done.result["receipt"].encode())
    code, line = ask("--key", await vkey(held), "disclosure", receipt)

    assert 0 == code
    assert all(said in line for said in ('"by":"m1"', '"reason":"they left"', "erasure of"))
    receipt.write_bytes(receipt.read_bytes().replace(b"they left", b"we wanted"))
    assert 1 == ask("--key", await vkey(held), "disclosure", receipt)[0]


async def test_what_was_stored_opens_with_no_key_that_is_left(held):
    """The keys go first: whoever copied the bucket and the database the moment after has noise."""
    packs = [held.runtime.backend.get(name) for name in held.runtime.backend.list("packs/")]
    seen = []

    async def look(erasure):
        async with held.runtime.database.account(held.account_id) as connection:
            seen.append(await account_keys.load_account_keys(connection, held.runtime.masters, held.account_id))
        seen.append(account_keys.find_wrapped_keys(held.runtime.backend, held.runtime.masters, held.account_id)[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("store.erase_account.AccountErasure.delete_objects", look)
        assert OperationStatus.SUCCEEDED is (await erase(held)).status
    assert seen[0] == seen[1]
    for pack in packs:
        with pytest.raises(Corrupt):
            read_footer(seen[0], pack)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_erasure_that_is_interrupted_goes_on(held, monkeypatch, step, when):
    real = getattr(AccountErasure, step)
    left = [True]

    async def fails(*arguments, **more):
        if when == "after":
            found = await real(*arguments, **more)
        if left:
            left.pop()
            raise Unavailable("the bucket does not answer")
        return found if when == "after" else await real(*arguments, **more)

    monkeypatch.setattr(AccountErasure, step, fails)
    operation = await ask_for_it(held)
    waiting = await held.perform(operation)
    assert OperationStatus.QUEUED is waiting.status
    await held.hasten()
    done = await held.perform(operation)

    assert OperationStatus.SUCCEEDED is done.status, done
    await check_erased(held)
    receipt = written(held, "receipt", done.result["receipt"].encode())
    assert 0 == ask("--key", await vkey(held), "disclosure", receipt)[0]
    async with held.runtime.database.account(held.account_id) as connection:
        rows = await connection.fetch("select kind from log_entries order by entry_no")
    assert ["genesis", "snapshot", "snapshot", "erasure"] == [row["kind"] for row in rows]


async def test_a_hold_makes_it_refuse(held):
    repository = await held.runtime.repository(held.account_id)
    operation = await ask_for_it(held)
    hold = await holds.place(repository, held.connected.connection_id, reason="r", by="m")
    failed = await held.perform(operation)

    assert (OperationStatus.FAILED, "HELD") == (failed.status, failed.error_code)
    assert 18 == len(await held.held())
    await holds.lift(repository, hold.hold_id, reason="r", by="m")
    assert OperationStatus.SUCCEEDED is (await erase(held)).status


async def test_nothing_is_added_once_it_has_begun(held):
    """A worker that still has the old keys in memory writes nothing any more."""
    repository = await held.runtime.repository(held.account_id)
    stale = Repository(held.runtime.database, held.runtime.backend, repository.keys)
    await erase(held)
    async with stale.writer() as writer:
        await writer.add(Kind("card"), [(ChunkId(b"i" * 32), b"plain")])
        with pytest.raises(KeyMissing):
            await writer.flush()
    with pytest.raises(KeyMissing):
        await holds.place(stale, None, reason="r", by="m")
    async with held.runtime.database.account(held.account_id) as connection:
        with pytest.raises(KeyMissing):
            await Log(stale).append(connection, {"kind": "genesis", "time": "", "v": 1})
    assert KEPT_TABLES == await rows_left(held)


async def test_a_backup_that_waits_is_forgotten(held):
    backup = await held.start()
    await erase(held)
    await run.perform(held.runtime, held.queue, backup.operation_id)

    assert KEPT_TABLES == await rows_left(held)


async def test_other_accounts_are_untouched(held, runtime):
    async with runtime.database.system() as connection:
        account = await accounts.create(connection, name="Other")
        await create_account_keys(connection, runtime.backend, runtime.masters, account.account_id)
    connected, _ = await connect(runtime, account.account_id, app="fake", method="token", credentials={"token": "b-1"})
    other = Bench(runtime=runtime, queue=held.queue, app=held.app, account_id=account.account_id, connected=connected)
    await other.back_up()
    before = await other.held()
    await erase(held)

    assert before == await other.held()
    assert 0 == ask("--key", await vkey(other), "bucket", bucket(other), "--account", str(account.account_id))[0]


class TestNeverBackedUp:
    @pytest.fixture
    def beginning(self):
        return None

    async def test_an_account_that_was_never_backed_up(self, bench):
        done = await erase(bench)

        assert OperationStatus.SUCCEEDED is done.status
        assert 0 == done.result["snapshots"]
        assert json.loads(done.result["receipt"])["format"] == "holdfast receipt proof v1"
