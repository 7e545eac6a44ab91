"""Rebuild: what was given up, held, erased and written anew comes back as it was."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from store import block, catalog, erasures, holds, replace, retentions
from store.backends.folder import FolderBackend
from store.checks.nodes import CheckedNodes
from store.checks.snapshots import check_lists, check_needs, check_tree
from store.checks.versions import check_content_is_indexed, check_living, check_steps
from store.compact import compact
from store.erase_records import RecordErasure
from store.erasures import Chosen, Request
from store.expire import expire
from store.log import Log
from store.rebuild.bucket import rebuild
from store.rebuild.found import LossCode
from store.record import ExternalId
from store.retention import Retention
from store.snapshots import list_snapshots
from store.sweep import sweep
from store.tree.nodes import PostgresNodes
from tests.unit.store.test_rebuild import CARD, MASTERS, Kept, dump, lose, new_kept, record

AT_ONCE = timedelta(0)
UTC = ZoneInfo("UTC")


@pytest.fixture
def backend(tmp_path):
    return FolderBackend(tmp_path / "bucket")


@pytest.fixture
async def kept(database, backend):
    """Six snapshots of many edits, of which the first three expire; a hold lies, another was lifted; a rule is set."""
    one = await new_kept(database, backend, "Acme")
    one.app = {(CARD, number): record(number, "as it was") for number in range(60)}
    one.files = {"f1": random.Random(1).randbytes(300_000)}
    for day in range(6):
        one.app |= {(CARD, number): record(number, f"edited on {day}") for number in range(day, 60, 2)}
        await one.back_up()
    async with database.account(one.keys.account_id) as connection:
        await retentions.put(connection, one.keys.account_id, None, Retention(days=3, years=2))
    lifted = await holds.place(one.repository, None, reason="Doe against Roe", by="m1")
    await holds.lift(one.repository, lifted.hold_id, reason="settled", by="m2")
    await expire(one.repository, one.connection_id, Retention(days=3), UTC)
    await compact(one.repository, young=AT_ONCE)
    await Log(one.repository).publish()
    await sweep(one.repository, young=AT_ONCE)
    return one


async def told(kept: Kept) -> dict[str, list]:
    """What the log and the catalog say that a rebuild brings back, beside what every rebuild does."""
    queries = {
        "expired": "select connection_id, seq, snapshot_id, finished_at, manifest_id, journal from expired_snapshots "
        "order by seq",
        "replaced": "select connection_id, old_pack_id, new_pack_id from replaced_packs order by old_pack_id",
        "tombstones": "select * from tombstones order by external_id, content_id",
        "erasures": "select erasure_id from erasures",
        "retentions": "select * from retentions",
        "versions": "select kind, external_id, from_seq, to_seq, content_id, erasure_id from versions "
        "order by kind, external_id, from_seq",
    }
    async with kept.database.account(kept.keys.account_id) as connection:
        found = {name: [dict(row) for row in await connection.fetch(query)] for name, query in queries.items()}
        found["holds"] = [
            (hold.hold_id, hold.reason, hold.placed_by, hold.lift_reason, hold.lifted_by, hold.lifted_at is None)
            # By their reasons: the log has times in whole seconds, and ids are random.
            for hold in sorted(await holds.of_account(connection, kept.keys), key=lambda one: one.reason)
        ]
    return found


async def faults(kept: Kept):
    async with kept.database.account(kept.keys.account_id) as connection:
        nodes = CheckedNodes(PostgresNodes(connection, kept.keys.account_id), kept.keys.hash_key)
        found, previous = [], None
        for snapshot in reversed(await list_snapshots(connection, kept.connection_id)):
            found += await check_tree(nodes, snapshot)
            found += await check_steps(connection, nodes, previous, snapshot)
            previous = snapshot
        found += await check_needs(connection, previous)
        found += await check_lists(kept.backend, previous)
        found += await check_content_is_indexed(connection, kept.keys.account_id, previous)
        found += await check_living(connection, nodes, previous)
    return found


async def made_again(kept: Kept):
    """Lose Postgres and rebuild; what there was before and is now, and what was lost."""
    await catalog.keep(kept.database, kept.backend, kept.keys)
    before = (await told(kept), await dump(kept))
    await lose(kept.database)
    found = await rebuild(kept.database, kept.backend, MASTERS)
    return before, (await told(kept), await dump(kept)), found


async def test_what_expired_stays_expired(database, kept):
    before, after, found = await made_again(kept)

    assert [] == found.losses
    assert 3 == len(after[0]["expired"])
    assert before == after
    assert [] == await faults(kept)


async def test_the_next_snapshots_are_signed_with_what_is_there(database, kept):
    await made_again(kept)
    kept.app[CARD, 3] = record(3, "edited after all")
    await kept.back_up()
    await expire(kept.repository, kept.connection_id, Retention(days=1), UTC)
    await compact(kept.repository, young=AT_ONCE)
    await Log(kept.repository).publish()
    await sweep(kept.repository, young=AT_ONCE)

    assert [] == await faults(kept)
    before, after, found = await made_again(kept)
    assert [] == found.losses
    assert before == after


async def test_holds_come_back(database, kept):
    await holds.place(kept.repository, kept.connection_id, reason="Poe against Moe", by="m3")
    await Log(kept.repository).publish()
    before, after, found = await made_again(kept)

    assert [] == found.losses
    assert ["Doe against Roe", "Poe against Moe"] == [reason for _, reason, *_ in after[0]["holds"]]
    assert [("settled", False), (None, True)] == [(lifted, lies) for *_, lifted, _, lies in after[0]["holds"]]
    assert before[0]["holds"] == after[0]["holds"]


@pytest.mark.parametrize("small_bytes", [32 * 1024, 2000])
async def test_erased_records_stay_erased(database, kept, monkeypatch, small_bytes):
    monkeypatch.setattr(block, "SMALL_BYTES", small_bytes)
    await kept.back_up()
    chosen = [Chosen(kept.connection_id, CARD, ExternalId(f"{number:04d}")) for number in (3, 4, 40)]
    request = Request(records=chosen, with_children=True, mentioning=None, reason="she asked", by="m1")
    account_id = kept.keys.account_id
    async with database.account(account_id) as connection:
        erasure_id = await erasures.create(connection, kept.keys, request)
        await erasures.target_records(connection, account_id, erasure_id, request)
    await RecordErasure(repository=kept.repository, erasure_id=erasure_id, request=request).run()
    await Log(kept.repository).publish()
    await sweep(kept.repository)
    before, after, found = await made_again(kept)

    assert [] == found.losses
    assert {"0003", "0004", "0040"} == {row["external_id"] for row in after[0]["tombstones"]}
    assert before[0] == after[0]
    assert before[1]["snapshots"] == after[1]["snapshots"]
    assert before[1]["needed"] == after[1]["needed"]
    assert [] == await faults(kept)
    # What the app still has of them is not stored again.
    await kept.back_up()
    async with database.account(account_id) as connection:
        held = await connection.fetchval(
            "select count(*) from chunks where chunk_id in (select content_id from tombstones)"
        )
    assert 0 == held


async def test_what_cannot_be_read_of_it_is_named(database, backend, kept):
    for name in list(backend.list("statements/")):
        backend.delete([name])
    for name in list(backend.list(f"objects/{kept.keys.account_id}/")):
        backend.delete([name])
    _, _, found = await made_again(kept)

    assert {LossCode.STATEMENT_LOST, LossCode.PACKS_DIFFER} <= {loss.code for loss in found.losses}


def test_a_list_that_is_none_is_refused(backend):
    assert replace.HEADING.encode() in replace.encode([])
