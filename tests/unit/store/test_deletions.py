"""Deletions that are named, and what hangs below: of each record what the last word on it says."""

from uuid import uuid4

from msgspec.structs import replace

from store.record import (
    ExternalId,
    Kind,
    OperationId,
    ParentRef,
    Record,
    WorkspaceId,
)
from tests.unit.store.cycle_store import BOARD, CARD, card

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
