"""`dateLastActivity` moves with most changes, silent ones among them, and not with all."""

import pytest

from connectors.trello.sandbox.changes import cards, checklists, comments, labels, lists, stickers
from tests.unit.connectors.trello.sandbox.conftest import Stage
from tests.unit.connectors.trello.sandbox.test_journal import LISTED, UNLISTED

MOVES_CARD_SILENTLY = ("label put on", "label taken off", "item added", "item renamed", "item deleted", "file renamed")
MOVES_NOTHING = (
    "label made", "label renamed", "label deleted", "vote taken back", "comment edited", "sticker put on",
    "power-up data set", "member removed",
)  # fmt: skip
MOVES_BOARD_ALONE = ("list renamed", "board closed", "card deleted")


@pytest.mark.parametrize("name", MOVES_CARD_SILENTLY)
def test_silent_change_moves_the_dates(stage: Stage, name: str) -> None:
    card, board = stage.dates()
    UNLISTED[name][0](stage)

    assert card < stage.dates()[0]
    assert board < stage.dates()[1]


@pytest.mark.parametrize("name", MOVES_NOTHING)
def test_change_that_no_date_shows(stage: Stage, name: str) -> None:
    before = stage.dates()
    UNLISTED[name][0](stage)

    assert before == stage.dates()


@pytest.mark.parametrize("name", [name for name in LISTED if name not in MOVES_BOARD_ALONE])
def test_listed_change_moves_card_and_board(stage: Stage, name: str) -> None:
    card, board = stage.dates()
    LISTED[name][0](stage)

    assert card < stage.dates()[0]
    assert board < stage.dates()[1]


@pytest.mark.parametrize("name", MOVES_BOARD_ALONE)
def test_change_of_the_board_moves_the_board(stage: Stage, name: str) -> None:
    card, board = stage.dates()
    LISTED[name][0](stage)

    assert card == stage.dates()[0]
    assert board < stage.dates()[1]


def test_two_changes_never_share_a_millisecond(stage: Stage) -> None:
    lists.update(stage.world, stage.actor, stage.rich.list, {"name": "a"})
    first = stage.dates()[1]
    lists.update(stage.world, stage.actor, stage.rich.list, {"name": "b"})

    assert first < stage.dates()[1]


def test_renamed_label_shows_inside_cards_all_the_same(stage: Stage) -> None:
    labels.update(stage.world, stage.actor, stage.rich.label, {"name": "renamed"})

    assert "renamed" == stage.rich.card["labels"][0]["name"]


def test_derived_fields_follow(stage: Stage) -> None:
    card = stage.rich.card
    cards.update(stage.world, stage.actor, card, {"name": "Nächster Schritt!", "desc": ""})
    checklists.add_item(stage.world, stage.actor, stage.rich.checklist, "two", due="2026-10-01T00:00:00.000Z")
    comments.create(stage.world, stage.actor, card, "again")
    stickers.add(stage.world, card, "star", top=1, left=1, z_index=1)
    badges = card["badges"]

    assert f"{card['shortUrl']}/{card['idShort']}-nachster-schritt" == card["url"]
    assert (2, 1, 2, 1, 1, False) == (
        badges["checkItems"], badges["checkItemsChecked"], badges["comments"], badges["attachments"], badges["votes"],
        badges["description"],
    )  # fmt: skip
    assert "2026-10-01T00:00:00.000Z" == badges["checkItemsEarliestDue"]
    assert [{"idCheckItem": stage.rich.item["id"], "state": "complete"}] == card["checkItemStates"]


def test_uses_of_a_label_are_counted(stage: Stage) -> None:
    label = stage.rich.spare_label
    cards.add_label(stage.world, stage.actor, stage.rich.card, label)
    cards.update(stage.world, stage.actor, stage.rich.plain_card, {"idLabels": [label["id"]]})
    cards.delete(stage.world, stage.actor, stage.rich.card)

    assert 1 == label["uses"]
