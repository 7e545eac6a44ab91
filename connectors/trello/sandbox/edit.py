"""Edit: what happens in a workspace between two snapshots, done to a sample in one go and told exactly."""

import random
from dataclasses import dataclass
from typing import Any

from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, checklists, comments, files, lists
from connectors.trello.sandbox.sample import picture
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

ENOUGH_CARDS = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """The ids of what was changed: each card in one place only, so that the lengths are exact counts."""

    board_id: str
    added: tuple[str, ...]
    edited: tuple[str, ...]
    moved: tuple[str, ...]
    archived: tuple[str, ...]
    deleted: tuple[str, ...]
    attached: tuple[str, ...]
    """The cards that got a file; `attachments` are the files."""
    attachments: tuple[str, ...]
    commented: tuple[str, ...]
    comments: tuple[str, ...]
    ticked: tuple[str, ...]
    """The cards on which an item was ticked; `check_items` are the items."""
    check_items: tuple[str, ...]
    renamed_lists: tuple[str, ...]


def edit(world: World, member: Json, *, seed: int = 1) -> Edits:
    """Add, edit, move, archive and delete cards, attach a file, comment, tick an item, rename a list: on one board."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not a secret
    actor = Actor(member=member)
    board = _board(world, member)
    columns = [found for found in world.lists.of(board["id"]) if not found["closed"]]
    deck = [card for card in world.cards.of(board["id"]) if not card["closed"]]
    ticked = [card for card in deck if _open_item(world, card) is not None][:1]
    rest = [card for card in deck if card not in ticked]
    chance.shuffle(rest)
    edited, moved, archived, deleted, attached, commented = (rest[2 * at : 2 * at + 2] for at in range(6))

    for card in edited:
        cards.update(world, actor, card, {"name": f"{card['name']} (changed)", "desc": f"{card['desc']}\n\nChanged."})
    for card in moved:
        cards.move(world, actor, card, next(x for x in columns if x["id"] != card["idList"]))
    for card in archived:
        cards.update(world, actor, card, {"closed": True})
    for card in deleted:
        cards.delete(world, actor, card)
    made_files = [
        files.upload(world, actor, x, "new-sketch.png", content=picture(64), mime_type="image/png")
        for x in attached[:1]
    ]
    made_comments = [comments.create(world, actor, card, "Looked at it again today.") for card in commented]
    items = []
    for card in ticked:
        checklist, item = _open_item(world, card) or ({}, {})
        checklists.update_item(world, actor, checklist, item, {"state": "complete"})
        items.append(item["id"])
    added = [cards.create(world, actor, columns[0], f"New since last time ({at + 1})") for at in range(3)]
    lists.update(world, actor, columns[1], {"name": f"{columns[1]['name']} (renamed)"})

    return Edits(
        board_id=board["id"],
        added=_ids(added),
        edited=_ids(edited),
        moved=_ids(moved),
        archived=_ids(archived),
        deleted=_ids(deleted),
        attached=_ids(attached[:1]),
        attachments=_ids(made_files),
        commented=_ids(commented),
        comments=_ids(made_comments),
        ticked=_ids(ticked),
        check_items=tuple(items),
        renamed_lists=(columns[1]["id"],),
    )


def _board(world: World, member: Json) -> Json:
    """Find the first board with enough on it."""
    for board in world.boards_of(member):
        open_cards = [card for card in world.cards.of(board["id"]) if not card["closed"]]
        if not board["closed"] and len(open_cards) >= ENOUGH_CARDS and world.lists.count(board["id"]) > 1:
            return board
    raise ValueError("no board of this world has enough cards and lists to edit")


def _open_item(world: World, card: Json) -> tuple[Json, Json] | None:
    for checklist in world.checklists.of(card["id"]):
        for item in checklist["checkItems"]:
            if item["state"] == "incomplete":
                return checklist, item
    return None


def _ids(found: list[Json]) -> tuple[str, ...]:
    return tuple(each["id"] for each in found)
