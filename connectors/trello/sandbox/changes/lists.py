"""Lists: make, rename, move, archive, delete."""

from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about_board, about_list, record
from connectors.trello.sandbox.changes import cards
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.positions import place, with_place
from connectors.trello.sandbox.world import World

Json = dict[str, Any]


def create(world: World, actor: Actor, board: Json, name: str, pos: object = None) -> Json:
    """Make a list; without a position it goes to the left, as lists made by the API do."""
    when = world.now()
    where = place(pos, (found["pos"] for found in world.lists.of(board["id"])), default="top")
    found = world.lists.add(shapes.trello_list(world.new_id(when), board["id"], board["idOrganization"], name, where))
    data = {"list": about_list(found), "board": about_board(board)}
    record(world, actor, "createList", data, when=when, concerns=[found["id"], board["id"]])
    world.touch(when, board=board)
    return found


def update(world: World, actor: Actor, found: Json, changes: Json) -> None:
    """Change a list's fields: one action a field that is told."""
    when = world.now()
    board = world.boards.get(found["idBoard"])
    others = (x["pos"] for x in world.lists.of(board["id"]) if x is not found)
    for name, value in with_place(changes, others).items():
        old = found.get(name)
        if old == value:
            continue
        found[name] = value
        if name in {"name", "pos", "closed"}:
            data = {"old": {name: old}, "list": about_list(found, **{name: value}), "board": about_board(board)}
            record(world, actor, "updateList", data, when=when, concerns=[found["id"], board["id"]])
            world.touch(when, board=board)


def move_to_board(world: World, actor: Actor, found: Json, target: Json) -> None:
    """Move a list with its cards to another board."""
    when = world.now()
    source = world.boards.get(found["idBoard"])
    if source is target:
        return
    cards = [card for card in world.cards.of(source["id"]) if card["idList"] == found["id"]]
    found["pos"] = place("bottom", (x["pos"] for x in world.lists.of(target["id"])))
    world.lists.move(found, target["id"])
    for card in cards:
        world.cards.move(card, target["id"])
        for checklist in world.checklists.of(card["id"]):
            checklist["idBoard"] = target["id"]
        world.touch(when, card=card)
    for kind, board, other in (
        ("moveListFromBoard", source, "boardTarget"),
        ("moveListToBoard", target, "boardSource"),
    ):
        counterpart = target if board is source else source
        data = {"list": about_list(found), "board": about_board(board), other: {"id": counterpart["id"]}}
        record(world, actor, kind, data, when=when, concerns=[board["id"], found["id"]])
        world.touch(when, board=board)


def delete(world: World, found: Json) -> None:
    """Delete an archived list with its cards. Undocumented, works after archiving."""
    if not found["closed"]:
        raise ApiError(400, "list must be archived before it can be deleted")
    for card in [x for x in world.cards.of(found["idBoard"]) if x["idList"] == found["id"]]:
        cards.erase(world, card)
    world.lists.remove(found["id"])
