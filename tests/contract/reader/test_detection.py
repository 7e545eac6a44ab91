"""Change detection: a change that moves no date is found by its webhook at once, and without one within seven days."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import FullReason, Ledger, Scope
from connectors.trello import kinds
from connectors.trello.sandbox import Sample, World, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, labels, lists
from tests.contract.connector import Seen, apply, read
from tests.contract.reader.test_faults import stir

STICKER = {"image": "check", "imageUrl": "", "imageScaled": [], "top": 1, "left": 1, "rotate": 0, "zIndex": 1}
EVENING = datetime(2026, 11, 2, 19, 30, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=4, cards_each=14, large_file_bytes=10_000))


def rename_a_label(world: World, board: dict) -> None:
    labels.update(world, Actor(member=next(iter(world.members))), world.labels.of(board["id"])[0], {"name": "silent"})


def tick_an_item(world: World, board: dict) -> None:
    for card in world.cards.of(board["id"]):
        for checklist in world.checklists.of(card["id"]):
            for item in checklist["checkItems"]:
                item["state"] = "complete" if item["state"] == "incomplete" else "incomplete"
                return
    pytest.fail("the sample has no check item on this board")


def vote(world: World, board: dict) -> None:
    card, person = world.cards.of(board["id"])[0], next(iter(world.members))["id"]
    voters = card["idMembersVoted"]
    card["idMembersVoted"] = [each for each in voters if each != person] if person in voters else [*voters, person]
    card["badges"]["votes"] = len(card["idMembersVoted"])


def edit_a_comment(world: World, board: dict) -> None:
    found = next(each for each in world.journals[board["id"]] if each["type"] == "commentCard")
    found["data"]["text"] = "edited without a word"


def put_a_sticker(world: World, board: dict) -> None:
    card = world.cards.of(board["id"])[0]
    world.stickers[card["id"]].append({**STICKER, "id": world.new_id()})


SILENT = [rename_a_label, tick_an_item, vote, edit_a_comment, put_a_sticker]


def ledger(seen: Seen) -> dict[str, Ledger]:
    return {item.workspace_id: item for item in seen.of(Ledger)}


async def first(trello) -> Seen:
    return await read(trello, now=EVENING)


@pytest.mark.parametrize("change", SILENT)
async def test_a_change_that_moves_no_date_is_found_by_its_webhook_in_the_same_cycle(trello, world, change):
    before = await first(trello)
    board = next(iter(world.boards))
    with trello.sandbox.editing():
        change(world, board)
    now = EVENING + timedelta(hours=1)
    missed = await read(trello, state=before.state, now=now)
    found = await read(trello, state=before.state, now=now, dirty=frozenset({board["id"]}))
    whole = await read(trello, now=now)

    assert "unchanged" == ledger(missed)[board["id"]].read
    assert ("changed", "a webhook told of a change") == (
        ledger(found)[board["id"]].read,
        ledger(found)[board["id"]].evidence,
    )
    assert whole.contents() == Seen(records=apply(before, found)).contents()
    assert not ledger(found)[board["id"]].silent


@pytest.mark.parametrize("change", SILENT)
async def test_and_without_a_webhook_within_seven_days_wherever_it_is(trello, world, change):
    held = await first(trello)
    with trello.sandbox.editing():
        for board in world.boards:
            if not board["closed"]:
                change(world, board)
    for day in range(1, 8):
        seen = await read(trello, state=held.state, now=EVENING + timedelta(days=day))
        held = Seen(records=apply(held, seen), state=seen.state)
    whole = await read(trello, now=EVENING)

    assert whole.contents() == held.contents()


async def test_the_rotation_is_even_and_in_the_ledger(trello, world):
    held = await first(trello)
    workspaces, nights = len(held.of(Ledger)), []
    for day in range(1, 8):
        seen = await read(trello, state=held.state, now=EVENING + timedelta(days=day))
        held.state = seen.state
        nights.append({found.workspace_id for found in seen.of(Ledger) if found.read == "full"})
        assert all("its turn" in ledger(seen)[each].evidence and ledger(seen)[each].silent for each in nights[-1])

    assert workspaces == len(frozenset().union(*nights))
    assert -(-workspaces // 7) == max(map(len, nights))


async def test_the_ledger_says_on_what_evidence_a_board_was_not_read(trello, world):
    before = await first(trello)
    board = next(iter(world.boards))
    seen = await read(trello, state=before.state, now=EVENING, listening=frozenset({board["id"]}))

    said = {found.workspace_id: found.evidence for found in seen.of(Ledger)}
    equal, last = "dateLastActivity and listed fields equal", "last read in full 2026-11-02"
    assert f"{equal}; its webhook silent; {last}" == said.pop(board["id"])
    assert {f"{equal}; no webhook; {last}", f"listed fields equal; no webhook; {last}"} == set(said.values())


async def test_a_full_read_tells_what_the_evidence_missed_from_what_it_told(trello, world):
    before = await first(trello)
    with trello.sandbox.editing():
        board, silent = list(world.boards)[:2]
        changed, actor = board["id"], Actor(member=trello.sandbox.owner)
        lists.update(world, actor, world.lists.of(changed)[0], {"name": "renamed aloud"})
        rename_a_label(world, silent)
    full = await read(trello, state=before.state, full=FullReason.SCHEDULED, now=EVENING + timedelta(days=7))

    assert not ledger(full)[changed].silent
    assert ledger(full)[silent["id"]].silent
    assert {"scheduled full read"} == {found.evidence for found in full.of(Ledger)}


async def test_what_changes_between_listing_and_reading_was_not_missed(trello, world, monkeypatch):
    before = await first(trello)
    board = next(iter(world.boards))
    stir(trello, board, monkeypatch, times=1)
    full = await read(trello, state=before.state, full=FullReason.SCHEDULED, now=EVENING)

    assert not ledger(full)[board["id"]].silent


async def test_the_first_cycle_has_nothing_to_have_missed(trello):
    assert not any(found.silent for found in (await first(trello)).of(Ledger))


async def test_only_what_is_in_scope_has_its_turn(trello, world):
    before = await first(trello)
    boards = frozenset(board["id"] for board in world.boards)
    seen = await read(trello, state=before.state, scope=Scope(excluded=boards), now=EVENING + timedelta(days=30))

    assert not boards & ledger(seen).keys()


async def test_an_archived_card_is_not_deleted_and_a_deleted_one_is(trello, world):
    before = await first(trello)
    board = next(iter(world.boards))
    archived, deleted = world.cards.of(board["id"])[:2]
    actor = Actor(member=trello.sandbox.owner)
    with trello.sandbox.editing():
        cards.update(world, actor, archived, {"closed": True})
        cards.delete(world, actor, deleted)
    held = apply(before, await read(trello, state=before.state, now=EVENING))

    found = {key[2]: record for key, record in held.items() if key[1] == kinds.CARD}
    assert found[archived["id"]].content["closed"] is True
    assert deleted["id"] not in found


async def test_a_card_that_moves_between_boards_keeps_its_identity(trello, world):
    before = await first(trello)
    there, here = [board for board in world.boards if not board["closed"]][:2]
    card = world.cards.of(there["id"])[0]
    target = world.lists.of(here["id"])[0]
    with trello.sandbox.editing():
        world.cards.move(card, here["id"])
        card["idList"] = target["id"]
        world.touch(world.now(), card=card, board=there)
        world.touch(world.now(), board=here)
    seen = await read(trello, state=before.state, now=EVENING)

    assert {(here["id"], kinds.CARD, card["id"])} == {
        key for key in seen.records if key[1:] == (kinds.CARD, card["id"])
    }
