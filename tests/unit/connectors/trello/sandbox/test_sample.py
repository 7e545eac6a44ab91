"""The sample is the same for the same seed, holds every kind of record, and is edited by exact counts."""

from collections import Counter

import pytest

from connectors.trello.sandbox import World, edit, generate
from connectors.trello.sandbox.export import dump_export


def _whole(world: World) -> list[object]:
    return [dump_export(world, board) for board in world.boards]


def test_same_seed_gives_the_same_world() -> None:
    assert _whole(generate("tiny", seed=3)) == _whole(generate("tiny", seed=3))
    assert _whole(generate("tiny", seed=3)) != _whole(generate("tiny", seed=4))


@pytest.fixture(scope="module")
def small() -> World:
    return generate("small")


def test_small_sample_holds_every_kind(small: World) -> None:
    cards = list(small.cards)
    attachments = [found for held in small.attachments.values() for found in held]

    assert (2, 6) == (len(small.organizations), len(small.boards))
    assert {True, False} == {board["closed"] for board in small.boards}
    assert {"private", "org"} == {board["prefs"]["permissionLevel"] for board in small.boards}
    assert 200 < len(cards) < 400
    assert {True, False} == {card["closed"] for card in cards}
    assert {True, False} == {found["closed"] for found in small.lists}
    assert {"text", "number", "date", "checkbox", "list"} == {field["type"] for field in small.custom_fields}
    assert {True, False} == {found["isUpload"] for found in attachments}
    assert any(item.get("idValue") for held in small.field_items.values() for item in held)
    assert any(card["idMembersVoted"] for card in cards)
    assert any(card["coordinates"] for card in cards)
    assert any(card["cover"]["idAttachment"] for card in cards)
    assert any(label["color"] is None for label in small.labels)
    assert any(small.stickers.values())
    assert any(small.reactions.values())
    assert any("dateLastEdited" in action["data"] for action in small.actions.values())
    assert {"card", "board"} == {data["scope"] for held in small.plugin_data.values() for data in held}
    assert {"complete", "incomplete"} == {
        item["state"] for checklist in small.checklists for item in checklist["checkItems"]
    }


def test_grants_see_different_boards(small: World) -> None:
    owner, second, *_ = small.members

    assert len(small.boards) == sum(small.may_read(owner, board) for board in small.boards)
    assert len(small.boards) > sum(small.may_read(second, board) for board in small.boards)


@pytest.mark.parametrize(
    ("sample", "boards", "cards"), [("tiny", 1, 7), ("wide", 1, 2500), ("hundred", 100, None), ("thousand", 1000, None)]
)
def test_samples_have_their_size(sample: str, boards: int, cards: int | None) -> None:
    world = generate(sample)

    assert boards == len(world.boards)
    assert cards is None or cards == len(world.cards)


def test_busy_sample_has_a_journal_of_more_than_a_page() -> None:
    world = generate("busy")

    assert max(len(world.journals[board["id"]]) for board in world.boards) > 1000


@pytest.mark.parametrize("sample", ["small", "hundred"])
def test_edit_says_exactly_what_it_did(sample: str) -> None:
    world = generate(sample)
    before = {card["id"]: dict(card) for card in world.cards}
    edits = edit(world, next(iter(world.members)))
    after = {card["id"]: card for card in world.cards}
    both = before.keys() & after.keys()
    changed = {
        card_id: {name for name in after[card_id] if after[card_id][name] != before[card_id][name]} for card_id in both
    }
    by_field = Counter(field for fields in changed.values() for field in fields)

    assert set(edits.added) == after.keys() - before.keys()
    assert set(edits.deleted) == before.keys() - after.keys()
    assert set(edits.edited) == {card_id for card_id in both if "desc" in changed[card_id]}
    assert set(edits.moved) == {card_id for card_id in both if "idList" in changed[card_id]}
    assert set(edits.archived) == {card_id for card_id in both if "closed" in changed[card_id]}
    touched = {*edits.edited, *edits.moved, *edits.archived, *edits.attached, *edits.commented, *edits.ticked}
    assert len(touched) == by_field["dateLastActivity"]
    assert (3, 2, 2, 2, 2, 1, 2, 1, 1) == (
        len(edits.added), len(edits.edited), len(edits.moved), len(edits.archived), len(edits.deleted),
        len(edits.attachments), len(edits.comments), len(edits.check_items), len(edits.renamed_lists),
    )  # fmt: skip


def test_edit_needs_something_to_edit() -> None:
    world = generate("tiny")

    with pytest.raises(ValueError, match="no board of this world"):
        edit(world, next(iter(world.members)))
