"""Chosen records are erased: their content is nowhere any more, everything else is whole, and old proofs still hold."""

import asyncio
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from store import cycle, holds, keys, log, manifest, prove, snapshots, statement, versions
from store.checks.fault import Depth
from store.erase_records import RecordErasure
from store.erasures import Chosen, Request
from store.errors import Corrupt, Erased, Held, Invalid, NotFound, Unavailable
from store.log import Log
from store.operations import OperationStatus
from store.pack import THIS_PACK, object_key, pack_id_of, read_footer
from store.record import FILE_KIND, ExternalId, RecordKey, WorkspaceId
from tests.integration.workers.conftest import begun, small_app
from tests.integration.workers.fake_app import CARD
from tests.integration.workers.test_verify import verify
from tests.unit.store.auditor import ask
from workers import erase as erase_module
from workers.queue import start_record_erasure, start_verification

SECRET, OTHERS = "jane.doe@example.com", "nobody in particular"
FILE = random.Random("jane").randbytes(300_000)


async def three_snapshots(bench):
    """One card of many, in each, says whom it is about, and has a file."""
    for day in range(3):
        cards = bench.app.boards["board0"]
        # Enough for a dictionary that later small blocks lean on, with the secret in it.
        cards |= {f"card{number}": {"name": f"{number}", "text": OTHERS * 40 + str(number)} for number in range(60)}
        cards["jane"] = {"name": "Jane", "text": f"{SECRET} {day}"}
        cards["late"] = {"name": "Late", "text": f"changed every day {day}" * 3}
        bench.app.files["jane"] = (f"r{day // 2}", FILE + bytes([day // 2]))
        await bench.back_up()


@pytest.fixture(scope="module")
def beginning(postgres_server):
    with begun(postgres_server, small_app(), three_snapshots) as found:
        yield found


@pytest.fixture
def held(bench, monkeypatch):
    """Three snapshots, and nothing too young to be swept."""
    monkeypatch.setattr("store.sweep.YOUNG", timedelta(0))
    return bench


def chosen(bench, external_id="jane", kind=CARD):
    return Chosen(bench.connected.connection_id, kind, ExternalId(external_id))


def request(bench, *records, **more):
    given = {"with_children": False, "mentioning": None, "reason": "she asked", "by": "m1"}
    return Request(records=records, **given | more)


async def ask_for_it(bench, asked, *, dry_run=False):
    repository = await bench.runtime.repository(bench.account_id)
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await start_record_erasure(connection, repository.keys, asked, dry_run=dry_run)


async def erase(bench, *records, **more):
    done = await bench.perform(await ask_for_it(bench, request(bench, *(records or [chosen(bench)]), **more)))
    assert OperationStatus.SUCCEEDED is done.status, done
    return done


def file_of(bench, card):
    """The record of a card's file."""
    return chosen(bench, f"file-{card}", FILE_KIND)


async def vkey(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return (await log.vkeys(connection, bench.account_id))[-1]


def bucket(bench):
    return bench.runtime.settings.store_address.removeprefix("file://")


async def everything_opened(bench):
    """All that lies in the bucket, opened with the account's keys as far as they open it, and all of Postgres."""
    repository = await bench.runtime.repository(bench.account_id)
    backend, found = bench.runtime.backend, []
    for name in backend.list(""):
        data = backend.get(name)
        found.append(data)
        if name.startswith("packs/"):
            found += opened_blocks(repository.keys, backend, data)
        for purpose in (manifest.PURPOSE, statement.PURPOSE):
            try:
                found.append(keys.open_secret(repository.keys, data, purpose))
            except Corrupt:
                continue
    async with bench.runtime.database.system() as connection:
        tables = await connection.fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace"
        )
        for (table,) in tables:
            rows = await connection.fetch(f"select * from {table}")
            found.append(repr([dict(row) for row in rows]).encode())
            found += [value for row in rows for value in row.values() if isinstance(value, bytes)]
        for row in await connection.fetch("select sealed_request from erasures"):
            found.append(keys.open_secret(repository.keys, row["sealed_request"], "erasure request"))
    return found


def opened_blocks(account_keys, backend, data):
    cipher, footer = read_footer(account_keys, data)
    plains = []
    for block in footer.blocks:
        dictionary = None
        if block.dictionary is not None:
            where = block.dictionary.pack_id
            holder = data if where == THIS_PACK else backend.get(object_key(where))
            other, index = read_footer(account_keys, holder)
            entry = index.blocks[block.dictionary.block_no]
            dictionary = other.open_block(entry.block_no, holder[entry.offset : entry.offset + entry.sealed_size])
        sealed = data[block.offset : block.offset + block.sealed_size]
        plains.append(cipher.open_block(block.block_no, sealed, dictionary=dictionary))
    return plains


async def is_anywhere(bench, *needles):
    everything = await everything_opened(bench)
    return [needle for needle in needles if any(needle in data for data in everything)]


NEEDLES = (SECRET.encode(), FILE[1000:1100], FILE[290_000:290_100])


async def test_the_search_finds_what_is_there(held):
    assert list(NEEDLES) == await is_anywhere(held, *NEEDLES)


async def test_its_content_is_nowhere_and_all_else_is_whole(held):
    before = await held.held()
    done = await erase(held, chosen(held), file_of(held, "jane"))

    assert (2, 5, "records") == (done.result["records"], done.result["versions"], done.result["scope"])
    assert [] == await is_anywhere(held, *NEEDLES)
    assert [OTHERS.encode()] == await is_anywhere(held, OTHERS.encode())
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    code, line = is_proven(held, await vkey(held))
    assert 0 == code, line
    gone = {"jane", "file-jane"}
    assert gone == await now(held, erased=True)
    assert {name: content for name, content in before.items() if name not in gone} == await now(held)


def is_proven(bench, key, *more):
    return ask("--key", key, "bucket", bucket(bench), *more)


async def now(bench, *, erased=False):
    """What the newest snapshot has and was not erased; or the ids of what was."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        latest = await snapshots.latest(connection, bench.connected.connection_id)
        rows = await versions.list_records(connection, bench.connected.connection_id, latest.seq, limit=10_000)
    if erased:
        return {row.key.external_id for row in rows if row.erased}
    repository = await bench.runtime.repository(bench.account_id)
    contents = await repository.read_kept([row.content_id for row in rows])
    return {row.key.external_id: json.loads(contents[row.content_id]) for row in rows if not row.erased}


async def test_what_was_proven_before_still_is(held, tmp_path):
    repository = await held.runtime.repository(held.account_id)
    key = RecordKey(workspace_id=WorkspaceId("board0"), kind=CARD, external_id=ExternalId("jane"))
    async with held.runtime.database.account(held.account_id) as connection:
        latest = await snapshots.latest(connection, held.connected.connection_id)
    proof = tmp_path / "proof"
    proof.write_bytes(await prove.prove_record(repository, latest, key))
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_bytes(held.runtime.backend.get(f"logs/{held.account_id}/checkpoint"))
    await erase(held)
    vkey_ = await vkey(held)

    assert 0 == ask("--key", vkey_, "disclosure", proof)[0]
    assert 0 == is_proven(held, vkey_, "--since", checkpoint)[0]
    with pytest.raises(Erased):
        await prove.prove_record(repository, latest, key)
    # All records, one of them without content, still add up to the root that was signed; and so do absences beside it.
    records, snapshot = tmp_path / "records", tmp_path / "snapshot"
    records.write_bytes(b"".join([lines async for lines in prove.disclose_records(repository, latest)]))
    async with held.runtime.database.account(held.account_id) as connection:
        snapshot.write_bytes((await log.snapshot_proof(connection, held.account_id, latest.snapshot_id)).encode())
    code, line = ask("--key", vkey_, "records", snapshot, records)
    assert (0, True) == (code, ", 1 of them without content," in line)
    absence = tmp_path / "absence"
    absence.write_bytes(await prove.prove_absence(repository, latest, replace(key, external_id=ExternalId("janf"))))
    assert 0 == ask("--key", vkey_, "disclosure", absence)[0]


async def test_the_receipt_says_who_and_why_and_the_log_names_nobody(held, tmp_path):
    done = await erase(held)
    receipt = tmp_path / "receipt"
    receipt.write_text(done.result["receipt"])
    code, line = ask("--key", await vkey(held), "disclosure", receipt)

    assert 0 == code
    assert all(said in line for said in ('"reason":"she asked"', '"by":"m1"', '"id":"jane"'))
    async with held.runtime.database.account(held.account_id) as connection:
        entry = await connection.fetchval("select entry from log_entries order by entry_no desc limit 1")
    assert b"jane" not in entry
    assert ("erasure", "records", 1, 3) == tuple(json.loads(entry)[n] for n in ("kind", "scope", "records", "versions"))


async def test_the_app_does_not_bring_it_back(held):
    """It is erased here and still there: what it says meanwhile is not stored again, and what it says anew is."""
    await erase(held, chosen(held), file_of(held, "jane"))
    held.app.boards["board0"]["later"] = {"name": "later"}
    await held.back_up()
    await held.perform(await held.start(full=True))

    assert [] == await is_anywhere(held, *NEEDLES)
    assert 2 == held.app.reads["file jane"], "the file was not read again"
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    # Taken away and put back as it was, it is as erased as before.
    card, file = held.app.boards["board0"].pop("jane"), held.app.files.pop("jane")
    await held.back_up()
    held.app.boards["board0"]["jane"], held.app.files["jane"] = card, file
    await held.back_up()
    assert [] == await is_anywhere(held, SECRET.encode())
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    assert 0 == is_proven(held, await vkey(held))[0]

    held.app.boards["board0"]["jane"] = {"name": "Jane", "text": "she came back"}
    await held.back_up()
    assert "she came back" == (await now(held))["jane"]["text"]
    assert [] == (await verify(held, Depth.CONTENT)).warnings


async def test_words_choose_the_states_that_hold_them(held):
    held.app.boards["board0"]["jane"] = {"name": "Jane", "text": "says nothing any more"}
    held.app.boards["board1"]["card10"] = {"name": "ask JANE.DOE@example.com"}
    await held.back_up()
    planned = await held.perform(await ask_for_it(held, request(held, mentioning=SECRET), dry_run=True))
    assert (2, 4, True) == tuple(planned.result[name] for name in ("records", "versions", "dry_run"))
    assert {"jane", "card10"} == {record for _, _, record in planned.result["first"]}
    assert [SECRET.encode()] == await is_anywhere(held, SECRET.encode())

    done = await held.perform(await ask_for_it(held, request(held, mentioning=SECRET)))
    assert 4 == done.result["versions"]
    assert [] == await is_anywhere(held, SECRET.encode(), b"JANE.DOE@example.com")
    assert "says nothing any more" == (await now(held))["jane"]["text"]
    assert [] == (await verify(held, Depth.CONTENT)).warnings


async def test_what_another_record_shares_stays(held):
    held.app.files["late"] = ("r9", FILE + bytes([1]))
    await held.back_up()
    await erase(held, file_of(held, "jane"))

    assert [FILE[1000:1100]] == await is_anywhere(held, FILE[1000:1100])
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    await erase(held, file_of(held, "late"))
    assert [] == await is_anywhere(held, *NEEDLES[1:])


async def test_what_belongs_to_a_record_goes_with_it(held):
    done = await erase(held, chosen(held), with_children=True)

    assert 2 == done.result["records"]
    assert [] == await is_anywhere(held, *NEEDLES)


async def test_a_hold_makes_it_refuse(held):
    repository = await held.runtime.repository(held.account_id)
    operation = await ask_for_it(held, request(held, chosen(held)))
    await holds.place(repository, held.connected.connection_id, reason="r", by="m")
    failed = await held.perform(operation)

    assert (OperationStatus.FAILED, "HELD") == (failed.status, failed.error_code)
    with pytest.raises(Held):
        await ask_for_it(held, request(held, chosen(held)))
    assert [SECRET.encode()] == await is_anywhere(held, SECRET.encode())


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"records": ()}, Invalid),
        ({"mentioning": "  "}, Invalid),
        ({"reason": " "}, Invalid),
    ],
)
async def test_requests_that_cannot_be(held, asked, error):
    with pytest.raises(error):
        await ask_for_it(held, replace(request(held, *([] if "reason" not in asked else [chosen(held)])), **asked))
    with pytest.raises(NotFound):
        await ask_for_it(held, request(held, chosen(held, "nobody")))


@pytest.mark.parametrize("moment", ["prepare", "rewrite", "commit", "publish", "sweep"])
async def test_an_erasure_that_is_interrupted_goes_on(held, monkeypatch, moment):
    left = [True]

    def once(real):
        async def fails(*arguments, **more):
            if left:
                left.pop()
                raise Unavailable("gone")
            return await real(*arguments, **more)

        return fails

    owner, name = {
        "prepare": (RecordErasure, "prepare"),
        "rewrite": (RecordErasure, "_rewrite"),
        "commit": (Log, "append"),
        "publish": (Log, "publish"),
        "sweep": (erase_module, "sweep"),
    }[moment]
    monkeypatch.setattr(owner, name, once(getattr(owner, name)))
    operation = await ask_for_it(held, request(held, chosen(held)))
    assert OperationStatus.QUEUED is (await held.perform(operation)).status
    await held.hasten()
    done = await held.perform(operation)

    assert OperationStatus.SUCCEEDED is done.status, done
    assert 3 == done.result["versions"]
    assert [] == await is_anywhere(held, SECRET.encode())
    assert [] == (await verify(held, Depth.CONTENT)).warnings
    async with held.runtime.database.account(held.account_id) as connection:
        rows = await connection.fetch("select 1 from log_entries where kind = 'erasure'")
    assert 1 == len(rows)


async def test_a_version_that_is_stored_meanwhile_is_erased_too(held, monkeypatch):
    """A zombie commits while packs are written anew: the erasure looks again."""
    rewrite = RecordErasure._rewrite
    left = [True]

    async def meanwhile(erasure, gone):
        found = await rewrite(erasure, gone)
        if left:
            left.pop()
            held.app.boards["board0"]["jane"] = {"name": "Jane", "text": f"{SECRET} again"}
            async with held.runtime.database.system() as connection:
                await connection.execute("update operations set kind = 'verification' where kind = 'erasure'")
            await held.back_up()
            async with held.runtime.database.system() as connection:
                await connection.execute("update operations set kind = 'erasure' where kind = 'verification'")
        return found

    monkeypatch.setattr(RecordErasure, "_rewrite", meanwhile)
    operation = await ask_for_it(held, request(held, chosen(held)))
    waiting = await held.perform(operation)
    assert (OperationStatus.QUEUED, "CONFLICT") == (waiting.status, waiting.error_code)
    await held.hasten()
    done = await held.perform(operation)

    assert 4 == done.result["versions"]
    assert [] == await is_anywhere(held, SECRET.encode())


async def test_it_waits_for_a_backup_and_no_other_begins(held, monkeypatch):
    monkeypatch.setattr("workers.erase._LOOK_SECONDS", 0.01)
    reached, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(board):
        reached.set()
        await may_go_on.wait()

    held.app.before_board = slow
    backup = await held.start()
    backing_up = asyncio.create_task(held.perform(backup))
    await reached.wait()
    erasure = await ask_for_it(held, request(held, chosen(held)))
    erasing = asyncio.create_task(held.perform(erasure))
    async with held.runtime.database.account(held.account_id) as connection:
        waits = "select count(*) from operations where progress ->> 'note' = 'waiting for what is under way'"
        while not await connection.fetchval(waits):
            await connection.execute("select pg_sleep(0.01)")
    await verify_does_not_begin(held)
    may_go_on.set()

    assert OperationStatus.SUCCEEDED is (await backing_up).status
    assert OperationStatus.SUCCEEDED is (await erasing).status
    assert [] == await is_anywhere(held, SECRET.encode())


async def verify_does_not_begin(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        other = await start_verification(connection, account_id=bench.account_id, depth=Depth.PRESENCE)
    assert OperationStatus.QUEUED is (await bench.perform(other)).status


async def test_a_cycle_that_had_saved_goes_on(held):
    """What a waiting cycle staged names the new packs, and nothing that is erased."""
    held.app.boards["board1"] |= {f"more{n}": {"name": f"more {n}", "text": OTHERS * 30} for n in range(50)}
    held.app.before_board = lambda board: (_ for _ in ()).throw(Unavailable("x")) if board == "board2" else None
    operation = await held.start(full=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cycle, "_SAVE_EVERY_SECONDS", 0)
        assert OperationStatus.QUEUED is (await held.perform(operation)).status
    held.app.before_board = lambda board: None
    await erase(held)
    await held.hasten()
    done = await held.perform(operation)

    assert OperationStatus.SUCCEEDED is done.status
    assert 50 == sum(name.startswith("more") for name in await now(held))
    assert [] == await is_anywhere(held, SECRET.encode())
    assert [] == (await verify(held, Depth.CONTENT)).warnings


async def test_what_a_dead_writer_left_in_the_bucket_goes_too(held):
    repository = await held.runtime.repository(held.account_id)
    (name, *_) = held.runtime.backend.list("packs/")
    data = bytearray(held.runtime.backend.get(name))
    # A pack of the account's that no row tells of: as this one, under another salt.
    async with repository.writer() as writer:
        plain = SECRET.encode() * 100
        await writer.add(CARD, [(keys.content_id(repository.keys, plain), plain)])
        await writer.flush()
    async with held.runtime.database.account(held.account_id) as connection:
        row = await connection.fetchrow("select pack_no, pack_id from packs order by pack_no desc limit 1")
        await connection.execute("delete from chunks where pack_no = $1", row["pack_no"])
        await connection.execute("delete from packs where pack_no = $1", row["pack_no"])
    # And one of somebody else's, which stays.
    other = bytes(data[:40]) + bytes(len(data))
    held.runtime.backend.put(object_key(pack_id_of(other)), other)
    done = await erase(held)

    assert 1 == done.result["orphans"]
    assert held.runtime.backend.size(object_key(pack_id_of(other)))
    assert [] == await is_anywhere_but(held, object_key(pack_id_of(other)), SECRET.encode())


async def is_anywhere_but(bench, name, needle):
    bench.runtime.backend.delete([name])
    return await is_anywhere(bench, needle)


async def test_a_dry_run_leaves_nothing_behind(held):
    await held.perform(await ask_for_it(held, request(held, chosen(held)), dry_run=True))
    async with held.runtime.database.account(held.account_id) as connection:
        assert 0 == await connection.fetchval("select count(*) from erasures")
        assert 0 == await connection.fetchval("select count(*) from erasure_targets")
