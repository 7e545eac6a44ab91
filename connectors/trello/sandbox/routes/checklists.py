"""Checklists by their own id."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, child
from connectors.trello.sandbox.changes import checklists, copies
from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


def _checklist(call: Call) -> Json:
    return call.within(call.world.checklists.get(call.path["checklist"]))


@ROUTES.on("GET", "/checklists/{checklist}")
def get(call: Call) -> Json:
    """Give a checklist with its items."""
    return call.view.checklist(_checklist(call), call.params.get("fields"), call.params.get("checkItems"))


@ROUTES.on("GET", "/checklists/{checklist}/checkItems")
def items(call: Call) -> list[Json]:
    """Give a checklist's items."""
    shown: list[Json] = call.view.checklist(_checklist(call))["checkItems"]
    return shown


@ROUTES.on("POST", "/checklists", "/cards/{card}/checklists")
def create(call: Call) -> Json:
    """Add a checklist to a card, perhaps as a copy of another."""
    card = call.card() if "card" in call.path else call.see_card(call.world.cards.get(call.id("idCard")))
    name, pos = call.text("name", ""), call.params.get("pos")
    if call.params.get("idChecklistSource"):
        source = call.within(call.world.checklists.get(call.id("idChecklistSource")))
        made = copies.copy_checklist(call.world, call.actor, source, card, name=name, pos=pos)
    else:
        made = checklists.create(call.world, call.actor, card, name, pos)
    return {**made, "limits": {}}


@ROUTES.on("PUT", "/checklists/{checklist}", "/checklists/{checklist}/{field}")
def update(call: Call) -> Json:
    """Rename or move a checklist."""
    found = _checklist(call)
    params = {call.path["field"]: call.params.get("value")} if "field" in call.path else call.params
    changes = {name: params[name] for name in ("name", "pos") if name in params}
    if not changes.get("name", "as it is"):
        raise invalid_value("name")
    checklists.update(call.world, call.actor, found, changes)
    return call.view.checklist(found)


@ROUTES.on("GET", "/checklists/{checklist}/cards")
def its_card(call: Call) -> list[Json]:
    """Give the card a checklist is on."""
    return [call.view.card(call.world.cards.get(_checklist(call)["idCard"]), call.params)]


@ROUTES.on("GET", "/checklists/{checklist}/board")
def its_board(call: Call) -> Json:
    """Give the board a checklist is on."""
    return call.view.board(call.world.boards.get(_checklist(call)["idBoard"]), call.params)


@ROUTES.on("GET", "/checklists/{checklist}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of a checklist."""
    found = _checklist(call)
    fields.checked("checklist", call.path["field"], found)
    return {"_value": found.get(call.path["field"])}


@ROUTES.on("GET", "/checklists/{checklist}/checkItems/{item}")
def one_item(call: Call) -> Json:
    """Give one item."""
    return child(_checklist(call)["checkItems"], call.path["item"])


@ROUTES.on("DELETE", "/checklists/{checklist}")
def delete(call: Call) -> Json:
    """Delete a checklist."""
    checklists.delete(call.world, call.actor, _checklist(call))
    return {"limits": {}}


@ROUTES.on("POST", "/checklists/{checklist}/checkItems")
def add_item(call: Call) -> Json:
    """Add an item."""
    name = call.text("name")
    if not name:
        raise invalid_value("name")
    more = {x: call.params[x] for x in ("pos", "due", "dueReminder", "idMember") if call.params.get(x)}
    state = "complete" if call.flag("checked") else "incomplete"
    item = checklists.add_item(call.world, call.actor, _checklist(call), name, state=state, **more)
    return {**item, "limits": {}}


@ROUTES.on("DELETE", "/checklists/{checklist}/checkItems/{item}")
def delete_item(call: Call) -> Json:
    """Delete an item."""
    found = _checklist(call)
    checklists.delete_item(call.world, call.actor, found, child(found["checkItems"], call.path["item"]))
    return {"limits": {}}
