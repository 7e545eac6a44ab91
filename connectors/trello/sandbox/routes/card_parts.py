"""What lies in a card and is written there: people, labels, votes, comments, stickers, attachments."""

from collections.abc import Mapping
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, Redirect, child
from connectors.trello.sandbox.changes import cards, checklists, comments, custom_fields, files, labels, stickers
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


@ROUTES.on("POST", "/cards/{card}/idMembers", "/cards/{card}/members")
def add_member(call: Call) -> list[Json]:
    """Put a person on a card."""
    card = call.card()
    cards.add_member(call.world, call.actor, card, call.world.members.get(call.id("value")))
    return call.view.people(card["idMembers"], None)


@ROUTES.on("DELETE", "/cards/{card}/idMembers/{member}")
def remove_member(call: Call) -> list[Json]:
    """Take a person off a card."""
    card = call.card()
    cards.remove_member(call.world, call.actor, card, call.member())
    return call.view.people(card["idMembers"], None)


@ROUTES.on("POST", "/cards/{card}/idLabels")
def add_label(call: Call) -> list[str]:
    """Put a label on a card."""
    card = call.card()
    label = call.world.labels.get(call.id("value"))
    if label["idBoard"] != card["idBoard"]:
        raise invalid_value("value")
    cards.add_label(call.world, call.actor, card, label)
    return list(card["idLabels"])


@ROUTES.on("POST", "/cards/{card}/labels")
def make_label(call: Call) -> list[str]:
    """Make a label on the card's board, and put it on the card."""
    card = call.card()
    board = call.world.boards.get(card["idBoard"])
    color = call.params.get("color") or None
    made = labels.create(call.world, call.actor, board, call.text("name", ""), None if color == "null" else color)
    cards.add_label(call.world, call.actor, card, made)
    return list(card["idLabels"])


@ROUTES.on("DELETE", "/cards/{card}/idLabels/{label}")
def remove_label(call: Call) -> Json:
    """Take a label off a card."""
    cards.remove_label(call.world, call.actor, call.card(), call.world.labels.get(call.path["label"]))
    return {"_value": None}


@ROUTES.on("POST", "/cards/{card}/membersVoted")
def vote(call: Call) -> Json:
    """Vote for a card: for oneself alone."""
    member = call.world.members.get(call.id("value"))
    if member is not call.me:
        raise ApiError(401, "unauthorized vote permission requested")
    cards.vote(call.world, call.actor, call.card(), member, voted=True)
    return {"_value": None}


@ROUTES.on("DELETE", "/cards/{card}/membersVoted/{member}")
def unvote(call: Call) -> Json:
    """Take a vote back."""
    cards.vote(call.world, call.actor, call.card(), call.member(), voted=False)
    return {"_value": None}


@ROUTES.on("POST", "/cards/{card}/actions/comments")
def comment(call: Call) -> Json:
    """Comment on a card."""
    text = call.text("text")
    if not text:
        raise invalid_value("text")
    action = comments.create(call.world, call.actor, call.card(), text)
    return call.view.action(action, {"entities": "true"}, display=True)


@ROUTES.on("PUT", "/cards/{card}/actions/{action}/comments")
def edit_comment(call: Call) -> Json:
    """Edit a comment."""
    action = child(call.world.journals.get(call.card()["id"], []), call.path["action"])
    comments.update(call.world, call.actor, action, call.text("text"))
    return call.view.action(action, {}, display=True)


@ROUTES.on("DELETE", "/cards/{card}/actions/{action}/comments")
def delete_comment(call: Call) -> Json:
    """Delete a comment."""
    action = child(call.world.journals.get(call.card()["id"], []), call.path["action"])
    comments.delete(call.world, call.actor, action)
    return {"_value": None}


@ROUTES.on("POST", "/cards/{card}/stickers")
def add_sticker(call: Call) -> Json:
    """Put a sticker on a card."""
    place = {name: _number(call, name) for name in ("top", "left", "zIndex")}
    return stickers.add(
        call.world,
        call.card(),
        call.text("image"),
        top=place["top"],
        left=place["left"],
        z_index=int(place["zIndex"]),
        rotate=_number(call, "rotate", 0),
    )


@ROUTES.on("GET", "/cards/{card}/stickers/{sticker}")
def get_sticker(call: Call) -> Json:
    """Give a sticker."""
    return child(call.world.stickers.get(call.card()["id"], []), call.path["sticker"])


@ROUTES.on("PUT", "/cards/{card}/stickers/{sticker}")
def move_sticker(call: Call) -> Json:
    """Move a sticker."""
    sticker = child(call.world.stickers.get(call.card()["id"], []), call.path["sticker"])
    sticker.update({x: _number(call, x) for x in ("top", "left", "zIndex", "rotate") if x in call.params})
    return sticker


@ROUTES.on("DELETE", "/cards/{card}/stickers/{sticker}")
def remove_sticker(call: Call) -> Json:
    """Take a sticker off a card."""
    held = call.world.stickers.get(call.card()["id"], [])
    held.remove(child(held, call.path["sticker"]))
    return {"stickers": held}


@ROUTES.on("GET", "/cards/{card}/attachments")
def attachments(call: Call) -> list[Json]:
    """Give a card's attachments."""
    found = call.world.attachments.get(call.card()["id"], [])
    return [fields.pick("attachment", x, call.params.get("fields"), "*") for x in found]


@ROUTES.on("GET", "/cards/{card}/attachments/{attachment}")
def attachment(call: Call) -> Json:
    """Give one attachment."""
    return fields.pick("attachment", _attachment(call), call.params.get("fields"), "*")


@ROUTES.on("POST", "/cards/{card}/attachments")
def attach(call: Call) -> Json:
    """Attach an uploaded file, or an address."""
    card = call.card()
    if call.upload is not None:
        name = str(call.params.get("name") or call.upload.name)
        mime_type = str(call.params.get("mimeType") or call.upload.mime_type or "") or None
        made = files.upload(
            call.world,
            call.actor,
            card,
            name,
            content=call.upload.content,
            mime_type=mime_type,
            file_name=call.upload.name,
        )
    elif call.params.get("url"):
        made = files.link(
            call.world,
            call.actor,
            card,
            call.text("url"),
            call.params.get("name"),
            mime_type=call.params.get("mimeType"),
        )
    else:
        raise ApiError(400, "Must provide either url or file")
    if call.flag("setCover"):
        cover = {**card["cover"], "idAttachment": made["id"]}
        cards.update(call.world, call.actor, card, {"idAttachmentCover": made["id"], "cover": cover})
    return {**made, "limits": {}}


@ROUTES.on("PUT", "/cards/{card}/attachments/{attachment}")
def change_attachment(call: Call) -> Json:
    """Rename or move an attachment."""
    changes = {name: call.params[name] for name in ("name", "pos") if name in call.params}
    files.update(call.world, _attachment(call), call.card(), changes)
    return _attachment(call)


@ROUTES.on("DELETE", "/cards/{card}/attachments/{attachment}")
def detach(call: Call) -> Json:
    """Take an attachment off a card."""
    files.delete(call.world, call.actor, call.card(), _attachment(call))
    return {"limits": {}}


@ROUTES.on("GET", "/cards/{card}/attachments/{attachment}/download/{name}")
def download(call: Call) -> Redirect:
    """Send the client to the signed address of an upload's bytes. Only the header's credentials count here."""
    found = _attachment(call)
    if not call.by_header:
        raise ApiError(401, "unauthorized attachment permission requested")
    if not found["isUpload"]:
        raise ApiError(404, "The requested resource was not found.")
    return Redirect(location=call.services.storage.sign(call.card()["id"], found))


@ROUTES.on("DELETE", "/cards/{card}/checklists/{checklist}")
def remove_checklist(call: Call) -> Json:
    """Delete a checklist of a card."""
    found = child(call.world.checklists.of(call.card()["id"]), call.path["checklist"])
    checklists.delete(call.world, call.actor, found)
    return {"limits": {}}


@ROUTES.on("GET", "/cards/{card}/checkItem/{item}")
def check_item(call: Call) -> Json:
    """Give an item of any of a card's checklists."""
    return _item(call)[1]


@ROUTES.on("PUT", "/cards/{card}/checkItem/{item}", "/cards/{card}/checklist/{checklist}/checkItem/{item}")
def change_item(call: Call) -> Json:
    """Tick, rename, move or assign an item."""
    checklist, item = _item(call)
    changes = {
        x: call.params[x] for x in ("name", "pos", "state", "due", "dueReminder", "idMember") if x in call.params
    }
    # `true` and `false` are taken for a state too.
    changes.update({
        "state": {"true": "complete", "false": "incomplete"}.get(str(changes["state"]), changes["state"])
    } if "state" in changes else {})  # fmt: skip
    checklists.update_item(call.world, call.actor, checklist, item, changes)
    if call.params.get("idChecklist"):
        target = child(call.world.checklists.of(call.card()["id"]), call.id("idChecklist"))
        checklists.move_item(call.world, call.actor, checklist, item, target)
    return item


@ROUTES.on("DELETE", "/cards/{card}/checkItem/{item}")
def delete_item(call: Call) -> Json:
    """Delete an item."""
    checklist, item = _item(call)
    checklists.delete_item(call.world, call.actor, checklist, item)
    return {"limits": {}}


@ROUTES.on("PUT", "/cards/{card}/customField/{customField}/item")
def set_value(call: Call) -> Json:
    """Set or clear a card's custom field value."""
    return _set_value(call, call.path["customField"], call.params)


@ROUTES.on("PUT", "/cards/{card}/customFields")
def set_values(call: Call) -> list[Json]:
    """Set or clear several of a card's custom field values."""
    items = call.params.get("customFieldItems")
    if not isinstance(items, list):
        raise invalid_value("customFieldItems")
    return [_set_value(call, str(item.get("idCustomField")), item) for item in items]


def _set_value(call: Call, field_id: str, params: Mapping[str, Any]) -> Json:
    card = call.card()
    field = call.world.custom_fields.get(field_id)
    if field["idModel"] != card["idBoard"]:
        raise ApiError(400, "Invalid custom field item value.")
    value = params.get("value")
    if value is not None and value != "" and not isinstance(value, dict):
        raise ApiError(400, "Invalid custom field item value.")
    return custom_fields.set_value(
        call.world, call.actor, card, field, value=value or None, id_value=params.get("idValue") or None
    )


def _item(call: Call) -> tuple[Json, Json]:
    for checklist in call.world.checklists.of(call.card()["id"]):
        for item in checklist["checkItems"]:
            if item["id"] == call.path["item"]:
                return checklist, item
    raise ApiError(404, "The requested resource was not found.")


def _attachment(call: Call) -> Json:
    return child(call.world.attachments.get(call.card()["id"], []), call.path["attachment"])


def _number(call: Call, name: str, default: float | None = None) -> float:
    try:
        return float(call.params.get(name, default))
    except (TypeError, ValueError):
        raise invalid_value(name) from None
