"""A card that moved to a board which is not read afterwards: it lives where it was until that board is read."""

import pytest

from connectors.base import Scope, WarningCode
from connectors.errors import Retriable
from connectors.trello import kinds
from connectors.trello.moved import Move
from connectors.trello.sandbox import Sample, World, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards
from tests.contract.connector import Seen, apply, collect, follow, ids, read, with_below

HELD = {kinds.CARD, kinds.CHECKLIST, kinds.CHECK_ITEM, kinds.ATTACHMENT, kinds.COMMENT}


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=2, cards_each=40, large_file_bytes=10_000))


@pytest.fixture
async def before(trello) -> Seen:
    return await read(trello)


@pytest.fixture
def moved(trello, world, before) -> dict:
    """A card with much below it, just moved from the first board to the second."""
    here, there = sorted(world.boards, key=lambda board: board["id"])
    cards_here = world.cards.of(here["id"])
    card = max(cards_here, key=lambda card: len({key[1] for key in with_below(before.records, card["id"])}))
    with trello.sandbox.editing():
        cards.move_to_board(world, Actor(member=trello.sandbox.owner), card, there, world.lists.of(there["id"])[0])
    return {"card": card, "here": here["id"], "there": there["id"]}


def silence(trello, board_id) -> None:
    trello.sandbox.fail("status", f"GET /boards/{board_id}/cards", status=503, times=None)


async def test_it_lives_where_it_was_until_the_other_board_is_read(trello, before, moved):
    whole = with_below(before.records, moved["card"]["id"])
    assert {kind for _, kind, _ in whole} >= HELD
    silence(trello, moved["there"])
    after = await follow(trello, before, is_last_attempt=True)
    trello.sandbox.faults.clear()
    healed = await follow(trello, after)

    assert whole <= after.records.keys()
    where = f"board/{moved['here']}/card"
    assert (WarningCode.UNSTABLE, where) in {(each.code, each.where) for each in after.warnings}
    assert {moved["there"]} == {key[0] for key in healed.records if key[2] == moved["card"]["id"]}
    assert healed.contents().keys() >= (await read(trello)).contents().keys()


async def test_and_so_it_does_when_the_reading_was_interrupted(trello, before, moved):
    silence(trello, moved["there"])
    interrupted = Seen()
    with pytest.raises(Retriable):
        await collect(trello, interrupted, state=before.state, held=before.held)
    cursor = interrupted.cursors[-1][1]
    resumed = await read(trello, state=before.state, held=before.held, cursor=cursor, is_last_attempt=True)
    both = Seen(records={**interrupted.records, **resumed.records})
    both.items, both.kept = interrupted.items + resumed.items, resumed.kept

    assert moved["here"] in cursor["workspaces"]
    assert with_below(before.records, moved["card"]["id"]) <= apply(before, both).keys()
    assert not any("moved" in known for known in resumed.state["workspaces"].values())


async def test_nothing_is_kept_where_the_other_board_was_read(trello, before, moved):
    after = await follow(trello, before)

    assert {moved["there"]} == {key[0] for key in after.records if key[2] == moved["card"]["id"]}
    assert [] == after.warnings


async def test_nothing_is_kept_where_the_other_board_is_not_backed_up(trello, before, moved):
    after = await follow(trello, before, scope=Scope(excluded=frozenset({moved["there"]})))

    assert moved["card"]["id"] not in ids(after.records)
    assert [] == [each for each in after.warnings if each.code == WarningCode.UNSTABLE]


@pytest.mark.parametrize(
    ("last_action", "is_read", "is_in"),
    [("65000001ff", False, True), ("6500000100", False, True), ("65000000ff", True, False), (None, True, False)],
)
def test_a_reading_shows_a_move_that_its_board_s_history_had_come_to(last_action, is_read, is_in):
    assert is_in == Move(board_id="b", action_id="6500000122").is_in(last_action, is_read=is_read)


@pytest.mark.parametrize("is_read", [True, False])
def test_a_move_without_a_date_is_shown_by_any_reading(is_read):
    assert is_read == Move(board_id="b").is_in("6500000100", is_read=is_read)


@pytest.mark.parametrize("value", [None, "b", [], ["b"], [1, "a"], ["b", 1], {"board_id": "b"}])
def test_what_cannot_be_understood_is_no_move(value):
    assert Move.decode(value) is None
