"""What a first reading remembers: what Postgres would say of the same rows, and nothing where it may not be all."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import changes, manifest, remembered, snapshots
from store.backends.folder import FolderBackend
from store.changes import Changes
from store.errors import Outdated, Unavailable
from store.files import FileMeta
from store.record import ExternalId, Kind, OperationId, ParentRef, Record, WorkspaceId
from store.remembered import Remembered
from store.repository import Repository
from store.rows import Rows
from store.stage import Stage
from tests.unit.store.cycle_store import BOARD, CARD, NOW, card, new_store

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ZONES = [UTC, timezone(timedelta(hours=-9, minutes=-30)), timezone(timedelta(hours=14))]

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
workspaces = st.sampled_from(["", "a", "ab", "\uffee", "\U0001f600"])
kinds = st.sampled_from(["card", "card_item", "list"])
digests = st.binary(min_size=32, max_size=32)
times = st.none() | st.builds(
    lambda since, zone: (NOW + since).astimezone(zone),
    st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)),
    st.sampled_from(ZONES),
)
parents = st.just((None, None)) | st.tuples(kinds, texts)
packs = st.none() | st.integers(1, 9)


@st.composite
def rows_of(draw, key):
    """One row as a cycle stages it: a record, or one that is kept as it is held."""
    kind, external_id = key
    if draw(st.integers(0, 4)) == 0:
        return (draw(workspaces), kind, external_id, None, None, b"", b"", 0, None, None, None, None)
    content = (draw(digests), draw(digests), draw(st.integers(0, 2**31 - 1)))
    others = draw(st.none() | st.lists(st.integers(1, 9), min_size=1, max_size=3))
    by = (draw(times), draw(st.none() | texts))
    return (draw(workspaces), kind, external_id, *draw(parents), *content, draw(packs), others, *by)


readings = st.lists(st.tuples(kinds, texts), unique=True, max_size=12).flatmap(
    lambda keys: st.tuples(*map(rows_of, keys))
)


def row(external_id):
    return ("board", "card", external_id, None, None, b"c" * 32, b"h" * 32, 1, 1, [2], NOW, None)


def columns(rows):
    return Rows(*(map(list, zip(*rows, strict=True)) if rows else [[]] * len(Rows._fields)))


async def staged(store, rows, batch_rows=5):
    stage = Stage(store.repository.database, store.repository.account_id, OperationId(uuid4()), is_first=True)
    await stage.restore()
    for at in range(0, len(rows), batch_rows):
        await stage.add(columns(rows[at : at + batch_rows]))
    await stage.flush()
    return stage


async def said(store, operation_id, memory):
    """All that a commit asks of the changes of a first reading."""
    found = Changes(store.repository.database, store.repository.account_id, operation_id, None, memory)
    await found.find(store.connection_id)
    async with store.transaction() as connection:
        pages = [[list(column) for column in page] async for page in found.in_key_order(connection)]
        await found.count_pack_uses(connection, store.connection_id)
        uses = await connection.fetch(
            "delete from pack_uses where connection_id = $1 returning pack_no, live", store.connection_id
        )
    times_as_text = [[at and at.isoformat() for at in page[8]] for page in pages]
    return found.counts, pages, times_as_text, {use["pack_no"]: use["live"] for use in uses}


@given(rows=readings)
@SLOW
async def test_what_is_remembered_is_what_postgres_says(database, tmp_path, rows):
    store = await new_store(database, tmp_path)
    operation_id = (stage := await staged(store, rows))._operation_id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "_ROWS_AT_ONCE", 3)
        patch.setattr(remembered, "_ROWS_A_SORT", 2)

        assert stage.remembered is not None
        assert await said(store, operation_id, None) == await said(store, operation_id, stage.remembered)


def card_like(key, workspace, parent, at, text):
    kind, number = key
    return Record(
        workspace_id=WorkspaceId(workspace),
        kind=Kind(kind),
        external_id=ExternalId(f"{number}"),
        content={"id": number, "text": text},
        parent=None if parent is None else ParentRef(kind=CARD, external_id=ExternalId(f"{parent}")),
        changed_at=at,
        changed_by=text,
    )


records_put = st.lists(
    st.builds(
        card_like,
        st.tuples(kinds, st.integers(0, 30)),
        workspaces,
        st.none() | st.integers(0, 30),
        times,
        st.sampled_from("ab"),
    ),
    unique_by=lambda record: (record.kind, record.external_id),
    max_size=20,
)
files_put = st.dictionaries(st.sampled_from("fgh"), st.integers(0, 2), max_size=3)


async def signed(store, records, kept, files):
    """Make a first snapshot; return what is signed of it and does not hang on how packs were sealed, and uses."""
    async with store.cycle() as cycle:
        for at in range(0, len(records), 7):
            await cycle.put(records[at : at + 7])
        await cycle.keep(BOARD, Kind("kept"), [ExternalId(f"{number}") for number in range(kept)])
        for name, large in files.items():

            async def stream(name=name, large=large):
                yield name.encode() * (1 + 700_000 * large)

            meta = FileMeta(
                workspace_id=BOARD,
                external_id=ExternalId(name),
                parent=ParentRef(kind=CARD, external_id=ExternalId("1")),
                name=name,
                media_type="text/plain",
                revision="1",
            )
            await cycle.put_file(meta, stream())
            await cycle.save({}, now=True)
        snapshot = await cycle.commit({}, NOW)
    async with store.transaction() as connection:
        described = manifest.decode(await snapshots.manifest(connection, snapshot.snapshot_id))
        uses = await connection.fetch(
            "select live from pack_uses where connection_id = $1 order by pack_no", store.connection_id
        )
        versions = await connection.fetch(
            "select workspace_id, kind, external_id, parent_kind, parent_id, content_id, size_bytes, changed_at,"
            " changed_by from versions where connection_id = $1 order by kind, external_id",
            store.connection_id,
        )
    return (
        (snapshot.tree_root, snapshot.audit_root, snapshot.record_count, snapshot.object_count),
        (snapshot.added, snapshot.edited, snapshot.moved, snapshot.deleted),
        described["journal"],
        [use["live"] for use in uses],
        [tuple(version) for version in versions],
    )


async def same_keys(store, database, folder):
    """Make another store, an account of its own with the secrets of the first: equal things have equal ids."""
    other = await new_store(database, folder)
    keys = replace(store.repository.keys, account_id=other.repository.account_id)
    other.repository = Repository(database, other.repository.backend, keys)
    return other


@given(records=records_put, kept=st.integers(0, 2), files=files_put)
@SLOW
async def test_a_first_snapshot_is_the_same_from_memory_and_from_postgres(database, tmp_path, records, kept, files):
    store = await new_store(database, tmp_path / "one")
    other = await same_keys(store, database, tmp_path / "other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "_ROWS_AT_ONCE", 6)
        from_memory = await signed(store, records, kept, files)
        patch.setattr(remembered, "_MOST_ROWS", -1)

        assert await signed(other, records, kept, files) == from_memory


@pytest.fixture
def from_memory(monkeypatch):
    """Note how often rows come from memory."""
    sort = Remembered.in_key_order
    called = []

    def noting(self, rows_at_once):
        called.append(rows_at_once)
        return sort(self, rows_at_once)

    monkeypatch.setattr(Remembered, "in_key_order", noting)
    return called


async def first_snapshot(store, *batches, complete=(BOARD,)):
    async with store.cycle() as cycle:
        for records in batches:
            await cycle.put(records)
        for workspace in complete:
            await cycle.complete(workspace, [CARD])
        return await cycle.commit({}, NOW)


async def held(store, seq=1):
    """What a snapshot holds, where its tree and its index agree."""
    contents = await store.contents(seq)
    assert contents.keys() == await store.tree_keys(seq)
    return contents


async def test_a_first_reading_comes_from_memory_and_later_ones_from_postgres(store, from_memory):
    await first_snapshot(store, [card(2), card(1)])
    assert 1 == len(from_memory)

    async with store.cycle() as cycle:
        assert cycle._stage.remembered is None
        await cycle.put([card(2, "edited")])
        await cycle.commit({}, NOW)

    assert 1 == len(from_memory)
    assert {("board", "0001"): "as it was", ("board", "0002"): "edited"} == await held(store, 2)


async def test_a_reading_of_nothing_is_remembered_as_nothing(store, from_memory):
    snapshot = await first_snapshot(store, complete=(BOARD,))

    assert 1 == len(from_memory)
    assert (None, 0, 0) == (snapshot.tree_root, snapshot.record_count, snapshot.added)


async def test_a_record_staged_twice_ends_what_is_remembered(store, from_memory):
    snapshot = await first_snapshot(store, [card(1), card(2)], [card(1, "moved meanwhile", "other")])

    assert [] == from_memory
    assert {("board", "0002"): "as it was", ("other", "0001"): "moved meanwhile"} == await held(store)
    assert 2 == snapshot.added == snapshot.record_count


async def test_more_rows_than_fit_end_what_is_remembered(store, from_memory, monkeypatch):
    monkeypatch.setattr(remembered, "_MOST_ROWS", 5)
    memory = Remembered()

    assert memory.add(columns([row("1"), row("2"), row("3"), row("4"), row("5")]))
    assert not memory.add(columns([row("6")]))

    snapshot = await first_snapshot(store, [card(n) for n in range(5)], [card(5)])

    assert [] == from_memory
    assert 6 == snapshot.added == len(await held(store))


async def test_a_resumed_reading_remembers_nothing(store, from_memory):
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1)])
        await cycle.save({"at": "second page"}, now=True)
        await cycle.put([card(9, "read after the save, so it does not count")])
    async with store.cycle(operation_id) as cycle:
        assert cycle._stage.remembered is None
        await cycle.put([card(2)])
        await cycle.commit({}, NOW)

    assert [] == from_memory
    assert {("board", "0001"), ("board", "0002")} == (await held(store)).keys()


async def test_an_attempt_that_saved_nothing_leaves_nothing_to_remember(store, from_memory):
    operation_id = OperationId(uuid4())
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(1), card(2)])
    async with store.cycle(operation_id) as cycle:
        await cycle.put([card(2), card(3)])
        await cycle.commit({}, NOW)

    assert 1 == len(from_memory)
    assert {("board", "0002"), ("board", "0003")} == (await held(store)).keys()


async def test_a_saved_reading_that_goes_on_is_remembered_whole(store, from_memory):
    async with store.cycle() as cycle:
        await cycle.put([card(1)])
        await cycle.save({"at": "second page"}, now=True)
        await cycle.put([card(2)])
        await cycle.commit({}, NOW)

    assert 1 == len(from_memory)
    assert {("board", "0001"), ("board", "0002")} == (await held(store)).keys()


async def test_what_is_read_anew_ends_what_is_remembered(store, from_memory):
    async with store.cycle() as cycle:
        await cycle.put([card(1), card(2), card(3, workspace="other")])
        await cycle.anew([BOARD])
        await cycle.put([card(2)])
        snapshot = await cycle.commit({}, NOW)

    assert [] == from_memory
    assert {("board", "0002"), ("other", "0003")} == (await held(store)).keys()
    assert 2 == snapshot.added == snapshot.record_count


def test_what_is_kept_of_nothing_is_no_addition():
    memory = Remembered()

    kept = ("board", "card", "2", None, None, b"", b"", 0, None, None, None, None)

    assert memory.add(columns([row("1"), kept, row("0")]))
    assert 2 == memory.additions
    assert [["0"], ["1"]] == [page[2] for page in memory.in_key_order(1)]
    assert Counter({1: 2, 2: 2}) == memory.pack_uses()


async def test_index_and_tree_have_the_same_records_or_there_is_no_snapshot(store):
    async with store.cycle() as cycle:
        await cycle.put([card(1), card(2)])
        found = await cycle.compare()
        async with store.transaction() as connection:
            await connection.execute("delete from staged where external_id = '0001'")
        with pytest.raises(Outdated, match="not all is staged any more"):
            await cycle.commit({}, NOW, found)

    assert [] == await store.snapshots()


async def test_a_commit_may_be_repeated_from_memory(store, from_memory, monkeypatch):
    put = FolderBackend.put
    failures = [Unavailable("the bucket does not answer")]

    def fail_once(self, key, data):
        if failures and key.startswith("manifests/"):
            raise failures.pop()
        put(self, key, data)

    monkeypatch.setattr(FolderBackend, "put", fail_once)
    async with store.cycle() as cycle:
        await cycle.put([card(1), card(2)])
        found = await cycle.compare()
        with pytest.raises(Unavailable):
            await cycle.commit({}, NOW, found)
        await cycle.commit({}, NOW, found)

    assert 2 == len(from_memory)
    assert {("board", "0001"), ("board", "0002")} == (await held(store)).keys()
