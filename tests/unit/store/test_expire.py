"""Snapshots that are given up, against a model that remembers everything."""

import random
from datetime import timedelta

import pytest

from store import holds, pack_writer, retentions, versions
from store.log import Log
from store.record import ExternalId
from store.retention import Retention
from tests.unit.store.auditor import ask, bucket, vkey
from tests.unit.store.cycle_store import BOARD, CARD, card, new_store
from tests.unit.store.keeper import (
    LAST_ONLY,
    faults,
    give_up,
    living,
    stored_packs,
    take_away,
)


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


class Model:
    """What each snapshot held: (workspace, id) → name."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.cards = {}
        self.held = {}

    def edit(self):
        # Few names and ids, so that contents come back that were given up before.
        for _ in range(self.chance.randint(0, 6)):
            number = self.chance.randint(1, 12)
            if self.chance.random() < 0.25:
                self.cards.pop(number, None)
            else:
                self.cards[number] = (self.chance.choice(["board", "other"]), f"name {self.chance.randint(1, 4)}" * 50)

    async def snapshot(self, store):
        if self.chance.random() < 0.8:
            self.edit()
        records = [card(number, name, workspace) for number, (workspace, name) in self.cards.items()]
        made = await store.snapshot(records, complete=("board", "other"))
        self.held[made.seq] = {(where, f"{number:04d}"): name for number, (where, name) in self.cards.items()}

    async def check(self, store):
        for seq in await living(store):
            assert self.held[seq] == await store.contents(seq)
            assert self.held[seq].keys() == await store.tree_keys(seq)
        assert [] == await faults(store)


def any_retention(chance):
    counts = {name: chance.choice([0, 0, 1, 2, 3]) for name in ("all_days", "days", "weeks")}
    return Retention(**counts) if any(counts.values()) else LAST_ONLY


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_kept_stays_whole_and_what_nothing_needs_goes(store, seed, monkeypatch):
    monkeypatch.setattr(pack_writer, "PACK_BYTES", random.Random(seed).choice([500, 5000, 10**7]))
    model = Model(seed)
    for _ in range(8):
        for _ in range(model.chance.randint(1, 4)):
            await model.snapshot(store)
        if model.chance.random() < 0.7:
            await give_up(store, any_retention(model.chance))
        if model.chance.random() < 0.7:
            await take_away(store)
            assert await stored_packs(store) == list(store.repository.backend.list("packs/"))
        await model.check(store)
        code, line = ask("--key", await vkey(store), "bucket", bucket(store))
        assert 0 == code, line


async def test_history_is_told_by_what_is_kept(store):
    for text in ("a", "a", "b", "c", "c", "c"):
        store.clock -= timedelta(hours=12)  # two snapshots a day, and the first of each goes
        await store.snapshot([card(1, text), card(2)])

    assert [1, 3, 5] == await give_up(store, Retention(days=9))

    async with store.transaction() as connection:
        history = await versions.history(connection, store.connection_id, CARD, ExternalId("0001"))
    assert [(4, None), (2, 4)] == [(version.from_seq, version.to_seq) for version in history]
    assert [] == await faults(store)


async def test_two_versions_that_are_the_same_become_one_when_nothing_lies_between_them(store):
    for text in ("a", "b", "a", "a", "c"):
        await store.snapshot([card(1, text), card(2)])
    async with store.transaction() as connection:
        await connection.execute("update snapshots set finished_at = finished_at - interval '1 year' where seq = 1")

    assert [2, 3, 4] == await give_up(store, Retention(years=2))
    async with store.transaction() as connection:
        history = await versions.history(connection, store.connection_id, CARD, ExternalId("0001"))
    assert [(5, None), (1, 5)] == [(version.from_seq, version.to_seq) for version in history]


async def test_versions_that_begin_later_meanwhile_still_end(store):
    """A cycle compares, then snapshots expire, then it commits: what it ends it finds by what is still held."""
    for text in ("a", "b", "b"):
        await store.snapshot([card(1, text), card(2, "same")])
    async with store.cycle() as cycle:
        await cycle.put([card(1, "c"), card(2, "same")])
        await cycle.complete(BOARD, [CARD])
        changes = await cycle.compare()
        await give_up(store, LAST_ONLY)
        await cycle.commit({}, store.clock + timedelta(days=1), changes)

    assert {("board", "0001"): "c", ("board", "0002"): "same"} == await store.contents(4)
    assert {("board", "0001"): "b", ("board", "0002"): "same"} == await store.contents(3)
    assert [] == await faults(store)


async def test_a_connections_own_retention_goes_before_its_accounts(store):
    account_id, mine = store.repository.account_id, Retention(days=3)
    async with store.transaction() as connection:
        assert await retentions.of_connection(connection, account_id, store.connection_id) is None
        await retentions.put(connection, account_id, None, LAST_ONLY)
        assert LAST_ONLY == await retentions.of_connection(connection, account_id, store.connection_id)
        await retentions.put(connection, account_id, store.connection_id, LAST_ONLY)
        await retentions.put(connection, account_id, store.connection_id, mine)
        assert {None: LAST_ONLY, store.connection_id: mine} == await retentions.of_account(connection, account_id)
        await retentions.put(connection, account_id, store.connection_id, None)
        assert {None: LAST_ONLY} == await retentions.of_account(connection, account_id)


async def test_an_auditor_sees_what_was_given_up_and_that_the_rest_is_there(store):
    for text in "abc":
        await store.snapshot([card(1, text)])
    await give_up(store, LAST_ONLY)
    await holds.place(store.repository, None, reason="Doe against Roe", by="m1")
    await Log(store.repository).publish()
    key = await vkey(store)
    code, line = ask("--key", key, "bucket", bucket(store))

    assert (0, True) == (code, "1 snapshots (2 more were given up) need" in line)

    (document,) = (bucket(store) / "statements").glob("*/*")
    document.chmod(0o600)
    document.write_bytes(document.read_bytes()[:-1])

    assert 1 == ask("--key", key, "bucket", bucket(store))[0]
