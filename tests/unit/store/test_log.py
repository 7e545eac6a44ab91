"""The log: sequenced with what it tells, signed once for every head, and in the bucket as auditors expect it."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import log, log_entry, tiles
from store.canonical import decode
from store.checkpoint import Checkpoint, TlogProof
from store.errors import Conflict, Corrupt, Invalid
from store.keys import AccountKeys, commitment
from store.log import Log
from store.merkle import leaf, root_of
from store.note import VerifierKey, parse
from store.proof import verify_consistency
from store.record import AccountId, ConnectionId, HoldId, OperationId
from store.retention import Retention
from store.statement import Statement
from store.tiles import Tile
from tests.unit.store.cycle_store import card, new_store

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
KEYS = AccountKeys.generate(AccountId(uuid4()))
CONNECTION = ConnectionId(uuid4())


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


def restored(keys, seq=1):
    return log_entry.restore(keys, CONNECTION, seq, operation_id=OperationId(uuid4()), at=NOW)


async def append(store, count, start=1):
    held = Log(store.repository)
    for seq in range(start, start + count):
        async with store.transaction() as connection:
            await held.append(connection, restored(store.repository.keys, seq))


async def head(store):
    async with store.transaction() as connection:
        return await log.head(connection, store.repository.account_id)


async def verifiers(store):
    async with store.transaction() as connection:
        return [VerifierKey.parse(one) for one in await log.vkeys(connection, store.repository.account_id)]


async def entries(store):
    async with store.transaction() as connection:
        return [row["entry"] for row in await connection.fetch("select entry from log_entries order by entry_no")]


def get(store, name):
    return store.repository.backend.get(f"{tiles.prefix(store.repository.account_id)}/{name}")


async def published(store):
    """Return the head in the bucket, and the entries under it, read as an auditor reads them."""
    checkpoint = Checkpoint.open(get(store, "checkpoint"), await verifiers(store))
    found, hashes = [], b""
    for tile in tiles.grown(0, checkpoint.size):
        if tile.level == 0:
            data = get(store, tiles.bundle_path(tile))
            while data:
                length = int.from_bytes(data[:2], "big")
                found.append(data[2 : 2 + length])
                data = data[2 + length :]
            hashes += get(store, tiles.path(tile))
    assert [leaf(entry) for entry in found] == [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert checkpoint.root == root_of([leaf(entry) for entry in found])
    return checkpoint, found


async def test_a_snapshot_is_in_the_log_and_the_log_is_signed(store):
    snapshot = await store.snapshot([card(1), card(2)])
    checkpoint, (genesis, entry) = await published(store)
    said = decode(entry)

    assert (2, f"holdfast/{store.repository.account_id}") == (checkpoint.size, checkpoint.origin)
    assert ["genesis", *(str(key) for key in await verifiers(store))] == [
        decode(genesis)["kind"],
        decode(genesis)["key"],
    ]
    assert f"sha256:{snapshot.manifest_id.hex()}" == said["manifest"]
    assert {"count": 2, "root": f"sha256:{snapshot.audit_root.hex()}"} == said["records"]
    assert (1, None, "2026-11-24T19:00:00Z") == (said["seq"], said["parent"], said["time"])
    assert len(entry) <= log_entry.MAX_BYTES
    assert str(store.connection_id) not in entry.decode()


async def test_each_snapshot_ships_with_its_proof(store):
    for text in "abc":
        await store.snapshot([card(1, text)])
    keys = await verifiers(store)
    names = list(store.repository.backend.list("proofs/"))
    manifests = list(store.repository.backend.list("manifests/"))

    assert [f"proofs/{name.removeprefix('manifests/')}.tlog-proof" for name in manifests] == names
    for seq, name in enumerate(names, 1):
        proof = TlogProof.parse(store.repository.backend.get(name))
        proof.verify(proof.extra, keys)

        assert seq == decode(proof.extra)["seq"]


async def test_a_proof_asked_for_later_leads_to_the_newest_head(store):
    first = await store.snapshot([card(1)])
    await store.snapshot([card(2)])
    async with store.transaction() as connection:
        proof = await log.snapshot_proof(connection, store.repository.account_id, first.snapshot_id)

    assert 3 == proof.verify(proof.extra, await verifiers(store)).size


async def test_what_was_left_unsigned_is_found_and_signed(store):
    await append(store, 3)
    account_id = store.repository.account_id

    assert [account_id] == await log.unpublished(store.repository.database)
    assert 4 == (await Log(store.repository).publish()).size
    assert [] == await log.unpublished(store.repository.database)
    assert 4 == (await published(store))[0].size


async def test_publishing_again_changes_nothing(store):
    await store.snapshot([card(1)])
    before = {name: store.repository.backend.get(name) for name in store.repository.backend.list("")}
    await Log(store.repository).publish()

    assert before == {name: store.repository.backend.get(name) for name in store.repository.backend.list("")}


async def test_a_log_without_entries_is_never_signed(store):
    assert await Log(store.repository).publish() is None
    assert await head(store) is None


async def test_an_entry_is_there_only_with_what_it_tells(store):
    await append(store, 1)
    held = Log(store.repository)
    with pytest.raises(RuntimeError, match="rolled back"):
        await append_and_fail(store, held)

    assert 2 == (await head(store)).size
    await append(store, 1, start=7)
    assert [1, 7] == [decode(entry)["seq"] for entry in (await entries(store))[1:]]


async def append_and_fail(store, held):
    async with store.transaction() as connection:
        await held.append(connection, restored(store.repository.keys, 5))
        raise RuntimeError("rolled back")


async def test_many_at_once_make_one_history(store):
    held = Log(store.repository)

    async def work(seq):
        async with store.transaction() as connection:
            await held.append(connection, restored(store.repository.keys, seq))
        return await held.publish()

    heads = await asyncio.gather(*[work(seq) for seq in range(1, 21)])
    checkpoint, found = await published(store)

    assert 21 == checkpoint.size == len(found)
    assert set(range(1, 21)) == {decode(entry)["seq"] for entry in found[1:]}
    leaves = [leaf(entry) for entry in found]
    assert all(one.root == root_of(leaves[: one.size]) for one in heads)


async def test_history_only_grows(store):
    await append(store, 5)
    old = await Log(store.repository).publish()
    await append(store, 30)
    new = await Log(store.repository).publish()
    async with store.transaction() as connection:
        path = await log.consistency_proof(connection, store.repository.account_id, old.size, new.size)
    verify_consistency(old.size, old.root, new.size, new.root, path)

    assert (6, 36) == (old.size, new.size)


async def test_tiles_fill_and_their_forerunners_go(store):
    await append(store, 254)
    await Log(store.repository).publish()
    assert 8 * 1024 - 32 == len(get(store, "tile/0/000.p/255"))

    await append(store, 3)
    await Log(store.repository).publish()
    checkpoint, _ = await published(store)
    names = [name.rpartition("/tile/")[2] for name in store.repository.backend.list("logs/") if "/tile/" in name]

    assert 258 == checkpoint.size
    assert ["0/000", "0/001.p/2", "1/000.p/1", "entries/000", "entries/001.p/2"] == names


async def test_the_signer_refuses_a_rewritten_history(store):
    await append(store, 4)
    await Log(store.repository).publish()
    async with store.transaction() as connection:
        await connection.execute("update log_hashes set hash = sha256(hash) where level = 2")
    await append(store, 1)

    with pytest.raises(Corrupt, match="must not be signed"):
        await Log(store.repository).sign()
    assert 5 == (await head(store)).signed_size


async def test_the_signer_refuses_even_what_only_it_has_seen(store):
    """Signed, and kept in Postgres, but not published yet: the bucket cannot tell."""
    await append(store, 4)
    await Log(store.repository).sign()
    assert not list(store.repository.backend.list(f"{tiles.prefix(store.repository.account_id)}/checkpoint"))
    async with store.transaction() as connection:
        await connection.execute("update log_hashes set hash = sha256(hash) where level = 2")
    await append(store, 1)

    with pytest.raises(Corrupt, match="must not be signed"):
        await Log(store.repository).sign()
    assert 5 == (await head(store)).signed_size


async def test_the_signer_refuses_another_head_of_the_same_size(store):
    await append(store, 4)
    await Log(store.repository).publish()
    async with store.transaction() as connection:
        for table in ("log_entries where entry_no >= 4", "log_hashes where ((number + 1) << level) > 4"):
            await connection.execute(f"delete from {table}")
        await connection.execute("update logs set size = 4, signed_size = 0, checkpoint = null, published_size = 0")
    await append(store, 1, start=9)

    with pytest.raises(Corrupt, match="must not be signed at 5 entries"):
        await Log(store.repository).sign()
    assert 0 == (await head(store)).signed_size


async def test_the_signer_refuses_when_postgres_is_older_than_the_bucket(store):
    await append(store, 4)
    await Log(store.repository).publish()
    async with store.transaction() as connection:
        for table in ("log_entries where entry_no >= 2", "log_hashes where ((number + 1) << level) > 2"):
            await connection.execute(f"delete from {table}")
        await connection.execute("update logs set size = 2, signed_size = 0, checkpoint = null, published_size = 0")
    await append(store, 1)

    with pytest.raises(Corrupt, match="must not be signed"):
        await Log(store.repository).publish()


async def test_rotation_is_logged_first_and_both_keys_sign(store):
    await append(store, 1)
    held = Log(store.repository)
    await held.publish()
    (old,) = await verifiers(store)
    vkey = await held.rotate()
    await held.publish()

    assert vkey == decode((await entries(store))[-1])["key"]
    assert {str(old), vkey} == {str(key) for key in await verifiers(store)}
    for key in (old, VerifierKey.parse(vkey)):
        assert 3 == Checkpoint.open(get(store, "checkpoint"), [key]).size

    await held.retire(str(old))
    await held.publish()

    assert 1 == len(parse(get(store, "checkpoint")).signatures)
    assert str(old) == decode((await entries(store))[-1])["retires"]
    with pytest.raises(Conflict):
        await held.retire(vkey)


async def test_a_snapshot_that_no_checkpoint_covers_is_made_but_has_no_proof(store):
    snapshot = await store.unsigned_snapshot([card(1)])

    async def proof():
        async with store.transaction() as connection:
            return await log.snapshot_proof(connection, store.repository.account_id, snapshot.snapshot_id)

    assert (2, 0) == ((await head(store)).size, (await head(store)).signed_size)
    assert await proof() is None
    await Log(store.repository).publish()
    assert (await proof()).verify((await entries(store))[1], await verifiers(store))


async def test_no_account_sees_another_ones_log(store, database, tmp_path):
    other = await new_store(database, tmp_path / "other")
    await append(store, 2)

    assert await head(other) is None


def test_every_kind_of_entry_fits():
    said = Statement(b"d" * 32, b"c" * 32)
    policy = str(Retention(all_days=10_000, days=10_000, weeks=10_000, months=10_000, years=10_000))
    expiries = log_entry.expiries(KEYS, CONNECTION, range(10**9, 10**9 + 200, 2), policy=policy, at=NOW)
    made = [
        *expiries,
        log_entry.hold(KEYS, CONNECTION, HoldId(uuid4()), placed=True, said=said, at=NOW),
        log_entry.restore(KEYS, CONNECTION, 1, operation_id=OperationId(uuid4()), at=NOW),
        log_entry.replacement(b"r" * 32, packs=10**6, at=NOW),
        log_entry.account_erasure(connections=9, snapshots=10**6, packs=10**7, statement=b"s" * 32, at=NOW),
    ]

    assert all(len(log_entry.encode(entry)) <= log_entry.MAX_BYTES for entry in made)
    with pytest.raises(Invalid):
        log_entry.encode(log_entry.expiries(KEYS, CONNECTION, [1], policy="p" * 1000, at=NOW)[0])


def test_snapshots_given_up_are_told_in_runs():
    (entry,) = log_entry.expiries(KEYS, CONNECTION, [7, 1, 2, 3], policy="1 days", at=NOW)

    assert [[1, 3], [7, 7]] == entry["seqs"]


def test_commitments_need_their_salt():
    assert commitment(b"\0" * 32, b"text") != commitment(b"\1" * 32, b"text")


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(1, 1234067, 256), "tile/1/x001/x234/067"),
        (Tile(0, 999, 5), "tile/0/999.p/5"),
        (Tile(0, 1000, 255), "tile/0/x001/000.p/255"),
    ],
)
def test_tiles_are_named_as_specified(tile, expected):
    assert expected == tiles.path(tile)


@given(old=st.integers(0, 70_000), more=st.integers(0, 3000))
def test_a_log_that_grew_in_steps_has_the_tiles_of_one_that_did_not(old, more):
    at_once, grown = set(tiles.grown(0, old + more)), set(tiles.grown(old, old + more))

    assert grown <= at_once
    assert at_once <= grown | set(tiles.grown(0, old))
