"""Lists: read, make, change, archive, move, delete."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.changes import cards, lists
from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


def _list(call: Call) -> Json:
    return call.within(call.world.lists.get(call.path["list"]), what="list")


def _mine(call: Call, found: Json) -> list[Json]:
    return [card for card in call.world.cards.of(found["idBoard"]) if card["idList"] == found["id"]]


@ROUTES.on("GET", "/lists/{list}")
def get(call: Call) -> Json:
    """Give a list."""
    return fields.pick("list", _list(call), call.params.get("fields"), fields.LIST)


@ROUTES.on("GET", "/lists/{list}/cards", "/lists/{list}/cards/{filter}")
def its_cards(call: Call) -> list[Json]:
    """Give a list's cards."""
    kind = call.path.get("filter") or call.params.get("filter") or "open"
    return call.view.cards(_mine(call, _list(call)), {**call.params, "filter": kind})


@ROUTES.on("GET", "/lists/{list}/actions")
def actions(call: Call) -> list[Json]:
    """Give a page of what happened in a list."""
    return call.view.actions(_list(call)["id"], call.params, "", call.params.get("filter") or "all")


@ROUTES.on("GET", "/lists/{list}/board")
def board(call: Call) -> Json:
    """Give the board a list lies on."""
    return call.view.board(call.world.boards.get(_list(call)["idBoard"]), call.params)


@ROUTES.on("POST", "/lists", "/boards/{board}/lists")
def create(call: Call) -> Json:
    """Make a list."""
    target = call.board() if "board" in call.path else call.within(call.world.boards.get(call.id("idBoard")), "id")
    name = call.text("name").strip()
    if not name:
        raise invalid_value("name")
    found = lists.create(call.world, call.actor, target, name, call.params.get("pos"))
    return {**fields.pick("list", found, None, fields.LIST), "limits": {}}


@ROUTES.on("PUT", "/lists/{list}", "/lists/{list}/{field}")
def update(call: Call) -> Json:
    """Change a list, or one field of it."""
    found = _list(call)
    params = {call.path["field"]: call.params.get("value")} if "field" in call.path else call.params
    changes: Json = {}
    if "name" in params:
        changes["name"] = str(params["name"])
        if not changes["name"]:
            raise invalid_value("name")
    if "closed" in params:
        changes["closed"] = str(params["closed"]).lower() == "true"
    for name in ("pos", "subscribed", "softLimit", "color"):
        if name in params:
            changes[name] = params[name]
    lists.update(call.world, call.actor, found, changes)
    if params.get("idBoard"):
        lists.move_to_board(
            call.world, call.actor, found, call.within(call.world.boards.get(str(params["idBoard"])), "id")
        )
    return fields.pick("list", found, None, fields.LIST)


@ROUTES.on("DELETE", "/lists/{list}")
def delete(call: Call) -> Json:
    """Delete an archived list: undocumented, and works."""
    lists.delete(call.world, _list(call))
    return {"_value": None}


@ROUTES.on("POST", "/lists/{list}/archiveAllCards")
def archive_all(call: Call) -> Json:
    """Archive every card of a list."""
    for card in _mine(call, _list(call)):
        cards.update(call.world, call.actor, card, {"closed": True})
    return {}


@ROUTES.on("POST", "/lists/{list}/moveAllCards")
def move_all(call: Call) -> list[Json]:
    """Move every open card of a list to another one."""
    target = call.within(call.world.lists.get(call.id("idList")), what="list")
    target_board = call.world.boards.get(target["idBoard"])
    moved = [card for card in _mine(call, _list(call)) if not card["closed"]]
    for card in moved:
        if card["idBoard"] == target_board["id"]:
            cards.move(call.world, call.actor, card, target)
        else:
            cards.move_to_board(call.world, call.actor, card, target_board, target)
    return [{name: card[name] for name in ("id", "idBoard", "idList", "pos")} for card in moved]
