"""Cycles: what is put is committed, found again, and told apart from what was there."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from store.compare import compare
from store.record import (
    ExternalId,
    ParentRef,
    WorkspaceId,
)
from store.tree.nodes import PostgresNodes
from tests.unit.store.cycle_store import BOARD, CARD, card, new_store


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
