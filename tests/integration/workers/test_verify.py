"""Verification: each kind of object and row, damaged, is named exactly; what is whole is said to be."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.rotation import due
from store import content, files, snapshots
from store.checks.fault import Depth
from store.operations import OperationStatus
from store.pack import object_key
from store.record import ChunkId, Kind
from tests.integration.workers.conftest import begun, small_app
from workers.queue import start_verification
from workers.turn import Turn
from workers.verify import ROLLING, ROLLING_DAYS

DEPTHS = list(Depth)


async def verify(bench, depth=Depth.CONTENT):
    async with bench.runtime.database.account(bench.account_id) as connection:
        operation = await start_verification(connection, account_id=bench.account_id, depth=depth)
    operation = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is operation.status, operation
    return operation


def told(operation):
    return [(found["code"], found["where"]) for found in operation.warnings]


async def sql(bench, query, *arguments):
    async with bench.runtime.database.system() as connection:
        return await connection.fetch(query, *arguments)


async def three_snapshots(bench):
    """With additions, edits and deletions."""
    await bench.back_up()
    bench.app.boards["board0"]["card00"] = {"name": "edited"}
    del bench.app.boards["board1"]["card14"]
    await bench.back_up()
    bench.app.boards["board2"]["new"] = {"name": "new"}
    bench.app.files["card11"] = ("r2", b"c" * 5000)
    await bench.back_up()


@pytest.fixture(scope="module")
def beginning(postgres_server):
    with begun(postgres_server, small_app(), three_snapshots) as found:
        yield found


@pytest.fixture
def held(bench):
    """Three snapshots."""
    return bench


def path_of(bench, key):
    return Path(bench.runtime.settings.store_address.removeprefix("file://")) / key


async def pack_rows(bench):
    return await sql(bench, "select * from packs order by size_bytes desc")


async def latest(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await snapshots.latest(connection, bench.connected.connection_id)


def flip(path, at):
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("depth", DEPTHS)
async def test_what_is_whole_has_no_fault(held, depth):
    operation = await verify(held, depth)

    assert [] == operation.warnings
    result = operation.result
    assert (depth, 0, 3) == (result["depth"], result["faults"], result["snapshots"])
    assert len(await pack_rows(held)) == result["packs"]
    assert (depth is Depth.CONTENT) == (result["records"] > 0)
    assert (operation.progress["done"], operation.progress["total"]) == (result["packs"] + 3,) * 2


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_pack_that_is_gone(held, depth):
    row = (await pack_rows(held))[0]
    path_of(held, object_key(row["pack_id"])).unlink()

    assert [("PACK_MISSING", object_key(row["pack_id"]))] == told(await verify(held, depth))


@pytest.mark.parametrize(
    ("depth", "code"), [("presence", "PACK_SIZE"), ("structure", "PACK_ALTERED"), ("content", "PACK_ALTERED")]
)
async def test_a_pack_that_was_cut(held, depth, code):
    row = (await pack_rows(held))[0]
    path = path_of(held, object_key(row["pack_id"]))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])

    assert [(code, object_key(row["pack_id"]))] == told(await verify(held, depth))


@pytest.mark.parametrize(
    ("depth", "at"), [("structure", 50), ("content", 50), ("structure", -10), ("content", -10), ("content", 0)]
)
async def test_a_pack_in_which_one_bit_differs(held, depth, at):
    row = (await pack_rows(held))[0]
    flip(path_of(held, object_key(row["pack_id"])), at)

    operation = await verify(held, depth)
    assert [("PACK_ALTERED", object_key(row["pack_id"]))] == told(operation)
    assert (depth == "content" and at > 0) == ("block 0" in operation.warnings[0]["message"])


@pytest.mark.parametrize("depth", DEPTHS)
async def test_wrapped_keys_that_are_gone_or_others(held, depth):
    (path,) = path_of(held, f"accounts/{held.account_id}/keys").iterdir()
    flip(path, -1)
    altered = await verify(held, depth)
    path.unlink()

    where = f"accounts/{held.account_id}/keys/"
    assert [("KEYS_DIFFER", where)] == told(altered)
    assert [("KEYS_MISSING", where)] == told(await verify(held, depth))


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_manifest_that_is_gone(held, depth):
    (path,) = path_of(held, f"manifests/{held.connected.connection_id}").glob("0000000002-*")
    path.unlink()

    where = f"manifests/{held.connected.connection_id}/{path.name}"
    assert [("MANIFEST_MISSING", where)] == told(await verify(held, depth))


@pytest.mark.parametrize("depth", ["structure", "content"])
async def test_a_manifest_in_which_one_bit_differs(held, depth):
    (path,) = path_of(held, f"manifests/{held.connected.connection_id}").glob("0000000002-*")
    flip(path, 40)

    where = f"manifests/{held.connected.connection_id}/{path.name}"
    assert [("MANIFEST_ALTERED", where)] == told(await verify(held, depth))


@pytest.mark.parametrize("depth", ["structure", "content"])
async def test_a_list_of_packs_that_is_gone(held, depth):
    next(path_of(held, f"objects/{held.connected.connection_id}").glob("0000000002-*")).unlink()

    assert [("OBJECTS_LIST_WRONG", f"objects/{held.connected.connection_id}/")] == told(await verify(held, depth))


ROWS = [
    ("update packs set salt = decode(repeat('00', 32), 'hex') where pack_no = $pack", [("INDEX_WRONG", "pack")]),
    ("update packs set size_bytes = size_bytes + 1 where pack_no = $pack", [("INDEX_WRONG", "pack")]),
    ("update packs set chunk_count = chunk_count + 1 where pack_no = $pack", [("INDEX_WRONG", "pack")]),
    ("update chunks set chunk_offset = chunk_offset + 1 where chunk_id = $chunk", [("INDEX_WRONG", "chunk")]),
    ("update chunks set chunk_size = chunk_size - 1 where chunk_id = $chunk", [("INDEX_WRONG", "chunk")]),
    ("update chunks set block_size = block_size - 1 where chunk_id = $chunk", [("INDEX_WRONG", "chunk")]),
    ("update chunks set codec = 0 where chunk_id = $chunk", [("INDEX_WRONG", "chunk")]),
    ("delete from chunks where chunk_id = $chunk", [("INDEX_WRONG", "pack"), ("CHUNK_MISSING", "record")]),
    ("update snapshots set record_count = record_count + 1 where seq = 2", [("SNAPSHOT_WRONG", "snapshot/2")]),
    ("update snapshots set added = added + 1 where seq = 1", [("SNAPSHOT_WRONG", "snapshot/1")]),
    ("update snapshots set finished_at = now() where seq = 3", [("SNAPSHOT_WRONG", "snapshot/3")]),
    ("update snapshots set tree_root = audit_root where seq = 2", [("SNAPSHOT_WRONG", "snapshot/2")]),
    ("update snapshots set manifest = manifest || ' '::bytea where seq = 1", [("MANIFEST_DIFFERS", "manifest/1")]),
    ("update nodes set body = set_byte(body, 40, 0) where node_id = $root", [("NODE_WRONG", "snapshot/3")]),
    ("delete from nodes where node_id = $root", [("NODE_WRONG", "snapshot/3")]),
    ("delete from pack_uses where pack_no = $pack", [("OBJECTS_ROOT_WRONG", "snapshot/3")]),
    ("delete from versions where external_id = 'card20'", [("VERSION_WRONG", "record")]),
    ("update versions set parent_id = 'x', parent_kind = 'x' where external_id ~ 'd20'", [("VERSION_WRONG", "record")]),
    ("update versions set to_seq = 3 where external_id = 'card20'", [("VERSION_WRONG", "record")]),
]  # fmt: skip


@pytest.mark.parametrize("depth", ["structure", "content"])
@pytest.mark.parametrize(("change", "faults"), ROWS, ids=[change[:50] for change, _ in ROWS])
async def test_a_row_that_is_wrong(held, change, faults, depth):
    snapshot = await latest(held)
    (version,) = await sql(held, "select * from versions where external_id = 'card20'")
    pack_no = version["pack_no"]
    (pack,) = await sql(held, "select * from packs where pack_no = $1", pack_no)
    change = (
        change.replace("$pack", str(pack_no))
        .replace("$chunk", f"'\\x{version['content_id'].hex()}'")
        .replace("$root", f"'\\x{snapshot.tree_root.hex()}'")
    )
    await sql(held, change)
    operation = await verify(held, depth)

    connection_id = held.connected.connection_id
    (manifest,) = path_of(held, f"manifests/{connection_id}").glob("0000000001-*")
    names = {
        "pack": object_key(pack["pack_id"]),
        "chunk": f"chunk/{version['content_id'].hex()}",
        "record": "record/board2/card/card20",
        "manifest/1": f"manifests/{connection_id}/{manifest.name}",
        **{f"snapshot/{seq}": f"snapshot/{connection_id}/{seq}" for seq in (1, 2, 3)},
    }
    expected = [(code, names[where]) for code, where in faults]
    assert expected == [(code, where.partition(" in ")[0]) for code, where in told(operation)]


async def test_a_dictionary_that_is_elsewhere(held):
    pack = (await pack_rows(held))[0]
    await sql(
        held,
        "insert into dictionaries values ($1, $2, 'nothing', $3, 999, 0, 1)",
        held.account_id,
        held.connected.connection_id,
        pack["pack_no"],
    )

    assert [("INDEX_WRONG", "dictionary/nothing")] == told(await verify(held, Depth.STRUCTURE))


async def test_a_damaged_version_in_the_past_is_found_at_the_third_depth(held):
    await sql(held, "update versions set parent_kind = 'card', parent_id = 'x' where external_id = 'card14'")

    assert [] == told(await verify(held, Depth.STRUCTURE))
    assert {("VERSION_WRONG", "record/board1/card/card14")} == {
        (code, where.partition(" in ")[0]) for code, where in told(await verify(held, Depth.CONTENT))
    }


async def test_content_is_never_shown(held):
    for row in await pack_rows(held):
        flip(path_of(held, object_key(row["pack_id"])), 60)
    operation = await verify(held)

    assert operation.warnings
    assert not [found for found in operation.warnings if "edited" in str(found) or "board" in found["message"]]


async def test_a_verification_that_is_stopped_goes_on_where_it_was(held, monkeypatch):
    monkeypatch.setattr("workers.verify.Turn", lambda: Turn(0.0))
    row = (await pack_rows(held))[0]
    path_of(held, object_key(row["pack_id"])).unlink()
    async with held.runtime.database.account(held.account_id) as connection:
        operation = await start_verification(connection, account_id=held.account_id, depth=Depth.CONTENT)
    turns = 0
    while not operation.status.is_final:
        operation = await held.perform(operation)
        turns += 1

    packs = await pack_rows(held)
    assert len(packs) + 3 < turns
    assert (len(packs), 3, 1) == tuple(operation.result[name] for name in ("packs", "snapshots", "faults"))
    assert [("PACK_MISSING", object_key(row["pack_id"]))] == told(operation)


async def test_every_byte_is_read_within_a_month_and_what_was_read_waits(held, monkeypatch):
    packs = len(await pack_rows(held))
    await sql(held, "update packs set created_at = now() - interval '40 days'")
    overdue = await verify(held, ROLLING)
    again = await verify(held, ROLLING)

    assert (packs, 0) == (overdue.result["packs"], again.result["packs"])
    assert "rolling" == overdue.result["depth"]
    (row,) = await sql(held, "select count(checked_at) from packs")
    assert packs == row["count"]


async def test_a_damaged_pack_is_looked_at_again_the_next_night(held):
    await sql(held, "update packs set created_at = now() - interval '40 days'")
    row = (await pack_rows(held))[0]
    flip(path_of(held, object_key(row["pack_id"])), 60)
    await verify(held, ROLLING)

    assert 1 == (await verify(held, ROLLING)).result["packs"]


async def test_a_backup_may_commit_while_it_is_verified(held):
    held.app.boards["board0"]["another"] = {"name": "another"}
    operation, _ = await asyncio.gather(verify(held), held.back_up())

    assert [] == operation.warnings


def test_a_month_has_a_share_for_each_night():
    written = datetime(2026, 11, 1, 3, tzinfo=UTC)
    held = dict.fromkeys(range(1000), written)
    nights = []
    for night in range(1, 31):
        now = written + timedelta(days=night)
        nights.append(due(held, now, days=ROLLING_DAYS))
        held.update(dict.fromkeys(nights[-1], now))

    assert {33, 34} >= {len(each) for each in nights[:-1]}
    assert set(held) == frozenset().union(*nights)


# What was written wrong in the first place: every byte is as it was written, and still not what it is said to be.


async def test_a_chunk_under_an_id_that_is_not_its_own(held):
    repository = await held.runtime.repository(held.account_id)
    wrong = ChunkId(b"\7" * 32)
    async with repository.writer(held.connected.connection_id) as writer:
        await writer.add(Kind("card"), [(wrong, b'{"name":"somebody else"}')])
        await writer.flush()

    assert [] == told(await verify(held, Depth.STRUCTURE))
    assert [("CHUNK_WRONG", f"chunk/{wrong.hex()}")] == told(await verify(held, Depth.CONTENT))


async def test_a_record_whose_audit_leaf_is_of_something_else(held, monkeypatch):
    real = content.sha256
    held.app.boards["board2"]["newer"] = {"name": "newer"}
    monkeypatch.setattr(content, "sha256", lambda data=b"": real(data + b"!"))
    await held.back_up()
    monkeypatch.undo()

    assert [] == told(await verify(held, Depth.STRUCTURE))
    assert [("RECORD_WRONG", "record/board2/card/newer")] == told(await verify(held, Depth.CONTENT))


async def test_a_file_whose_chunks_are_not_it(held, monkeypatch):
    real = files.sha256
    held.app.files["card20"] = ("r1", b"d" * 5000)
    monkeypatch.setattr(files, "sha256", lambda: real(b"!"))
    await held.back_up()
    monkeypatch.undo()

    assert [] == told(await verify(held, Depth.STRUCTURE))
    assert [("FILE_WRONG", "record/board2/file/file-card20")] == told(await verify(held, Depth.CONTENT))


async def test_a_snapshot_whose_audit_root_is_of_something_else(held, monkeypatch):
    held.app.boards["board2"]["newer"] = {"name": "newer"}
    monkeypatch.setattr("store.merkle.RootHash.root", lambda _: b"\1" * 32)
    await held.back_up()
    monkeypatch.undo()

    where = f"snapshot/{held.connected.connection_id}/4"
    found = [each for each in told(await verify(held, Depth.STRUCTURE)) if each[0] != "OBJECTS_ROOT_WRONG"]
    assert [("AUDIT_ROOT_WRONG", where)] == found
