"""A card that is held and not listed: deleted only where the history or the app itself says so."""

import pytest

from connectors.base import Complete, Deleted, WarningCode
from connectors.trello import kinds
from connectors.trello.absent import Departures
from connectors.trello.sandbox import Sample, World, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, lists
from tests.contract.connector import Seen, apply, read


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=1, cards_each=40, large_file_bytes=10_000))


@pytest.fixture
def board(world) -> dict:
    return next(iter(world.boards))


def stir(trello, board) -> None:
    """Change something, so that the board is read."""
    with trello.sandbox.editing() as world:
        lists.update(world, Actor(member=trello.sandbox.owner), world.lists.of(board["id"])[0], {"name": "stirred"})


def vanish(trello, some) -> None:
    """Delete cards without a trace in any history."""
    with trello.sandbox.editing() as world:
        for card in some:
            cards.delete(world, Actor(member=trello.sandbox.owner), card)
        for journal in world.journals.values():
            journal[:] = [action for action in journal if action["type"] != "deleteCard"]


def asked(trello) -> set[str]:
    return {request.split("/")[2] for request in trello.requests() if request.startswith("GET /cards/")}


def held_cards(records) -> set[str]:
    return {external_id for _, kind, external_id in records if kind == kinds.CARD}


async def again(trello, before: Seen) -> Seen:
    return await read(trello, state=before.state, held=before.held)


def complete(seen: Seen, board) -> frozenset[str]:
    return frozenset().union(*(item.kinds for item in seen.of(Complete) if item.workspace_id == board["id"]))


async def test_what_the_history_tells_of_is_asked_for_no_more(trello, world, board):
    before = await read(trello)
    card = world.cards.of(board["id"])[0]
    with trello.sandbox.editing():
        cards.delete(world, Actor(member=trello.sandbox.owner), card)
    trello.requests()
    seen = await again(trello, before)

    assert set() == asked(trello)
    assert card["id"] not in held_cards(apply(before, seen))
    assert [] == seen.warnings


async def test_what_nothing_tells_of_is_asked_for_by_itself(trello, world, board):
    before = await read(trello)
    card = world.cards.of(board["id"])[0]
    vanish(trello, [card])
    stir(trello, board)
    trello.requests()
    seen = await again(trello, before)

    assert {card["id"]} == asked(trello)
    assert card["id"] not in held_cards(apply(before, seen))
    assert [] == seen.warnings


async def test_what_a_listing_leaves_out_is_not_deleted(trello, world, board):
    before = await read(trello)
    left_out, deleted = world.cards.of(board["id"])[:2]
    with trello.sandbox.editing():
        cards.delete(world, Actor(member=trello.sandbox.owner), deleted)
    trello.sandbox.fail("left_out", r"GET /boards/\w+/cards", record_id=left_out["id"])
    seen = await again(trello, before)
    after = Seen(records=apply(before, seen), state=seen.state)
    healed = await again(trello, after)

    where = f"board/{board['id']}/card/{left_out['id']}"
    assert [(WarningCode.BAD_RECORD, where)] == [(each.code, each.where) for each in seen.warnings]
    assert kinds.CARD not in complete(seen, board)
    below = {key for key, record in before.records.items() if left_out["id"] in str(record.parent)}
    assert below
    assert below <= after.records.keys()
    assert {left_out["id"]} == held_cards(before.records) - {deleted["id"]} - held_cards(seen.records)
    assert deleted["id"] not in held_cards(after.records)
    # The board is read again, though nothing in it has changed.
    assert [] == healed.warnings
    whole = await read(trello)
    # The history of what was deleted is forgotten by a full read only.
    there = {key: record for key, record in apply(after, healed).items() if key in whole.records}
    assert whole.contents() == Seen(records=there).contents()


async def test_many_that_nothing_tells_of_are_asked_for_a_few_each_cycle(trello, world, board):
    before = await read(trello)
    gone = world.cards.of(board["id"])[:30]
    vanish(trello, gone)
    stir(trello, board)
    first = await again(trello, before)
    after = Seen(records=apply(before, first), state=first.state)
    second = await again(trello, after)

    (deleted,) = first.of(Deleted)
    assert 20 == len(deleted.external_ids)
    assert [(WarningCode.BAD_RECORD, f"board/{board['id']}/card")] == [(w.code, w.where) for w in first.warnings]
    assert 10 == len({card["id"] for card in gone} & held_cards(after.records))
    assert [] == second.warnings
    assert set() == {card["id"] for card in gone} & held_cards(apply(after, second))


def test_the_newest_that_is_told_of_a_card_decides():
    def action(kind: str, card_id: str) -> dict:
        return {"type": kind, "data": {"card": {"id": card_id}}}

    told = Departures()
    told.learn([action("moveCardToBoard", "back"), action("moveCardFromBoard", "back"), {"data": None}, "nonsense"])
    told.learn([action("deleteCard", "deleted"), action("updateCard", "deleted"), action("moveCardFromBoard", "moved")])

    assert {"deleted": None, "moved": None} == told.left
