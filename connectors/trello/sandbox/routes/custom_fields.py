"""Custom fields by their own id, and the options of list fields."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, child
from connectors.trello.sandbox.changes import custom_fields
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


def _field(call: Call) -> Json:
    return call.within(call.world.custom_fields.get(call.path["customField"]), "idModel")


@ROUTES.on("GET", "/customFields/{customField}")
def get(call: Call) -> Json:
    """Give a custom field."""
    return fields.pick("customField", _field(call), call.params.get("fields"), "*")


@ROUTES.on("POST", "/customFields")
def create(call: Call) -> Json:
    """Define a custom field."""
    if call.text("modelType") != "board":
        raise invalid_value("modelType")
    board = call.within(call.world.boards.get(call.id("idModel")), "id")
    options = call.params.get("options") or []
    if not isinstance(options, list):
        raise invalid_value("options")
    return custom_fields.create(
        call.world,
        call.actor,
        board,
        call.text("name"),
        call.text("type"),
        pos=call.text("pos"),
        options=options,
        card_front=call.flag("display_cardFront", default=True),
    )


@ROUTES.on("PUT", "/customFields/{customField}")
def update(call: Call) -> Json:
    """Rename, move, show or hide a custom field."""
    field = _field(call)
    changes: Json = {name: call.params[name] for name in ("name", "pos") if name in call.params}
    if "display/cardFront" in call.params:
        changes["display"] = {"cardFront": call.flag("display/cardFront")}
    if isinstance(call.params.get("display"), dict):
        changes["display"] = {"cardFront": bool(call.params["display"].get("cardFront"))}
    custom_fields.update(call.world, call.actor, field, changes)
    return field


@ROUTES.on("DELETE", "/customFields/{customField}")
def delete(call: Call) -> Json:
    """Delete a custom field, with its values on every card."""
    custom_fields.delete(call.world, call.actor, _field(call))
    return {}


@ROUTES.on("GET", "/customFields/{customField}/options")
def options(call: Call) -> list[Json]:
    """Give a list field's options."""
    # This list alone names the id `_id`: recorded from the live API.
    return [
        {"_id": found["id"], "color": found["color"], "pos": found["pos"], "value": found["value"]}
        for found in _field(call).get("options", [])
    ]


@ROUTES.on("GET", "/customFields/{customField}/options/{option}")
def option(call: Call) -> Json:
    """Give one option."""
    return child(_field(call).get("options", []), call.path["option"])


@ROUTES.on("POST", "/customFields/{customField}/options")
def add_option(call: Call) -> Json:
    """Add an option."""
    value = call.params.get("value")
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ApiError(400, "Invalid custom field option value.")
    return custom_fields.add_option(
        call.world, call.actor, _field(call), value["text"], color=call.params.get("color"), pos=call.params.get("pos")
    )


@ROUTES.on("DELETE", "/customFields/{customField}/options/{option}")
def delete_option(call: Call) -> Json:
    """Take an option out."""
    field = _field(call)
    custom_fields.delete_option(call.world, call.actor, field, child(field.get("options", []), call.path["option"]))
    return {}
