"""Export: Trello's "Export as JSON" of a board, loaded so that it reads back as it is, and written.

An export holds no bytes of uploads: what is downloaded is made up, of the recorded size and always the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import concerns_of
from connectors.trello.sandbox.fields import MEMBER_HIDDEN
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

_APART = ("actions", "cards", "labels", "lists", "members", "checklists", "customFields", "pluginData")
_CARD_PARTS = ("attachments", "customFieldItems", "stickers", "pluginData")


def load_export(world: World, source: Path | bytes | Mapping[str, Any]) -> Json:
    """Put an exported board into the world, every field kept as it is; gives the board."""
    found = orjson.loads(source.read_bytes() if isinstance(source, Path) else source) if not isinstance(
        source, Mapping
    ) else orjson.loads(orjson.dumps(source))  # fmt: skip
    board: Json = {name: value for name, value in found.items() if name not in _APART}
    world.boards.add(board)
    world.short_links[board["shortLink"]] = board["id"]
    for member in found.get("members", ()):
        _load_member(world, board, member)
    for name, shelf in (
        ("lists", world.lists),
        ("labels", world.labels),
        ("checklists", world.checklists),
        ("customFields", world.custom_fields),
    ):
        for each in found.get(name, ()):
            shelf.add(each)
    if found.get("pluginData"):
        world.plugin_data[board["id"]] = found["pluginData"]
    for card in found.get("cards", ()):
        _load_card(world, card)
    for action in sorted(found.get("actions", ()), key=lambda x: (x["date"], x["id"])):
        world.actions[action["id"]] = action
        for concern in concerns_of(action):
            world.journals[concern].append(action)
    return board


def dump_export(world: World, board: Json) -> Json:
    """Write a board as Trello exports it: everything, but of its actions the newest 1,000."""
    board_id = board["id"]
    members = [world.members.get(found["idMember"]) for found in board["memberships"]]
    hidden = set(MEMBER_HIDDEN.split())
    return {
        **board,
        "actions": world.journals.get(board_id, [])[:-1001:-1],
        "cards": [_dump_card(world, card) for card in world.cards.of(board_id)],
        "labels": world.labels.of(board_id),
        "lists": world.lists.of(board_id),
        "members": [{name: value for name, value in x.items() if name not in hidden} for x in members],
        "checklists": [x for card in world.cards.of(board_id) for x in world.checklists.of(card["id"])],
        "customFields": world.custom_fields.of(board_id),
        "pluginData": world.plugin_data.get(board_id, []),
    }


def _load_member(world: World, board: Json, exported: Json) -> None:
    """Add a person. What an export leaves out about them is only ever shown to themself."""
    member = world.members.by_id.get(exported["id"])
    if member is None:
        whole = shapes.member(exported["id"], exported["username"], exported["fullName"] or exported["username"])
        member = {name: whole[name] for name in MEMBER_HIDDEN.split()} | exported
        world.members.add(member)
    if any(found["idMember"] == member["id"] for found in board.get("memberships", ())):
        member["idBoards"].append(board["id"])


def _load_card(world: World, card: Json) -> None:
    stores = (world.attachments, world.field_items, world.stickers, world.plugin_data)
    for name, store in zip(_CARD_PARTS, stores, strict=True):
        parts = card.pop(name, None)
        if parts:
            store[card["id"]] = parts
    world.cards.add(card)
    world.short_links[card["shortLink"]] = card["id"]
    world.numbers[card["idBoard"]] = max(world.numbers[card["idBoard"]], card["idShort"])


def _dump_card(world: World, card: Json) -> Json:
    card_id = card["id"]
    stores = (world.attachments, world.field_items, world.stickers, world.plugin_data)
    parts = {name: store.get(card_id, []) for name, store in zip(_CARD_PARTS, stores, strict=True)}
    # Trello's own exports leave stickers out.
    del parts["stickers"]
    return {**card, **parts}
