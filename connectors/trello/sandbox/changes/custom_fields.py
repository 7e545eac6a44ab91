"""Custom fields: definitions on a board, options of a list field, and values on cards."""

import hashlib
from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about_board, about_card, record
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.positions import place, with_place
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

TYPES = ("text", "number", "date", "checkbox", "list")
VALUE_KEYS = {"text": "text", "number": "number", "date": "date", "checkbox": "checked"}
MAX_FIELDS = 50


def create(world: World, actor: Actor, board: Json, name: str, kind: str, **more: Any) -> Json:
    """Define a field on a board."""
    if kind not in TYPES:
        raise invalid_value("type")
    if world.custom_fields.count(board["id"]) >= MAX_FIELDS:
        raise ApiError(403, "CUSTOM_FIELD_LIMIT_EXCEEDED")
    when = world.now()
    field_id = world.new_id(when)
    field: Json = {
        "id": field_id,
        "idModel": board["id"],
        "modelType": "board",
        "fieldGroup": hashlib.sha256(f"{kind} {name}".encode()).hexdigest(),
        "display": {"cardFront": more.get("card_front", True)},
        "name": name,
        "pos": place(more.get("pos"), (found["pos"] for found in world.custom_fields.of(board["id"]))),
    }
    if kind == "list":
        field["options"] = []
    field.update(type=kind, limits=shapes.FIELD_LIMITS, isSuggestedField=False)
    world.custom_fields.add(field)
    for option in more.get("options", ()):
        _option(world, field, option["value"]["text"], option.get("color"), option.get("pos"))
    data = {"board": about_board(board), "customField": {"id": field_id, "name": name}}
    record(world, actor, "createCustomField", data, when=when, concerns=[board["id"]])
    world.touch(when, board=board)
    return field


def update(world: World, actor: Actor, field: Json, changes: Json) -> None:
    """Rename, move, show or hide a field."""
    others = (x["pos"] for x in world.custom_fields.of(field["idModel"]) if x is not field)
    for name, value in with_place(changes, others).items():
        old = field[name]
        if old != value:
            field[name] = value
            _tell(world, actor, field, {name: old})


def delete(world: World, actor: Actor, field: Json) -> None:
    """Delete a field, with its values on every card."""
    when = world.now()
    board = world.boards.get(field["idModel"])
    world.custom_fields.remove(field["id"])
    for card in world.cards.of(board["id"]):
        if card["id"] in world.field_items:
            rest = [item for item in world.field_items[card["id"]] if item["idCustomField"] != field["id"]]
            world.field_items[card["id"]] = rest
    data = {"board": about_board(board), "customField": {"id": field["id"], "name": field["name"]}}
    record(world, actor, "deleteCustomField", data, when=when, concerns=[board["id"]])
    world.touch(when, board=board)


def add_option(
    world: World, actor: Actor, field: Json, text: str, *, color: str | None = None, pos: object = None
) -> Json:
    """Add an option to a list field."""
    if field["type"] != "list":
        raise ApiError(400, "Custom field must be of type list to add options")
    old = [dict(found) for found in field["options"]]
    option = _option(world, field, text, color, pos)
    _tell(world, actor, field, {"options": old})
    return option


def delete_option(world: World, actor: Actor, field: Json, option: Json) -> None:
    """Take an option out, off every card that has it."""
    old = [dict(found) for found in field["options"]]
    field["options"].remove(option)
    for card in world.cards.of(field["idModel"]):
        items = world.field_items.get(card["id"])
        if items:
            world.field_items[card["id"]] = [item for item in items if item.get("idValue") != option["id"]]
    _tell(world, actor, field, {"options": old})


def set_value(
    world: World, actor: Actor, card: Json, field: Json, *, value: Json | None = None, id_value: str | None = None
) -> Json:
    """Set, replace or clear a card's value. Values are strings, whatever the type, or the id of an option."""
    when = world.now()
    items = world.field_items[card["id"]]
    held = next((item for item in items if item["idCustomField"] == field["id"]), None)
    old = {"value": held.get("value")} if held else {"value": None}
    item: Json = {"id": held["id"] if held else world.new_id(when)}
    if field["type"] == "list":
        if id_value and all(option["id"] != id_value for option in field["options"]):
            raise ApiError(400, "Invalid custom field item value.")
        item["idValue"] = id_value or None
    else:
        item["value"] = _checked(field, value)
    item.update(idCustomField=field["id"], idModel=card["id"], modelType="card")
    if held:
        items.remove(held)
    if item.get("idValue") or item.get("value"):
        items.append(item)
    board = world.boards.get(card["idBoard"])
    data = {
        "old": old,
        "customField": {"id": field["id"], "name": field["name"], "type": field["type"]},
        "customFieldItem": item,
        "board": about_board(board),
        "card": about_card(card),
    }
    record(world, actor, "updateCustomFieldItem", data, when=when, concerns=[card["id"], board["id"]])
    world.touch(when, card=card, board=board)
    return item


def _checked(field: Json, value: Json | None) -> Json | None:
    if not value:
        return None
    key = VALUE_KEYS[field["type"]]
    if set(value) != {key} or not isinstance(value[key], str):
        raise ApiError(400, "Invalid custom field item value.")
    if key == "number":
        try:
            float(value[key])
        except ValueError:
            raise ApiError(400, "Invalid custom field item value.") from None
    if key == "checked" and value[key] == "false":
        return None
    return {key: value[key]} if value[key] else None


def _option(world: World, field: Json, text: str, color: str | None, pos: object) -> Json:
    option: Json = {
        "id": world.new_id(),
        "idCustomField": field["id"],
        "value": {"text": text},
        "color": color or "none",
        "pos": place(pos, (found["pos"] for found in field["options"])),
    }
    field["options"].append(option)
    return option


def _tell(world: World, actor: Actor, field: Json, old: Json) -> None:
    when = world.now()
    board = world.boards.get(field["idModel"])
    told = {name: value for name, value in field.items() if name not in {"limits", "isSuggestedField"}}
    data = {"old": old, "customField": told, "board": about_board(board)}
    record(world, actor, "updateCustomField", data, when=when, concerns=[board["id"]])
    world.touch(when, board=board)
