"""Cards: read, make, change, move, archive, delete."""

from collections.abc import Mapping
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.card_fields import CHANGEABLE, read_cover, read_fields
from connectors.trello.sandbox.changes import cards, copies, files
from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


@ROUTES.on("GET", "/cards/{card}")
def get(call: Call) -> Json:
    """Give a card with what is nested in it."""
    return call.view.card(call.card(), call.params)


@ROUTES.on("GET", "/cards/{card}/actions")
def actions(call: Call) -> list[Json]:
    """Give a page of what happened to a card: comments and moves between lists, unless told otherwise."""
    kinds = call.params.get("filter") or "commentCard,updateCard:idList"
    return call.view.actions(call.card()["id"], call.params, "", kinds)


@ROUTES.on("GET", "/cards/{card}/board")
def board(call: Call) -> Json:
    """Give the board a card lies on."""
    return call.view.board(call.world.boards.get(call.card()["idBoard"]), call.params)


@ROUTES.on("GET", "/cards/{card}/list")
def its_list(call: Call) -> Json:
    """Give the list a card lies in."""
    found = call.world.lists.get(call.card()["idList"])
    return fields.pick("list", found, call.params.get("fields"), fields.LIST)


@ROUTES.on("GET", "/cards/{card}/checklists")
def its_checklists(call: Call) -> list[Json]:
    """Give a card's checklists."""
    shown: list[Json] = call.view.card(call.card(), {"checklists": "all"})["checklists"]
    return shown


@ROUTES.on("GET", "/cards/{card}/checkItemStates")
def states(call: Call) -> list[Json]:
    """Give which of a card's items are ticked."""
    return list(call.card()["checkItemStates"])


@ROUTES.on("GET", "/cards/{card}/members")
def members(call: Call) -> list[Json]:
    """Give the people on a card."""
    return call.view.people(call.card()["idMembers"], call.params.get("fields"))


@ROUTES.on("GET", "/cards/{card}/membersVoted")
def voters(call: Call) -> list[Json]:
    """Give the people who voted for a card."""
    return call.view.people(call.card()["idMembersVoted"], call.params.get("fields"))


@ROUTES.on("GET", "/cards/{card}/customFieldItems")
def field_items(call: Call) -> list[Json]:
    """Give a card's custom field values."""
    return call.world.field_items.get(call.card()["id"], [])


@ROUTES.on("GET", "/cards/{card}/stickers")
def its_stickers(call: Call) -> list[Json]:
    """Give a card's stickers."""
    return call.world.stickers.get(call.card()["id"], [])


@ROUTES.on("GET", "/cards/{card}/pluginData")
def plugin_data(call: Call) -> list[Json]:
    """Give what Power-Ups keep on a card."""
    return call.world.plugin_data.get(call.card()["id"], [])


@ROUTES.on("POST", "/cards", "/lists/{list}/cards")
def create(call: Call) -> Json:
    """Make a card, perhaps as a copy of another."""
    list_id = call.path.get("list") or str(call.params.get("idList", ""))
    if list_id not in call.world.lists:
        raise invalid_value("idList")
    target = call.within(call.world.lists.get(list_id), what="list")
    given = read_fields(call.params)
    member_ids = given.pop("idMembers", [])
    given.pop("closed", None)
    source = call.see_card(call.world.cards.get(call.id("idCardSource"))) if call.params.get("idCardSource") else None
    kept = _kept(call)
    if source is not None:
        given = {**copies.fields_of(source, kept), **{x: value for x, value in given.items() if value or x == "pos"}}
    name = given.pop("name", None) or ""
    card = cards.create(call.world, call.actor, target, name, pos=given.pop("pos", None), **given)
    cards.set_members(call.world, call.actor, card, member_ids)
    if call.params.get("urlSource"):
        files.link(call.world, call.actor, card, call.text("urlSource"))
    if source is not None:
        copies.copy_parts(call.world, call.actor, source, card, kept)
    return {**call.view.card(card, {"attachments": "true", "stickers": "true"}), "limits": {}}


@ROUTES.on("PUT", "/cards/{card}")
def update(call: Call) -> Json:
    """Change a card."""
    return _change(call, call.card(), call.params)


@ROUTES.on("PUT", "/cards/{card}/{field}")
def update_one(call: Call) -> Json:
    """Change one field of a card."""
    if call.path["field"] not in CHANGEABLE:
        raise invalid_value("field")
    more = {name: value for name, value in call.params.items() if name != "value"}
    return _change(call, call.card(), {**more, call.path["field"]: call.params.get("value")})


@ROUTES.on("DELETE", "/cards/{card}")
def delete(call: Call) -> Json:
    """Delete a card for good."""
    cards.delete(call.world, call.actor, call.card())
    return {"limits": {}}


@ROUTES.on("GET", "/cards/{card}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of a card."""
    card = call.card()
    fields.checked("card", call.path["field"], card)
    value = card.get(call.path["field"])
    return value if isinstance(value, dict) else {"_value": value}


def _change(call: Call, card: Json, params: Mapping[str, Any]) -> Json:
    world, actor = call.world, call.actor
    given = read_fields(params)
    if given.get("name") == "":
        raise invalid_value("name")
    pos = given.pop("pos", None)
    members_now = given.pop("idMembers", None)
    _move(call, card, params, pos)
    if pos is not None and not params.get("idList"):
        given["pos"] = pos
    if "idAttachmentCover" in params or "cover" in params:
        given.update(read_cover(world, card, params))
    cards.update(world, actor, card, given)
    if members_now is not None:
        cards.set_members(world, actor, card, members_now)
    return call.view.card(card, {})


def _move(call: Call, card: Json, params: Mapping[str, Any], pos: object) -> None:
    world, target = call.world, None
    if params.get("idList"):
        if params["idList"] not in world.lists:
            raise invalid_value("idList")
        target = call.within(world.lists.get(params["idList"]), what="list")
    board_id = params.get("idBoard") or (target["idBoard"] if target else card["idBoard"])
    if board_id not in world.boards:
        raise invalid_value("idBoard")
    if board_id != card["idBoard"]:
        board = call.within(world.boards.get(board_id), "id")
        target = target or min(world.lists.of(board_id), key=lambda found: found["pos"], default=None)
        if target is None or target["idBoard"] != board_id:
            raise invalid_value("idList")
        cards.move_to_board(world, call.actor, card, board, target)
    elif target is not None:
        cards.move(world, call.actor, card, target, pos)


def _kept(call: Call) -> frozenset[str]:
    keep = str(call.params.get("keepFromSource") or "all")
    return copies.KEEPABLE if keep == "all" else frozenset(keep.split(","))
