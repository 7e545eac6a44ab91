"""What a log says, a page at a time and in words; and receipts of what its entries only commit to."""

import json

import pytest

from store import holds, log_entries, prove
from store.errors import NotFound
from store.log import Log
from tests.unit.store.auditor import ask, vkey
from tests.unit.store.cycle_store import card, new_store
from tests.unit.store.keeper import LAST_ONLY, cards, give_up


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


async def listed(store, *, beyond=None, backwards=False, limit=10):
    async with store.repository.database.account(store.repository.account_id) as connection:
        found = await log_entries.page(
            connection, store.repository.account_id, beyond=beyond, backwards=backwards, limit=limit
        )
    return [(each.number, log_entries.in_words(each.said)) for each in found]


async def test_pages_go_both_ways(store):
    for word in ("a", "b", "c"):
        await store.snapshot([card(1, word)])

    assert [0, 1, 2, 3] == [number for number, _ in await listed(store)]
    assert [0, 1] == [number for number, _ in await listed(store, limit=2)]
    assert [2, 3] == [number for number, _ in await listed(store, beyond=1)]
    assert [3, 2] == [number for number, _ in await listed(store, backwards=True, limit=2)]
    assert [1, 0] == [number for number, _ in await listed(store, beyond=2, backwards=True)]


async def test_every_entry_is_told_in_words(store):
    for word in ("a", "b", "c"):
        await store.snapshot(cards(2, word))
    await give_up(store, LAST_ONLY)
    hold = await holds.place(store.repository, None, reason="Doe", by="somebody")
    await holds.lift(store.repository, hold.hold_id, reason="settled", by="somebody")
    log = Log(store.repository)
    old = await vkey(store)
    await log.rotate()
    await log.retire(old)

    assert [
        "the log began",
        *(f"snapshot {seq}: 2 records in {seq} packs" for seq in (1, 2, 3)),
        "snapshots 1 to 2 were given up; kept is 1 days",
        "a legal hold was placed",
        "a legal hold was lifted",
        "another key signs from here on",
        "a key signs no more",
    ] == [words for _, words in await listed(store)]


def test_a_kind_of_tomorrow_is_named():
    assert "teleport" == log_entries.in_words({"kind": "teleport"})


async def test_a_receipt_tells_who_and_why(store, tmp_path):
    await store.snapshot([card(1)])
    await holds.place(store.repository, store.connection_id, reason="Doe against Roe", by="somebody")
    assert await prove.prove_receipt(store.repository, 2) is None, "no checkpoint covers it"
    await Log(store.repository).publish()
    file = tmp_path / "receipt"
    file.write_bytes(await prove.prove_receipt(store.repository, 2))
    key = await vkey(store)
    code, line = ask("--key", key, "disclosure", file)

    assert (0, True) == (code, "Doe against Roe" in line), line
    assert await prove.prove_receipt(store.repository, 1) is None, "a snapshot states what it is"
    with pytest.raises(NotFound):
        await prove.prove_receipt(store.repository, 3)

    said = json.loads(file.read_text())
    said["statement"] = said["statement"].replace("Doe", "Moe")
    file.write_text(json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
    assert (1, "NOT PROVEN: the entry states something else") == ask("--key", key, "disclosure", file)
