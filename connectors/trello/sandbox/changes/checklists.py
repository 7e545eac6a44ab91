"""Checklists and their items. Only ticks, and whole checklists, are told; the rest shows in dates alone."""

from datetime import datetime
from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about, about_board, about_card, record
from connectors.trello.sandbox.derive import refresh_card
from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.positions import place, with_place
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

STATES = ("complete", "incomplete")


def create(world: World, actor: Actor, card: Json, name: str, pos: object = None) -> Json:
    """Add a checklist to a card."""
    when = world.now()
    checklist = world.checklists.add(
        {
            "id": world.new_id(when),
            "name": name or "Checklist",
            "idBoard": card["idBoard"],
            "idCard": card["id"],
            "pos": place(pos, (found["pos"] for found in world.checklists.of(card["id"]))),
            "limits": shapes.CHECKLIST_LIMITS,
            "checkItems": [],
            "creationMethod": None,
        }
    )
    _tell(world, actor, "addChecklistToCard", checklist, when=when)
    return checklist


def update(world: World, actor: Actor, checklist: Json, changes: Json) -> None:
    """Rename or move a checklist."""
    when = world.now()
    others = (x["pos"] for x in world.checklists.of(checklist["idCard"]) if x is not checklist)
    for name, value in with_place(changes, others).items():
        old = checklist[name]
        if old != value:
            checklist[name] = value
            _tell(world, actor, "updateChecklist", checklist, when=when, old={name: old})


def delete(world: World, actor: Actor, checklist: Json) -> None:
    """Delete a checklist with its items."""
    world.checklists.remove(checklist["id"])
    _tell(world, actor, "removeChecklistFromCard", checklist, when=world.now())


def add_item(world: World, actor: Actor, checklist: Json, name: str, **fields: Any) -> Json:
    """Add an item. Listed nowhere."""
    when = world.now()
    pos = fields.pop("pos", None)
    item: Json = {
        "id": world.new_id(when),
        "name": name,
        "nameData": {"emoji": {}},
        "pos": place(pos, (found["pos"] for found in checklist["checkItems"])),
        "state": fields.pop("state", "incomplete"),
        "due": None,
        "dueReminder": None,
        "idMember": None,
        "idChecklist": checklist["id"],
        **fields,
    }
    checklist["checkItems"].append(item)
    _tell(world, actor, "createCheckItem", checklist, when=when, checkItem=_about_item(item))
    return item


def update_item(world: World, actor: Actor, checklist: Json, item: Json, changes: Json) -> None:
    """Tick, rename, move or assign an item: a tick is listed, the rest is not."""
    when = world.now()
    others = (x["pos"] for x in checklist["checkItems"] if x is not item)
    for name, value in with_place(changes, others).items():
        if name == "state" and value not in STATES:
            raise invalid_value("state")
        old = item.get(name)
        if old == value:
            continue
        item[name] = value
        kind = "updateCheckItemStateOnCard" if name == "state" else "updateCheckItem"
        more = {} if name == "state" else {"old": {name: old}}
        _tell(world, actor, kind, checklist, when=when, checkItem=_about_item(item), **more)


def move_item(world: World, actor: Actor, source: Json, item: Json, target: Json) -> None:
    """Move an item to another checklist of the card."""
    source["checkItems"].remove(item)
    item["idChecklist"] = target["id"]
    item["pos"] = place("bottom", (found["pos"] for found in target["checkItems"]))
    target["checkItems"].append(item)
    _tell(world, actor, "updateCheckItem", target, when=world.now(), checkItem=_about_item(item))


def delete_item(world: World, actor: Actor, checklist: Json, item: Json) -> None:
    """Delete an item. Listed nowhere."""
    checklist["checkItems"].remove(item)
    _tell(world, actor, "deleteCheckItem", checklist, when=world.now(), checkItem=_about_item(item))


def _about_item(item: Json) -> Json:
    return {"id": item["id"], "name": item["name"], "state": item["state"], "textData": {"emoji": {}}}


def _tell(world: World, actor: Actor, kind: str, checklist: Json, *, when: datetime, **more: Json) -> None:
    card = world.cards.get(checklist["idCard"])
    board = world.boards.get(card["idBoard"])
    data = {**more, "card": about_card(card), "checklist": about(checklist), "board": about_board(board)}
    record(world, actor, kind, data, when=when, concerns=[card["id"], board["id"]])
    world.touch(when, card=card, board=board)
    refresh_card(world, card)
