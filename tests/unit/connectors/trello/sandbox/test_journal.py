"""The journal leaves out what Trello's leaves out, and webhooks hear of it all the same."""

from collections.abc import Callable

import pytest

from connectors.trello.sandbox.changes import (
    boards,
    cards,
    checklists,
    comments,
    custom_fields,
    files,
    labels,
    lists,
    people,
    stickers,
)
from tests.unit.connectors.trello.sandbox.conftest import Stage

Change = Callable[[Stage], object]

UNLISTED: dict[str, tuple[Change, list[str]]] = {
    "label put on": (
        lambda s: cards.add_label(s.world, s.actor, s.rich.card, s.rich.spare_label),
        ["addLabelToCard", "updateCard"],
    ),
    "label taken off": (
        lambda s: cards.remove_label(s.world, s.actor, s.rich.card, s.rich.label),
        ["removeLabelFromCard", "updateCard"],
    ),
    "label made": (lambda s: labels.create(s.world, s.actor, s.rich.board, "new", "sky"), ["createLabel"]),
    "label renamed": (lambda s: labels.update(s.world, s.actor, s.rich.label, {"name": "x"}), ["updateLabel"]),
    "label deleted": (lambda s: labels.delete(s.world, s.actor, s.rich.label), ["deleteLabel"]),
    "item added": (lambda s: checklists.add_item(s.world, s.actor, s.rich.checklist, "two"), ["createCheckItem"]),
    "item renamed": (
        lambda s: checklists.update_item(s.world, s.actor, s.rich.checklist, s.rich.item, {"name": "1"}),
        ["updateCheckItem"],
    ),
    "item deleted": (
        lambda s: checklists.delete_item(s.world, s.actor, s.rich.checklist, s.rich.item),
        ["deleteCheckItem"],
    ),
    "vote taken back": (
        lambda s: cards.vote(s.world, s.actor, s.rich.card, s.rich.me, voted=False),
        ["voteOnCard"],
    ),
    "comment edited": (lambda s: comments.update(s.world, s.actor, s.rich.comment, "new"), ["updateComment"]),
    "member removed": (
        lambda s: people.remove_board_member(s.world, s.actor, s.rich.board, s.rich.friend),
        ["removeMemberFromBoard"],
    ),
    "sticker put on": (lambda s: stickers.add(s.world, s.rich.card, "star", top=1, left=1, z_index=3), []),
    "power-up data set": (
        lambda s: stickers.set_plugin_data(s.world, "card", s.rich.card["id"], "5e40446acc3ae64e435cabc9", "{1}"),
        [],
    ),
    "file renamed": (lambda s: files.update(s.world, s.rich.attachment, s.rich.card, {"name": "b"}), []),
}

LISTED: dict[str, tuple[Change, str]] = {
    "card renamed": (lambda s: cards.update(s.world, s.actor, s.rich.card, {"name": "x"}), "updateCard"),
    "labels replaced": (lambda s: cards.update(s.world, s.actor, s.rich.card, {"idLabels": []}), "updateCard"),
    "card moved": (lambda s: cards.move(s.world, s.actor, s.rich.card, s.rich.other_list), "updateCard"),
    "member put on": (lambda s: cards.add_member(s.world, s.actor, s.rich.card, s.rich.me), "addMemberToCard"),
    "item ticked": (
        lambda s: checklists.update_item(s.world, s.actor, s.rich.checklist, s.rich.item, {"state": "incomplete"}),
        "updateCheckItemStateOnCard",
    ),
    "checklist removed": (
        lambda s: checklists.delete(s.world, s.actor, s.rich.checklist),
        "removeChecklistFromCard",
    ),
    "commented": (lambda s: comments.create(s.world, s.actor, s.rich.card, "x"), "commentCard"),
    "value set": (
        lambda s: custom_fields.set_value(s.world, s.actor, s.rich.card, s.rich.text_field, value={"text": "y"}),
        "updateCustomFieldItem",
    ),
    "file removed": (
        lambda s: files.delete(s.world, s.actor, s.rich.card, s.rich.attachment),
        "deleteAttachmentFromCard",
    ),
    "list renamed": (lambda s: lists.update(s.world, s.actor, s.rich.list, {"name": "x"}), "updateList"),
    "board closed": (lambda s: boards.update(s.world, s.actor, s.rich.board, {"closed": True}), "updateBoard"),
    "card deleted": (lambda s: cards.delete(s.world, s.actor, s.rich.card), "deleteCard"),
}


@pytest.mark.parametrize("name", UNLISTED)
def test_journal_omits(stage: Stage, name: str) -> None:
    change, told = UNLISTED[name]
    before = stage.listed()
    change(stage)

    assert before == stage.listed()
    assert told == [action["type"] for action in stage.heard]
    assert all(action["id"] in stage.world.actions for action in stage.heard)


@pytest.mark.parametrize("name", LISTED)
def test_journal_lists(stage: Stage, name: str) -> None:
    change, kind = LISTED[name]
    change(stage)

    assert kind == stage.world.journals[stage.rich.board["id"]][-1]["type"]
    assert [kind] == [action["type"] for action in stage.heard]


def test_deleted_comment_vanishes(stage: Stage) -> None:
    before = stage.listed()
    comments.delete(stage.world, stage.actor, stage.rich.comment)

    assert [kind for kind in before if kind != "commentCard"] == [kind for kind in stage.listed()
                                                                  if kind != "commentCard"]  # fmt: skip
    assert stage.rich.comment["id"] not in stage.world.actions
    assert 0 == stage.rich.card["badges"]["comments"]


def test_edited_comment_changes_in_place(stage: Stage) -> None:
    comments.update(stage.world, stage.actor, stage.rich.comment, "new")
    listed = stage.world.journals[stage.rich.card["id"]]

    assert ["new"] == [x["data"]["text"] for x in listed if x["type"] == "commentCard"]
    assert "dateLastEdited" in stage.rich.comment["data"]


def test_deleted_card_leaves_one_action_without_its_content(stage: Stage) -> None:
    card = stage.rich.card
    cards.delete(stage.world, stage.actor, card)
    left = [
        x for x in stage.world.journals[stage.rich.board["id"]] if x["data"].get("card", {}).get("id") == card["id"]
    ]

    assert ["deleteCard"] == [action["type"] for action in left]
    assert {"id", "idShort", "shortLink"} == set(left[0]["data"]["card"])
    assert card["id"] not in stage.world.attachments
    assert [] == stage.world.checklists.of(card["id"])
