"""Copies: a card made from another one (`idCardSource`), with the parts that are to be kept."""

from collections.abc import Callable
from typing import Any

from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, checklists, comments, custom_fields, stickers
from connectors.trello.sandbox.order import in_order
from connectors.trello.sandbox.world import World

Json = dict[str, Any]
Copy = Callable[[World, Actor, Json, Json], None]


def fields_of(source: Json, kept: frozenset[str]) -> Json:
    """Give the fields that a copy starts with."""
    names = ["name", "desc", "cover", *(["due", "start"] if "due" in kept else [])]
    found: Json = {name: source[name] for name in names if name in source}
    if "labels" in kept:
        found["idLabels"] = list(source["idLabels"])
    return found


def copy_parts(world: World, actor: Actor, source: Json, card: Json, kept: frozenset[str]) -> None:
    """Copy what lies in a card."""
    for name, copy in _PARTS.items():
        if name in kept:
            copy(world, actor, source, card)


def copy_checklist(world: World, actor: Actor, source: Json, card: Json, *, name: str = "", pos: object = None) -> Json:
    """Add a copy of a checklist to a card; its items come as they are ticked."""
    made = checklists.create(world, actor, card, name or source["name"], pos)
    for item in in_order(source["checkItems"]):
        checklists.add_item(world, actor, made, item["name"], state=item["state"])
    return made


def _checklists(world: World, actor: Actor, source: Json, card: Json) -> None:
    for found in in_order(world.checklists.of(source["id"])):
        copy_checklist(world, actor, found, card)


def _fields(world: World, actor: Actor, source: Json, card: Json) -> None:
    for item in list(world.field_items.get(source["id"], ())):
        field = world.custom_fields.get(item["idCustomField"])
        value, id_value = item.get("value"), item.get("idValue")
        custom_fields.set_value(world, actor, card, field, value=value, id_value=id_value)


def _stickers(world: World, _actor: Actor, source: Json, card: Json) -> None:
    for found in world.stickers.get(source["id"], ()):
        place = {"top": found["top"], "left": found["left"], "rotate": found["rotate"]}
        stickers.add(world, card, found["image"], z_index=found["zIndex"], **place)


def _comments(world: World, actor: Actor, source: Json, card: Json) -> None:
    for found in list(world.journals.get(source["id"], ())):
        if found["type"] == "commentCard":
            comments.create(world, actor, card, found["data"]["text"])


def _members(world: World, actor: Actor, source: Json, card: Json) -> None:
    cards.set_members(world, actor, card, source["idMembers"])


_PARTS: dict[str, Copy] = {
    "members": _members,
    "checklists": _checklists,
    "customFields": _fields,
    "stickers": _stickers,
    "comments": _comments,
}
KEEPABLE = frozenset({*_PARTS, "attachments", "due", "labels"})
