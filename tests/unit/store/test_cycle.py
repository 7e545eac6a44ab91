"""Cycles: what is put is committed, found again, and told apart from what was there."""

import asyncio
import dataclasses
import hashlib
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from store import canonical, manifest, objects, snapshots, stage, versions
from store.backends.folder import FolderBackend
from store.compare import compare
from store.content import prepare
from store.cycle import Cycle
from store.entry import decode_entry
from store.errors import Conflict, Outdated, Unavailable
from store.files import FileMeta, decode_recipe
from store.journal import decode_segment
from store.keys import AccountKeys
from store.log import Log
from store.merkle import root_of
from store.pack import object_key
from store.record import (
    FILE_KIND,
    AccountId,
    ChunkId,
    ConnectionId,
    ExternalId,
    Kind,
    OperationId,
    ParentRef,
    Record,
    WorkspaceId,
)
from store.repository import Repository
from store.stage import Stage
from store.tree.nodes import PostgresNodes
from store.tree.read import entries

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)
CARD = Kind("card")
BOARD = WorkspaceId("board")


def card(number: int, text: str = "as it was", workspace: str = "board") -> Record:
    return Record(
        workspace_id=WorkspaceId(workspace),
        kind=CARD,
        external_id=ExternalId(f"{number:04d}"),
        content={"id": f"{number:04d}", "name": text},
        changed_at=NOW,
        changed_by="mary",
    )


class BrokenBackend(FolderBackend):
    """A bucket that is gone."""

    def __init__(self):
        pass

    def put(self, key, data):
        raise Unavailable("the bucket does not answer")


class Store:
    def __init__(self, repository, connection_id):
        self.repository, self.connection_id = repository, connection_id
        self.clock = NOW

    def cycle(self, operation_id=None):
        return Cycle.open(self.repository, self.connection_id, operation_id or OperationId(uuid4()), self.clock)

    def transaction(self):
        return self.repository.database.account(self.repository.account_id)

    async def snapshot(self, records, complete=(BOARD,)):
        snapshot = await self.unsigned_snapshot(records, complete)
        await Log(self.repository).publish()
        return snapshot

    async def unsigned_snapshot(self, records, complete=(BOARD,)):
        self.clock += timedelta(days=1)
        async with self.cycle() as cycle:
            for at in range(0, len(records), 50):
                await cycle.put(records[at : at + 50])
            for workspace in complete:
                await cycle.complete(workspace, [CARD])
            return await cycle.commit({"n": 1}, self.clock)

    async def versions(self, seq):
        async with self.transaction() as connection:
            return await versions.list_records(connection, self.connection_id, seq, limit=10_000)

    async def contents(self, seq):
        found = await self.versions(seq)
        plain = await self.repository.read_many([v.content_id for v in found]) if found else {}
        return {(v.key.workspace_id, v.key.external_id): canonical.decode(plain[v.content_id])["name"] for v in found}

    async def tree_keys(self, seq):
        async with self.transaction() as connection:
            snapshot = (await snapshots.by_seqs(connection, self.connection_id, [seq]))[seq]
            nodes = PostgresNodes(connection, self.repository.account_id)
            found = [decode_entry(*e) async for batch in entries(nodes, snapshot.tree_root) for e in batch]
        return {(entry.key.workspace_id, entry.key.external_id) for entry in found}

    async def snapshots(self):
        async with self.transaction() as connection:
            return await snapshots.list_snapshots(connection, self.connection_id)

    async def row_counts(self):
        async with self.transaction() as connection:
            return await connection.fetchrow("select (select count(*) from packs), (select count(*) from nodes)")


async def new_store(database, folder):
    account_id, connection_id = AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as connection:
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, 'a', 'UTC')", account_id
        )
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 't')",
            connection_id,
            account_id,
        )
    return Store(Repository(database, FolderBackend(folder / "store"), AccountKeys.generate(account_id)), connection_id)


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


async def test_a_snapshot_holds_what_was_put(store):
    snapshot = await store.snapshot([card(n) for n in range(300)])

    assert {("board", f"{n:04d}"): "as it was" for n in range(300)} == await store.contents(1)
    assert (1, 300, 300, 0, 0, 0) == (
        snapshot.seq,
        snapshot.record_count,
        snapshot.added,
        snapshot.edited,
        snapshot.moved,
        snapshot.deleted,
    )


async def test_added_edited_moved_deleted(store):
    await store.snapshot([card(n) for n in range(100)])
    second = await store.snapshot(
        [card(n) for n in range(3, 100) if n not in (10, 20)]
        + [card(10, "edited"), card(20, workspace="other"), card(500)]
    )

    assert (1, 1, 1, 3) == (second.added, second.edited, second.moved, second.deleted)
    assert "as it was" == (await store.contents(1))["board", "0010"]
    assert "edited" == (await store.contents(2))["board", "0010"]
    assert ("other", "0020") in await store.contents(2)
    assert ("board", "0001") not in await store.contents(2)


async def test_an_incomplete_listing_deletes_nothing(store):
    await store.snapshot([card(n) for n in range(10)])
    second = await store.snapshot([card(1)], complete=())

    assert 0 == second.deleted
    assert 10 == second.record_count


async def test_unchanged_writes_no_pack_and_no_node(store):
    first = await store.snapshot([card(n) for n in range(100)])
    before = await store.row_counts()
    second = await store.snapshot([card(n) for n in range(100)])

    assert before == await store.row_counts()
    assert (first.tree_root, first.audit_root, first.objects_root) == (
        second.tree_root,
        second.audit_root,
        second.objects_root,
    )


async def test_a_vanished_workspace_takes_its_records_with_it(store):
    await store.snapshot([card(1), card(2, workspace="other")], complete=())
    async with store.cycle() as cycle:
        await cycle.gone(BOARD)
        snapshot = await cycle.commit({}, store.clock)

    assert 1 == snapshot.deleted
    assert {("other", "0002")} == (await store.contents(2)).keys()


async def test_what_was_kept_is_neither_deleted_nor_changed(store):
    await store.snapshot([card(1), card(2)])
    async with store.cycle() as cycle:
        await cycle.keep(BOARD, CARD, [ExternalId("0001")])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert {("board", "0001"): "as it was"} == await store.contents(2)


async def test_what_is_held_is_told_by_workspace_and_kind_with_parents(store):
    child = replace(card(2), parent=ParentRef(kind=CARD, external_id=ExternalId("0001")))
    await store.snapshot([card(1), child, card(3), card(4, workspace="other")])
    await store.snapshot([card(1), child])
    async with store.cycle() as cycle:
        held = await cycle.held(BOARD, CARD)

    assert {"0001": None, "0002": "0001"} == held


NOTE = Kind("note")


def note(number: int, parent: Record, workspace: str = "board") -> Record:
    return replace(
        card(number, workspace=workspace),
        kind=NOTE,
        parent=ParentRef(kind=parent.kind, external_id=parent.external_id),
    )


async def hold_some(store) -> list[Record]:
    """Two cards, each with a note, and a note below that note."""
    cards = [card(1), card(2)]
    notes = [note(10, cards[0]), note(20, cards[1])]
    below = [note(11, notes[0]), note(21, notes[1])]
    await store.snapshot([*cards, *notes, *below])
    return [*cards, *notes, *below]


async def living(store) -> set[tuple[str, int]]:
    (snapshot, *_) = await store.snapshots()
    return {(version.key.kind, int(version.key.external_id)) for version in await store.versions(snapshot.seq)}


async def test_what_is_named_as_deleted_goes_with_what_hangs_below_it(store):
    await hold_some(store)
    async with store.cycle() as cycle:
        await cycle.deleted(BOARD, CARD, [ExternalId("0001")], [NOTE])
        await cycle.commit({}, store.clock)

    assert {("card", 2), ("note", 20), ("note", 21)} == await living(store)


async def test_what_is_named_as_deleted_and_put_lives(store):
    held = await hold_some(store)
    async with store.cycle() as cycle:
        await cycle.deleted(BOARD, CARD, [ExternalId("0001")], [NOTE])
        await cycle.put([replace(held[0], workspace_id=WorkspaceId("other"))])
        await cycle.keep(BOARD, NOTE, [ExternalId("0011")])
        await cycle.commit({}, store.clock)

    assert {("card", 1), ("card", 2), ("note", 11), ("note", 20), ("note", 21)} == await living(store)


async def test_what_a_record_was_put_with_is_all_that_hangs_below_it(store):
    held = await hold_some(store)
    async with store.cycle() as cycle:
        await cycle.put([held[0]])
        await cycle.put([note(12, held[0])])
        await cycle.complete_below(BOARD, CARD, [ExternalId("0001")], [NOTE])
        await cycle.commit({}, store.clock)

    assert {("card", 1), ("card", 2), ("note", 12), ("note", 20), ("note", 21)} == await living(store)


async def test_a_deletion_in_one_workspace_is_none_in_another(store):
    await store.snapshot([card(1), note(10, card(1)), note(12, card(1), workspace="other")])
    async with store.cycle() as cycle:
        await cycle.deleted(WorkspaceId("other"), CARD, [ExternalId("0001")], [NOTE])
        await cycle.deleted(BOARD, CARD, [ExternalId("0009")], [NOTE])
        await cycle.commit({}, store.clock)

    assert {("card", 1), ("note", 10), ("note", 12)} == await living(store)


async def test_what_hangs_below_a_record_that_moves_is_complete_wherever_it_is_held(store):
    held = await hold_some(store)
    other = WorkspaceId("other")
    async with store.cycle() as cycle:
        await cycle.put([replace(held[0], workspace_id=other)])
        await cycle.put([note(12, held[0], workspace="other")])
        await cycle.complete_below(other, CARD, [ExternalId("0001")], [NOTE])
        await cycle.commit({}, store.clock)

    assert {("card", 1), ("card", 2), ("note", 12), ("note", 20), ("note", 21)} == await living(store)


async def test_named_deletions_of_a_workspace_that_is_read_anew_are_forgotten(store):
    await hold_some(store)
    async with store.cycle() as cycle:
        await cycle.deleted(BOARD, CARD, [ExternalId("0001")], [NOTE])
        await cycle.anew([BOARD])
        await cycle.commit({}, store.clock)

    assert 6 == len(await living(store))


async def test_named_deletions_survive_an_interruption_that_saved_them(store):
    await hold_some(store)
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.deleted(BOARD, CARD, [ExternalId("0001")], [NOTE])
        await cycle.save({"at": 1}, now=True)
        await cycle.deleted(BOARD, CARD, [ExternalId("0002")], [NOTE])
    async with store.cycle(operation_id) as cycle:
        await cycle.commit({}, store.clock)

    assert {("card", 2), ("note", 20), ("note", 21)} == await living(store)


async def test_a_record_that_cannot_be_stored_is_a_warning_and_its_last_version_stays(store):
    await store.snapshot([card(1), card(2)])
    async with store.cycle() as cycle:
        await cycle.put([replace(card(1), content={"id": "0001", "pos": float("nan")}), card(2, "edited")])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert ["BAD_RECORD"] == [warning.code for warning in cycle.warnings]
    assert {("board", "0001"): "as it was", ("board", "0002"): "edited"} == await store.contents(2)


async def test_the_last_state_put_in_a_cycle_wins(store):
    await store.snapshot([card(1, "read first"), card(2), card(1, "read again")])

    assert "read again" == (await store.contents(1))["board", "0001"]


async def test_a_first_snapshot_takes_a_record_put_in_two_places_once(store):
    snapshot = await store.snapshot([card(1), card(2), card(1, "moved meanwhile", "other")])

    assert {("board", "0002"): "as it was", ("other", "0001"): "moved meanwhile"} == await store.contents(1)
    assert {("board", "0002"), ("other", "0001")} == await store.tree_keys(1)
    assert 2 == snapshot.added == snapshot.record_count


async def test_a_first_snapshot_leaves_out_what_cannot_be_stored(store):
    snapshot = await store.snapshot([card(1), replace(card(2), content={"pos": float("nan")}), card(3)])

    assert {("board", "0001"), ("board", "0003")} == await store.tree_keys(1) == set(await store.contents(1))
    assert 2 == snapshot.added


async def test_an_interrupted_cycle_goes_on_from_what_it_saved(store):
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1)])
        await cycle.save({"at": "second page"}, now=True)
        await cycle.put([card(9, "read after the save, so it does not count")])
    async with store.cycle(operation_id) as cycle:
        assert {"at": "second page"} == cycle.cursor

        await cycle.put([card(2)])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert {("board", "0001"), ("board", "0002")} == (await store.contents(1)).keys()


async def test_nothing_of_a_cycle_arrives_after_it_was_left(store, monkeypatch):
    send = Stage._send

    async def late(self, batches):
        await asyncio.sleep(0.05)
        await send(self, batches)

    monkeypatch.setattr(stage, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(Stage, "_send", late)
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(2), card(3)])
        await cycle.complete(BOARD, [CARD])
        snapshot = await cycle.commit({}, store.clock)

    assert {("board", "0002"), ("board", "0003")} == await store.tree_keys(1) == set(await store.contents(1))
    assert 2 == snapshot.added


async def test_a_first_snapshot_has_nothing_of_what_was_read_anew_and_not_found_again(store):
    async with store.cycle() as cycle:
        await cycle.put([card(1), card(2), card(3, workspace="other")])
        await cycle.anew([BOARD])
        await cycle.put([card(2)])
        snapshot = await cycle.commit({}, store.clock)

    assert {("board", "0002"), ("other", "0003")} == await store.tree_keys(1) == set(await store.contents(1))
    assert 2 == snapshot.added == snapshot.record_count


async def crash_of_postgres(store):
    """Leave of the tables that are not logged what a crash leaves: nothing."""
    async with store.transaction() as connection:
        names = await connection.fetch("select relname from pg_class where relpersistence = 'u' and relkind = 'r'")
        for row in names:
            await connection.execute(f"delete from {row['relname']}")


@pytest.mark.parametrize("at", ["save", "compare", "commit"])
async def test_what_postgres_lost_in_a_crash_is_read_again(store, at):
    await store.snapshot([card(1), card(2), card(3)])
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
        await cycle.save({"at": "second page"}, now=True)
        changes = await cycle.compare() if at == "commit" else None
        await crash_of_postgres(store)
        await cycle.put([card(3)])
        await cycle.complete(BOARD, [CARD])

        going_on = {
            "save": lambda: cycle.save({"at": "the end"}, now=True),
            "compare": cycle.compare,
            "commit": lambda: cycle.commit({}, store.clock, changes),
        }
        with pytest.raises(Outdated, match=r"Postgres lost what operation .* had read"):
            await going_on[at]()
    async with store.cycle(operation_id) as cycle:
        assert cycle.cursor is None

        await cycle.put([card(1), card(2), card(3)])
        await cycle.complete(BOARD, [CARD])
        await cycle.commit({}, store.clock)

    assert [3, 3] == [snapshot.record_count for snapshot in await store.snapshots()]


async def test_two_cycles_at_once_make_one_snapshot(store):
    async with store.cycle() as one, store.cycle() as other:
        await one.put([card(1)])
        await other.put([card(1), card(2)])
        await one.commit({}, store.clock)

        with pytest.raises(Conflict):
            await other.commit({}, store.clock)

    assert {("board", "0001")} == (await store.contents(1)).keys()


async def test_a_failed_commit_leaves_nothing_to_see(store):
    await store.snapshot([card(1)])
    broken = Repository(store.repository.database, BrokenBackend(), store.repository.keys)
    async with Cycle.open(broken, store.connection_id, OperationId(uuid4()), store.clock) as cycle:
        await cycle.put([card(2)])
        with pytest.raises(Unavailable):
            await cycle.commit({}, store.clock)

    assert {("board", "0001")} == (await store.contents(5)).keys()
    assert [1] == [snapshot.seq for snapshot in await store.snapshots()]


async def test_files_are_read_back(store):
    data = random.Random(1).randbytes(5_000_000)

    async def stream():
        for at in range(0, len(data), 70_000):
            yield data[at : at + 70_000]

    meta = FileMeta(
        workspace_id=BOARD,
        external_id=ExternalId("f1"),
        parent=ParentRef(kind=CARD, external_id=ExternalId("0001")),
        name="plan.pdf",
        media_type="application/pdf",
        revision="r1",
    )
    async with store.cycle() as cycle:
        await cycle.put_file(meta, stream())
        await cycle.commit({}, store.clock)
    ((version,)) = await store.versions(1)
    recipe = decode_recipe(await store.repository.read(version.content_id))

    assert hashlib.sha256(data).hexdigest() == recipe.sha256
    assert data == b"".join([part async for part in store.repository.stream_file(recipe)])


async def hold_a_file(store) -> FileMeta:
    async def stream():
        yield b"plan" * 9_000

    meta = FileMeta(
        workspace_id=BOARD,
        external_id=ExternalId("f1"),
        parent=ParentRef(kind=CARD, external_id=ExternalId("0001")),
        name="plan.pdf",
        media_type="application/pdf",
        revision="r1",
    )
    async with store.cycle() as cycle:
        await cycle.put_file(meta, stream())
        await cycle.commit({}, store.clock)
    return meta


async def test_a_file_is_kept_while_its_revision_is_the_same(store):
    meta = await hold_a_file(store)
    async with store.cycle() as cycle:
        assert await cycle.keep_file(meta)
        assert not await cycle.keep_file(dataclasses.replace(meta, revision="r2"))
        assert not await cycle.keep_file(dataclasses.replace(meta, external_id=ExternalId("f2")))
        await cycle.complete(BOARD, [FILE_KIND])
        snapshot = await cycle.commit({}, store.clock)

    assert (0, 0, 0, 0) == (snapshot.added, snapshot.edited, snapshot.moved, snapshot.deleted)


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({"workspace_id": WorkspaceId("other")}, "moved"),
        ({"parent": ParentRef(kind=CARD, external_id=ExternalId("0002"))}, "edited"),
        ({"name": "plan-2.pdf"}, "edited"),
        ({"media_type": None}, "edited"),
    ],
)
async def test_a_kept_file_goes_where_it_lies_and_is_called_what_it_is_called(store, change, counted):
    meta = await hold_a_file(store)
    changed = dataclasses.replace(meta, **change)
    async with store.cycle() as cycle:
        assert await cycle.keep_file(changed)
        await cycle.complete(BOARD, [FILE_KIND])
        snapshot = await cycle.commit({}, store.clock)
    (version,) = await store.versions(snapshot.seq)
    recipe = decode_recipe(await store.repository.read(version.content_id))

    assert 1 == getattr(snapshot, counted)
    assert (changed.workspace_id, changed.parent) == (version.key.workspace_id, version.parent)
    assert (changed.name, changed.media_type) == (recipe.name, recipe.media_type)
    assert b"plan" * 9_000 == b"".join([part async for part in store.repository.stream_file(recipe)])


async def test_compare_says_what_changed(store):
    first = await store.snapshot([card(n) for n in range(100)])
    second = await store.snapshot(
        [card(n) for n in range(1, 100) if n not in (10, 20)]
        + [card(10, "edited"), card(20, workspace="other"), card(500)]
    )
    async with store.transaction() as connection:
        nodes = PostgresNodes(connection, store.repository.account_id)
        found = [change async for batch in compare(connection, nodes, first, second) for change in batch]

    assert [("deleted", "0000"), ("edited", "0010"), ("added", "0500"), ("moved", "0020")] == [
        (change.change, change.entry.key.external_id) for change in found
    ]


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


edits = st.lists(
    st.dictionaries(st.integers(0, 12), st.tuples(st.sampled_from("abc"), st.sampled_from(["board", "other"]))),
    min_size=1,
    max_size=5,
)


@given(history=edits)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_snapshot_reads_as_the_app_was(database, tmp_path, history):
    store = await new_store(database, tmp_path)
    for state in history:
        await store.snapshot(
            [card(n, text, workspace) for n, (text, workspace) in state.items()],
            complete=(BOARD, WorkspaceId("other")),
        )
    for seq, state in enumerate(history, 1):
        expected = {(workspace, f"{n:04d}"): text for n, (text, workspace) in state.items()}

        assert expected == await store.contents(seq)
        assert expected.keys() == await store.tree_keys(seq)
