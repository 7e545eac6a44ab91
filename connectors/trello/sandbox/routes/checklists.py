"""Checklists by their own id."""

from typing import Any

from connectors.trello.sandbox.call import Call, child
from connectors.trello.sandbox.changes import checklists
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


@ROUTES.on("POST", "/checklists")
def create(call: Call) -> Json:
    """Add a checklist to a card."""
    card = call.see_card(call.world.cards.get(call.id("idCard")))
    made = checklists.create(call.world, call.actor, card, call.text("name", ""), call.params.get("pos"))
    if call.params.get("idChecklistSource"):
        source = call.within(call.world.checklists.get(call.id("idChecklistSource")))
        for item in source["checkItems"]:
            checklists.add_item(call.world, call.actor, made, item["name"], state=item["state"])
    return {**made, "limits": {}}


@ROUTES.on("PUT", "/checklists/{checklist}")
def update(call: Call) -> Json:
    """Rename or move a checklist."""
    found = _checklist(call)
    if call.params.get("name") == "":
        raise invalid_value("name")
    checklists.update(call.world, call.actor, found, {x: call.params[x] for x in ("name", "pos") if x in call.params})
    return call.view.checklist(found)


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
