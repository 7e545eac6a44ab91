"""Commits: whole or not at all; what the manifest, the journal and the lists of packs say adds up."""

import hashlib
from uuid import uuid4

import pytest

from store import manifest, objects, snapshots
from store.backends.folder import FolderBackend
from store.content import prepare
from store.cycle import Cycle
from store.errors import NotFound, Unavailable
from store.journal import decode_segment
from store.merkle import root_of
from store.pack import object_key
from store.record import (
    ChunkId,
    OperationId,
)
from store.repository import Repository
from tests.unit.store.cycle_store import card


class BrokenBackend(FolderBackend):
    """A bucket that is gone."""

    def __init__(self):
        pass

    def put(self, key, data):
        raise Unavailable("the bucket does not answer")


async def test_a_failed_commit_leaves_nothing_to_see(store):
    await store.snapshot([card(1)])
    broken = Repository(store.repository.database, BrokenBackend(), store.repository.keys)
    async with Cycle.open(broken, store.connection_id, OperationId(uuid4()), store.clock) as cycle:
        await cycle.put([card(2)])
        with pytest.raises(Unavailable):
            await cycle.commit({}, store.clock)

    assert {("board", "0001")} == (await store.contents(1)).keys()
    with pytest.raises(NotFound):
        await store.contents(2)
    assert [1] == [snapshot.seq for snapshot in await store.snapshots()]


async def test_the_audit_root_is_over_the_records_in_key_order(store):
    records = [card(n) for n in range(70)]
    snapshot = await store.snapshot(records)
    keys = store.repository.keys
    leaves = [leaf for _, _, leaf, _ in sorted(zip(*prepare(keys, records), strict=True))]

    assert root_of(leaves) == snapshot.audit_root


async def test_the_manifest_in_the_bucket_is_the_one_in_postgres(store):
    snapshot = await store.snapshot([card(1)])
    (name,) = store.repository.backend.list("manifests/")
    sealed = store.repository.backend.get(name)
    async with store.transaction() as connection:
        held = await snapshots.manifest(connection, snapshot.snapshot_id)

    assert (held, {"n": 1}) == manifest.open_(store.repository.keys, sealed)
    assert hashlib.sha256(sealed).digest() == snapshot.manifest_id
    assert f"sha256:{snapshot.audit_root.hex()}" == manifest.decode(held)["records"]["root"]


async def test_the_journal_rebuilds_the_tree(store):
    await store.snapshot([card(n) for n in range(100)])
    second = await store.snapshot([card(n, "edited" if n == 7 else "as it was") for n in range(50)])
    living = {}
    async with store.transaction() as connection:
        for snapshot in reversed(await store.snapshots()):
            described = manifest.decode(await snapshots.manifest(connection, snapshot.snapshot_id))
            for name in described["journal"]:
                segment = await store.repository.read(ChunkId(bytes.fromhex(name.removeprefix("blake3:"))))
                for entry in decode_segment(segment):
                    place = (entry.workspace_id, entry.kind, entry.external_id)
                    if entry.content_prefix:
                        living[place] = entry.content_prefix
                    else:
                        del living[place]

    assert {v.key.external_id: v.content_id[:6] for v in await store.versions(second.seq)} == {
        place[2]: prefix for place, prefix in living.items()
    }


async def test_packs_are_counted_as_long_as_a_living_record_needs_them(store):
    await store.snapshot([card(1)])
    second = await store.snapshot([card(1, "edited")])
    third = await store.snapshot([])
    async with store.transaction() as connection:
        uses = await connection.fetch("select live from pack_uses")

    assert (2, 3) == (second.object_count, third.object_count)
    assert all(row["live"] > 0 for row in uses)


async def test_the_lists_in_the_bucket_add_up_to_the_packs_of_each_snapshot(store):
    for state in ([card(1), card(2)], [card(1, "edited"), card(2)], [card(1, "edited"), card(2)], []):
        await store.snapshot(state)
    backend = store.repository.backend
    lists = {name.split("/")[-1]: backend.get(name).decode() for name in backend.list("objects/")}
    held = set()
    for snapshot in reversed(await store.snapshots()):
        text = lists.get(f"{snapshot.seq:010d}-{snapshot.objects_root.hex()[:16]}", f"{objects.HEADING}\n")
        heading, *lines = text.splitlines()
        held |= {bytes.fromhex(line[2:]) for line in lines if line.startswith("+ ")}
        held -= {bytes.fromhex(line[2:]) for line in lines if line.startswith("- ")}

        assert objects.HEADING == heading
        assert (snapshot.objects_root, snapshot.object_count) == (objects.root(held), len(held))
    for pack_id in held:
        assert pack_id == hashlib.sha256(backend.get(object_key(pack_id))).digest()
    assert ["0000000001", "0000000002", "0000000004"] == [name[:10] for name in sorted(lists)]
