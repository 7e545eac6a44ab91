"""Cards: read, make, change, move, archive, delete."""

from collections.abc import Mapping
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.changes import cards, checklists, comments, custom_fields, files, stickers
from connectors.trello.sandbox.clock import parse_stamp, stamp
from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.routing import ROUTES
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

_TEXTS = ("name", "desc", "address", "locationName", "cardRole")
_FLAGS = ("closed", "dueComplete", "subscribed", "isTemplate")
_DATES = ("due", "start")


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
    params = {"members": "true", "member_fields": call.params.get("fields")}
    shown: list[Json] = call.view.card(call.card(), params)["members"]
    return shown


@ROUTES.on("GET", "/cards/{card}/membersVoted")
def voters(call: Call) -> list[Json]:
    """Give the people who voted for a card."""
    params = {"membersVoted": "true", "memberVoted_fields": call.params.get("fields")}
    shown: list[Json] = call.view.card(call.card(), params)["membersVoted"]
    return shown


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
    """Make a card."""
    list_id = call.path.get("list") or str(call.params.get("idList", ""))
    if list_id not in call.world.lists:
        raise invalid_value("idList")
    target = call.within(call.world.lists.get(list_id), what="list")
    given = read_fields(call.params)
    member_ids = given.pop("idMembers", [])
    given.pop("closed", None)
    if call.params.get("idCardSource"):
        given = _copied(call, given)
    card = cards.create(call.world, call.actor, target, given.pop("name", ""), pos=given.pop("pos", None), **given)
    cards.set_members(call.world, call.actor, card, member_ids)
    if call.params.get("urlSource"):
        files.link(call.world, call.actor, card, call.text("urlSource"))
    if call.params.get("idCardSource"):
        _copy_parts(call, card)
    nested = {"attachments": "true", "stickers": "true"}
    return {**call.view.card(card, nested), "limits": {}}


@ROUTES.on("PUT", "/cards/{card}")
def update(call: Call) -> Json:
    """Change a card."""
    return _change(call, call.card(), call.params)


@ROUTES.on("PUT", "/cards/{card}/{field}")
def update_one(call: Call) -> Json:
    """Change one field of a card."""
    if call.path["field"] not in {*_TEXTS, *_FLAGS, *_DATES, "pos", "idList", "idBoard", "idMembers", "idLabels",
                                  "idAttachmentCover", "dueReminder", "cover", "coordinates"}:  # fmt: skip
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


def read_fields(params: Mapping[str, Any]) -> Json:
    """Read the fields of a card from the parameters of a write, in the order the real API applies them."""
    given: Json = {}
    for name in _TEXTS:
        if name in params:
            given[name] = _text(name, params[name])
    for name in _FLAGS:
        if params.get(name) not in {None, ""}:
            given[name] = str(params[name]).lower() in {"true", "1"}
    for name in _DATES:
        if name in params:
            given[name] = _moment(name, params[name])
    if "dueReminder" in params:
        given["dueReminder"] = None if params["dueReminder"] in {None, "", "null"} else int(params["dueReminder"])
    for name in ("idMembers", "idLabels"):
        if name in params:
            value = params[name]
            given[name] = value if isinstance(value, list) else [x for x in str(value or "").split(",") if x]
    if "pos" in params:
        given["pos"] = params["pos"]
    if "coordinates" in params:
        given["coordinates"] = _place(params["coordinates"])
    return given


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
        given.update(_cover(world, card, params))
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


def _cover(world: World, card: Json, params: Mapping[str, Any]) -> Json:
    cover = dict(card.get("cover") or {})
    attached = card.get("idAttachmentCover")
    if "idAttachmentCover" in params:
        attached = params["idAttachmentCover"] or None
        cover.update(idAttachment=attached)
    if "cover" in params:
        wanted = params["cover"]
        if wanted in {None, ""} if not isinstance(wanted, dict) else False:
            wanted = {"color": None, "idAttachment": None}
        if not isinstance(wanted, dict) or not set(wanted) <= {"color", "idAttachment", "brightness", "size", "url",
                                                                "idUploadedBackground", "yPosition", "idPlugin"}:  # fmt: skip
            raise invalid_value("cover")
        cover.update(wanted)
        attached = cover.get("idAttachment")
    if attached and all(found["id"] != attached for found in world.attachments.get(card["id"], ())):
        raise invalid_value("idAttachmentCover")
    return {"cover": cover, "idAttachmentCover": attached, "manualCoverAttachment": attached is not None}


def _copied(call: Call, given: Json) -> Json:
    source = call.see_card(call.world.cards.get(call.id("idCardSource")))
    kept: Json = {name: source[name] for name in ("name", "desc", "due", "start", "cover") if name in source}
    if "labels" in _kept(call):
        kept["idLabels"] = [x for x in source["idLabels"] if x in call.world.labels]
    return {**kept, **{name: value for name, value in given.items() if value not in {None, ""} or name == "pos"}}


def _copy_parts(call: Call, card: Json) -> None:
    world, actor, keep = call.world, call.actor, _kept(call)
    source = world.cards.get(call.id("idCardSource"))
    if "checklists" in keep:
        for found in call.view.card(source, {"checklists": "all"})["checklists"]:
            made = checklists.create(world, actor, card, found["name"])
            for item in found["checkItems"]:
                checklists.add_item(world, actor, made, item["name"], state=item["state"])
    if "customFields" in keep:
        for item in list(world.field_items.get(source["id"], ())):
            field = world.custom_fields.get(item["idCustomField"])
            custom_fields.set_value(world, actor, card, field, item.get("value"), item.get("idValue"))
    if "stickers" in keep:
        for found in world.stickers.get(source["id"], ()):
            stickers.add(world, card, found["image"], top=found["top"], left=found["left"], z_index=found["zIndex"])
    if "comments" in keep:
        for found in world.journals.get(source["id"], ()):
            if found["type"] == "commentCard":
                comments.create(world, actor, card, found["data"]["text"])


def _kept(call: Call) -> set[str]:
    keep = str(call.params.get("keepFromSource") or "all")
    every = {"attachments", "checklists", "comments", "customFields", "due", "labels", "members", "stickers"}
    return every if keep == "all" else set(keep.split(","))


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if len(str(value)) > 16384:  # noqa: PLR2004 - the real API's limit for any text
        raise invalid_value(name)
    return str(value)


def _moment(name: str, value: object) -> str | None:
    if value in {None, "", "null"}:
        return None
    try:
        return stamp(parse_stamp(str(value)))
    except ValueError:
        raise invalid_value(name) from None


def _place(value: object) -> Json | None:
    if value in ("", None):
        return None
    if isinstance(value, dict):
        return value
    try:
        latitude, longitude = (float(x) for x in str(value).split(","))
    except ValueError:
        raise invalid_value("coordinates") from None
    return {"latitude": latitude, "longitude": longitude}
