"""Boards: make, change, close, delete."""

from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about_board, forget, record
from connectors.trello.sandbox.changes import labels, lists, people
from connectors.trello.sandbox.derive import refresh_board
from connectors.trello.sandbox.ids import short_link
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

_TOLD = ("name", "desc", "closed", "idOrganization")


def create(
    world: World,
    actor: Actor,
    name: str,
    *,
    organization: Json | None = None,
    default_labels: bool = True,
    default_lists: bool = True,
    prefs: Json | None = None,
    desc: str = "",
) -> Json:
    """Make a board whose admin is the actor."""
    when = world.now()
    board_id = world.new_id(when)
    board = shapes.board(board_id, short_link(board_id), name)
    board["idOrganization"] = organization["id"] if organization else None
    board["idMemberCreator"] = actor.member["id"]
    board["desc"] = desc
    board["prefs"].update(prefs or {})
    refresh_board(board)
    world.boards.add(board)
    world.short_links[board["shortLink"]] = board_id
    world.touch(when, board=board)
    if organization:
        organization["idBoards"].append(board_id)
    people.join(world, board, actor.member, "admin")
    actor.member["idBoards"].append(board_id)
    record(world, actor, "createBoard", {"board": about_board(board)}, when=when, concerns=[board_id])
    if organization:
        data = {
            "board": about_board(board),
            "organization": {"id": organization["id"], "name": organization["displayName"]},
        }
        record(world, actor, "addToOrganizationBoard", data, when=when, concerns=[board_id, organization["id"]])
    if default_labels:
        for colour in ("green", "yellow", "orange", "red", "purple", "blue"):
            labels.create(world, actor, board, "", colour, silent=True)
    if default_lists:
        for title in ("To Do", "Doing", "Done"):
            lists.create(world, actor, board, title, "bottom")
    return board


def update(world: World, actor: Actor, board: Json, changes: Json, prefs: Json | None = None) -> None:
    """Change a board's fields and preferences: one action a field."""
    when = world.now()
    for name, value in changes.items():
        old = board.get(name)
        if old == value:
            continue
        if name == "idOrganization":
            _move(world, board, value)
        board[name] = value
        if name == "closed":
            board["dateClosed"] = stamp(when) if value else None
        if name in _TOLD:
            data = {"old": {name: old}, "board": {**about_board(board), name: value}}
            record(world, actor, "updateBoard", data, when=when, concerns=[board["id"]])
            world.touch(when, board=board)
    for name, value in (prefs or {}).items():
        old = board["prefs"].get(name)
        if old != value:
            board["prefs"][name] = value
            data = {"old": {"prefs": {name: old}}, "board": {**about_board(board), "prefs": {name: value}}}
            record(world, actor, "updateBoard", data, when=when, concerns=[board["id"]])
            world.touch(when, board=board)
    refresh_board(board)


def delete(world: World, board: Json) -> None:
    """Delete a board with all that lies in it. It leaves no action: it is simply no longer there."""
    board_id = board["id"]
    for card in world.cards.of(board_id):
        for checklist in world.checklists.of(card["id"]):
            world.checklists.remove(checklist["id"])
        world.short_links.pop(card["shortLink"], None)
        for held in (world.field_items, world.attachments, world.stickers, world.plugin_data):
            held.pop(card["id"], None)
        world.cards.remove(card["id"])
    for shelf in (world.lists, world.labels, world.custom_fields):
        for found in shelf.of(board_id):
            shelf.remove(found["id"])
    forget(world, list(world.journals.get(board_id, ())))
    _leave(world, board)
    for member in world.members:
        if board_id in member["idBoards"]:
            member["idBoards"].remove(board_id)
    world.short_links.pop(board["shortLink"], None)
    world.boards.remove(board_id)


def _move(world: World, board: Json, organization_id: str | None) -> None:
    _leave(world, board)
    world.boards.move(board, organization_id)
    if organization_id:
        world.organizations.get(organization_id)["idBoards"].append(board["id"])


def _leave(world: World, board: Json) -> None:
    if board["idOrganization"] in world.organizations:
        world.organizations.get(board["idOrganization"])["idBoards"].remove(board["id"])
