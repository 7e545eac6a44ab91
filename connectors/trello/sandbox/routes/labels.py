"""Labels by their own id."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.changes import labels
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


def _label(call: Call) -> Json:
    return call.within(call.world.labels.get(call.path["label"]))


@ROUTES.on("GET", "/labels/{label}")
def get(call: Call) -> Json:
    """Give a label."""
    return fields.pick("label", _label(call), call.params.get("fields"), "*")


@ROUTES.on("POST", "/labels", "/boards/{board}/labels")
def create(call: Call) -> Json:
    """Make a label."""
    board = call.board() if "board" in call.path else call.within(call.world.boards.get(call.id("idBoard")), "id")
    color = call.params.get("color")
    made = labels.create(
        call.world, call.actor, board, call.text("name"), None if color in {None, "", "null"} else str(color)
    )
    return {**made, "limits": {}}


@ROUTES.on("PUT", "/labels/{label}", "/labels/{label}/{field}")
def update(call: Call) -> Json:
    """Rename or recolour a label."""
    label = _label(call)
    params = {call.path["field"]: call.params.get("value")} if "field" in call.path else call.params
    changes: Json = {"name": str(params["name"])} if "name" in params else {}
    if "color" in params:
        changes["color"] = None if params["color"] in {None, "", "null"} else str(params["color"])
    labels.update(call.world, call.actor, label, changes)
    return label


@ROUTES.on("DELETE", "/labels/{label}")
def delete(call: Call) -> Json:
    """Delete a label."""
    labels.delete(call.world, call.actor, _label(call))
    return {"limits": {}}
