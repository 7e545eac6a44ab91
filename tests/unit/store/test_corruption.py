"""One altered byte anywhere in a bucket, or in a proof, is found out by whoever reads it.

By default a byte here and there is altered; `make audit-check` alters every one (HOLDFAST_TEST_THOROUGH).
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from store import account_keys, catalog, erasures, holds, log, prove, verify
from store.backends.folder import FolderBackend
from store.checks.nodes import CheckedNodes
from store.checks.snapshots import check_tree
from store.compact import compact
from store.erase_records import RecordErasure
from store.erasures import Chosen, Request
from store.errors import Corrupt, KeyMissing
from store.expire import expire
from store.log import Log
from store.log_keys import open_key
from store.objects import packs_of
from store.record import ExternalId, NodeId, RecordKey, WorkspaceId
from store.retention import Retention
from store.snapshots import list_snapshots
from store.sweep import sweep
from store.tree.nodes import MemoryNodes, PostgresNodes
from store.verify import UnprovenError
from tests.unit.store.keeper import AT_ONCE
from tests.unit.store.test_rebuild import CARD, MASTERS, Kept, new_kept, record

EVERY = 1 if os.environ.get("HOLDFAST_TEST_THOROUGH") else 23
"""Which of the bytes are altered."""
SEALED = ("accounts", "keys")
"""Nothing proves these to an outsider; whoever opens them finds out."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
async def kept(database, tmp_path) -> Kept:
    """A bucket with one of everything: snapshots given up, packs written anew, a hold, an erasure, two keys."""
    one = await new_kept(database, FolderBackend(tmp_path / "bucket"), "Acme")
    one.app = {(CARD, number): record(number, "as it was") for number in range(20)}
    one.files = {"f1": b"a file's bytes"}
    await one.back_up()
    one.app |= {(CARD, number): record(number, "edited") for number in range(0, 20, 2)}
    await one.back_up()
    await rotate(one)
    one.app |= {(CARD, number): record(number, "edited again") for number in range(3)}
    await one.back_up()
    chosen = [Chosen(one.connection_id, CARD, ExternalId("0004"))]
    request = Request(records=chosen, with_children=False, mentioning=None, reason="she asked", by="m1")
    async with database.account(one.keys.account_id) as connection:
        erasure_id = await erasures.create(connection, one.keys, request)
        await erasures.target_records(connection, one.keys.account_id, erasure_id, request)
    await RecordErasure(repository=one.repository, erasure_id=erasure_id, request=request).run()
    await expire(one.repository, one.connection_id, Retention(days=2), ZoneInfo("UTC"))
    await compact(one.repository, young=AT_ONCE)
    await Log(one.repository).publish()
    await sweep(one.repository, young=AT_ONCE)
    await holds.place(one.repository, None, reason="Doe against Roe", by="m1")
    await Log(one.repository).publish()
    return one


async def rotate(kept: Kept) -> bytes:
    """Another key signs; returns the head that both signed."""
    held = Log(kept.repository)
    async with kept.database.account(kept.keys.account_id) as connection:
        (old,) = await log.vkeys(connection, kept.keys.account_id)
    await held.rotate()
    await held.publish()
    async with kept.database.account(kept.keys.account_id) as connection:
        both = await log.head(connection, kept.keys.account_id)
    await held.retire(old)
    await held.publish()
    return both.checkpoint


async def keys_of(kept: Kept) -> list[verify.Key]:
    async with kept.database.account(kept.keys.account_id) as connection:
        return [verify.read_key(vkey) for vkey in await log.vkeys(connection, kept.keys.account_id)]


def altered(data: bytes, every: int) -> Iterator[tuple[int, bytes]]:
    """The same with one bit of one byte changed, at many places; shorter, longer, empty."""
    for at in range(0, len(data), every):
        yield at, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
    yield len(data), data + b"\n"
    yield len(data) - 1, data[:-1]
    yield 0, b""


def is_refused(check: Callable[..., object], *given: object) -> bool:
    try:
        check(*given)
    except UnprovenError:
        return True
    return False


def tell(record_property: Callable[[str, object], None], counts: dict[str, int]) -> None:
    for kind, count in counts.items():
        record_property(f"bytes altered: {kind}", count)


async def test_no_byte_of_the_bucket_can_be_altered(kept, record_property):
    keys, folder = await keys_of(kept), kept.backend.folder
    told = verify.check_bucket(folder, keys, None, None)
    assert told == verify.check_bucket(folder, keys[1:], None, None), "the log itself names the older key"
    assert "(1 more were given up)" in told
    counts: dict[str, int] = {}
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        parts = file.relative_to(folder).parts
        if not {*SEALED}.isdisjoint(parts):
            continue
        good = file.read_bytes()
        for at, bad in altered(good, EVERY):
            file.write_bytes(bad)
            assert is_refused(verify.check_bucket, folder, keys, None, None), f"byte {at} of {file} was altered"
            kind = f"{parts[0]}/{parts[2]}" if parts[0] == "logs" else parts[0]
            counts[kind] = counts.get(kind, 0) + 1
        file.write_bytes(good)
    assert told == verify.check_bucket(folder, keys, None, None)
    names = {"logs/checkpoint", "logs/tile", "manifests", "objects", "packs", "proofs", "statements"}
    assert names == set(counts)
    tell(record_property, counts)


async def test_no_byte_of_what_is_only_sealed_can_be_altered(kept, record_property):
    account_id, folder = kept.keys.account_id, kept.backend.folder
    async with kept.database.account(account_id) as connection:
        vkeys = {verify.read_key(vkey).key_id.hex(): vkey for vkey in await log.vkeys(connection, account_id)}
    readers: dict[str, Callable[[str, bytes], object]] = {
        f"accounts/{account_id}/keys": lambda *_: account_keys.find_wrapped_keys(kept.backend, MASTERS, account_id),
        f"accounts/{account_id}/catalog": lambda *_: asyncio.run(catalog.find(kept.backend, kept.keys)),
        f"logs/{account_id}/keys": lambda name, data: open_key(kept.keys, vkeys[name], data),
    }
    count = 0
    for place, read in readers.items():
        for file in sorted((folder / place).iterdir()):
            good = file.read_bytes()
            for _, bad in altered(good, EVERY):
                file.write_bytes(bad)
                with pytest.raises((Corrupt, KeyMissing)):
                    await asyncio.to_thread(read, file.name, file.read_bytes())
                count += 1
            file.write_bytes(good)
            await asyncio.to_thread(read, file.name, file.read_bytes())
    record_property("bytes altered: sealed keys and catalog", count)


async def test_no_byte_of_a_node_can_be_altered(kept, record_property):
    memory = MemoryNodes()
    async with kept.database.account(kept.keys.account_id) as connection:
        named = [NodeId(row["node_id"]) for row in await connection.fetch("select node_id from nodes")]
        memory.bodies = await PostgresNodes(connection, kept.keys.account_id).get(named)
        newest = (await list_snapshots(connection, kept.connection_id))[0]
    nodes = CheckedNodes(memory, kept.keys.hash_key)
    assert [] == await check_tree(nodes, newest)
    count = 0
    for node_id, good in list(memory.bodies.items()):
        for _, bad in altered(good, EVERY):
            memory.bodies[node_id] = bad
            with pytest.raises(Corrupt, match=node_id.hex()):
                await nodes.get([node_id])
            count += 1
        memory.bodies[node_id] = good
    assert [] == await check_tree(nodes, newest)
    record_property("bytes altered: nodes", count)


async def test_no_byte_of_a_proof_can_be_altered(kept, record_property):
    keys, repository = await keys_of(kept), kept.repository
    async with kept.database.account(kept.keys.account_id) as connection:
        newest = (await list_snapshots(connection, kept.connection_id))[0]
        head = await log.head(connection, kept.keys.account_id)
        entry = await log.entry_proof(connection, kept.keys.account_id, 2)
    hold = head.size - 1
    here = RecordKey(workspace_id=WorkspaceId("board"), kind=CARD, external_id=ExternalId("0007"))
    gone = RecordKey(workspace_id=WorkspaceId("board"), kind=CARD, external_id=ExternalId("0007a"))
    pack_id = (await packs_of(kept.backend, newest))[0]
    disclosures = {
        "record": await prove.prove_record(repository, newest, here),
        "absence": await prove.prove_absence(repository, newest, gone),
        "manifest": await prove.prove_statement(repository, newest),
        "pack": await prove.prove_pack(repository, newest, pack_id),
        "receipt": await prove.prove_receipt(repository, hold),
    }
    counts: dict[str, int] = {}
    for kind, good in disclosures.items():
        told = verify.check_disclosure(good, keys, None)
        for at, bad in altered(good, 1 if EVERY == 1 else 7):
            try:
                line = verify.check_disclosure(bad, keys, None)
            except UnprovenError:
                continue
            finally:
                counts[kind] = counts.get(kind, 0) + 1
            # A place next to the one asked for has no record either: that is another claim, and true.
            assert ("absence", False) == (kind, line == told), f"byte {at} of the {kind}: {line}"
    for kind, good, check in (
        ("entry", entry.encode(), verify.open_proof),
        ("checkpoint", head.checkpoint, verify.open_checkpoint),
    ):
        check(good, keys)
        for at, bad in altered(good, 1):
            assert is_refused(check, bad, keys), f"byte {at} of the {kind} was altered"
            counts[kind] = counts.get(kind, 0) + 1
    tell(record_property, counts)


async def test_of_two_signatures_one_known_is_enough(database, tmp_path):
    """Unknown keys are passed over, by the format: that is how keys rotate. What makes one unknown does no harm."""
    one = await new_kept(database, FolderBackend(tmp_path / "bucket"), "Acme")
    one.app = {(CARD, 1): record(1, "as it was")}
    await one.back_up()
    both = await rotate(one)
    keys = await keys_of(one)
    head = verify.open_checkpoint(both, keys)
    signatures = both.rindex(b"\n\n")
    passed_over = 0
    for at, bad in altered(both, 1):
        if not is_refused(verify.open_checkpoint, bad, keys):
            passed_over += 1

            assert at > signatures, f"byte {at} of what was signed"
            assert head == verify.open_checkpoint(bad, keys)
    assert passed_over > 0
