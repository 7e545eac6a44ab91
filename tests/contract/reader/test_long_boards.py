"""Boards that are longer than Trello's pages: nothing is cut silently."""

from typing import Any

import pytest

from connectors import call
from connectors.base import Complete, WarningCode
from connectors.trello import kinds
from connectors.trello.sandbox import Sample, World, generate
from store.canonical import decode
from store.errors import Invalid
from tests.contract.connector import Seen, read


@pytest.fixture(scope="module")
def world() -> World:
    return generate(Sample(named_boards=0, plain_boards=1, plain_cards=1100))


def ids(seen: Seen, *wanted: str) -> set[str]:
    return {record.external_id for record in seen.records.values() if record.kind in wanted}


async def test_more_cards_and_actions_than_a_page(trello, world):
    seen = await read(trello)

    board = next(iter(world.boards))
    listed = {action["id"] for action in world.journals[board["id"]]}
    assert len(world.cards) > 1000 < len(listed)
    assert {card["id"] for card in world.cards} == ids(seen, kinds.CARD)
    assert listed <= ids(seen, kinds.ACTION, kinds.COMMENT)
    assert [] == seen.warnings


async def test_a_cap_that_nobody_told_of_cuts_nothing(trello, world):
    whole = await read(trello)
    trello.sandbox.fail("short_pages", r"GET /boards/\w+/(cards|actions)", times=None)
    seen = await read(trello)
    trello.sandbox.faults.clear()

    assert whole.contents() == seen.contents()
    assert [] == seen.warnings


@pytest.mark.parametrize("skip", [0, 1])
async def test_a_page_that_cannot_be_decoded_is_asked_for_in_smaller_ones(trello, world, skip):
    trello.sandbox.fail("invalid_json", r"GET /boards/\w+/cards", skip=skip)
    seen = await read(trello)

    assert {card["id"] for card in world.cards} == ids(seen, kinds.CARD)
    assert [] == seen.warnings


async def test_one_record_that_cannot_be_decoded_costs_only_itself(trello, world, monkeypatch):
    card = sorted(world.cards, key=lambda card: card["id"])[40]
    before = await read(trello)

    def decode_but_one(data: bytes) -> Any:
        if b'"shortLink":"%s"' % card["shortLink"].encode() in data and b'"idShort"' in data and b'"badges"' in data:
            raise Invalid("not JSON")
        return decode(data)

    monkeypatch.setattr(call, "decode", decode_but_one)
    seen = await read(trello)

    where = f"board/{card['idBoard']}/card/{card['id']}"
    assert [(WarningCode.BAD_RECORD, where)] == [(w.code, w.where) for w in seen.warnings]
    assert {card["id"]} == ids(before, kinds.CARD) - ids(seen, kinds.CARD)
    complete = {kind for item in seen.of(Complete) if item.workspace_id == card["idBoard"] for kind in item.kinds}
    assert kinds.CARD not in complete
    assert kinds.LIST in complete


async def test_a_full_page_of_labels_is_a_cap_that_was_met(trello, world):
    board = next(iter(world.boards))
    with trello.sandbox.editing():
        model = world.labels.of(board["id"])[0]
        for number in range(1000):
            world.labels.add({**model, "id": f"{number:024x}"})
    seen = await read(trello)
    with trello.sandbox.editing():
        for number in range(1000):
            world.labels.remove(f"{number:024x}")

    assert [(WarningCode.CAP_MET, f"board/{board['id']}/label")] == [(w.code, w.where) for w in seen.warnings]
    complete = {kind for item in seen.of(Complete) if item.workspace_id == board["id"] for kind in item.kinds}
    assert kinds.LABEL not in complete
