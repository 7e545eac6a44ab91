"""Packs of which little is needed are written anew, and nobody misses what stood there before."""

import random

import pytest

from store import block, keeping, log_entry
from store import compact as compact_module
from store.compact import compact
from store.log import Log
from store.replace import replace
from store.rewrite import Staying, rewrite
from tests.unit.store.auditor import ask, bucket, vkey
from tests.unit.store.cycle_store import CARD, card, new_store
from tests.unit.store.keeper import (
    AT_ONCE,
    LAST_ONLY,
    bytes_stored,
    faults,
    give_up,
    take_away,
)


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


async def test_a_pack_of_which_little_is_needed_is_written_anew(store):
    """All that a small cycle changed shares a pack with its journal, which every later snapshot needs."""
    chance = random.Random(1)
    for _ in range(30):
        await store.snapshot([card(number, chance.randbytes(300).hex()) for number in range(10)])
    before = bytes_stored(store)
    await give_up(store, LAST_ONLY)
    done = await compact(store.repository, young=AT_ONCE)
    await take_away(store)

    assert (29, 1) == (done.packs, done.new_packs)
    assert bytes_stored(store) < before / 4
    assert 10 == len(await store.contents(30))
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]
    # What an unchanged cycle signs, and a changed one, is what is there now.
    held = await store.snapshot([card(number, "again") for number in range(10)])
    await store.snapshot([card(number, "again") for number in range(10)])
    assert 3 == held.object_count
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]


async def test_an_unchanged_snapshot_is_signed_with_the_packs_that_stand_for_others(store):
    for text in "abcd":
        await store.snapshot([card(1, text * 500)])
    await give_up(store, LAST_ONLY)
    await take_away(store)
    before = (await store.snapshots())[0]
    after = await store.snapshot([card(1, "d" * 500)])

    assert before.audit_root == after.audit_root
    assert before.objects_root != after.objects_root
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]
    assert after.objects_root == (await store.snapshot([card(1, "d" * 500)])).objects_root


async def test_a_pack_written_anew_twice_before_the_next_snapshot(store):
    for text in "abcd":
        await store.snapshot([card(1, text * 500), card(2, "same")])
    await give_up(store, LAST_ONLY)
    for _ in range(2):
        await take_away(store)
        async with store.transaction() as connection:
            # As if most of the new pack were dead, too.
            (row,) = await connection.fetch("select pack_no from packs order by pack_no desc limit 1")
            await rewrite_one(store, row["pack_no"])
    await store.snapshot([card(1, "e")])

    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]


async def rewrite_one(store, pack_no):
    """Write a pack anew, whatever is needed of it."""
    async with store.transaction() as connection:
        rows = await connection.fetch("select chunk_id, chunk_size from chunks where pack_no = $1", pack_no)
    staying = [Staying(row["chunk_id"], CARD, row["chunk_size"]) for row in rows]
    replaced = await rewrite(store.repository, {pack_no: staying})
    async with store.transaction() as connection:
        await keeping.taking(connection, store.repository.account_id)
        listed = await replace(connection, store.repository, replaced)
        await Log(store.repository).append(connection, log_entry.replacement(listed, packs=1, at=store.clock))
    await Log(store.repository).publish()


async def test_a_pack_that_others_lean_on_for_its_dictionary_stays(store, monkeypatch):
    monkeypatch.setattr(block, "SMALL_BYTES", 2000)
    await store.snapshot([card(number, f"{number} " * 200) for number in range(40)])
    await store.snapshot([card(number, f"{number} " * 200 + "edited") for number in range(3)])
    async with store.transaction() as connection:
        leaning = await connection.fetchval(
            "select count(*) from chunks where codec = 2 and dictionary_pack_no <> pack_no"
        )
        await connection.execute("delete from dictionaries")
    assert leaning
    await give_up(store, LAST_ONLY)

    assert 0 == (await compact(store.repository, young=AT_ONCE)).packs
    assert 3 == len(await store.contents(2))


async def test_what_a_snapshot_committed_meanwhile_needs_stays(store, monkeypatch):
    for text in "abcd":
        await store.snapshot([card(1, text * 500)])
    await give_up(store, LAST_ONLY)
    written = compact_module.rewrite

    async def meanwhile(repository, staying):
        found = await written(repository, staying)
        await store.snapshot([card(1, "a" * 500)])  # relies on what is about to go
        return found

    monkeypatch.setattr(compact_module, "rewrite", meanwhile)
    await compact(store.repository, young=AT_ONCE)
    monkeypatch.undo()
    await take_away(store)

    assert {("board", "0001"): "a" * 500} == await store.contents(5)
    assert [] == await faults(store)
    assert 0 == ask("--key", await vkey(store), "bucket", bucket(store))[0]


@pytest.mark.parametrize("spoil", ["missing", "altered"])
async def test_an_auditor_needs_the_list_of_what_replaced_what(store, spoil):
    for text in "abcd":
        await store.snapshot([card(1, text * 500)])
    await give_up(store, LAST_ONLY)
    await take_away(store)
    (listed,) = (bucket(store) / "objects" / str(store.repository.account_id)).glob("replaced-*")
    if spoil == "missing":
        listed.unlink()
    else:
        listed.chmod(0o600)
        listed.write_bytes(listed.read_bytes().replace(b"a", b"b"))

    assert 1 == ask("--key", await vkey(store), "bucket", bucket(store))[0]
