"""Attachments: uploads, whose bytes the stand-in keeps, and links, which are only an address."""

import re
from typing import Any

from connectors.trello.sandbox.actions import Actor, about_board, about_card, about_list, record
from connectors.trello.sandbox.derive import refresh_card
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.positions import place
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

MAX_BYTES = 250 * 1024 * 1024


def upload(
    world: World,
    actor: Actor,
    card: Json,
    name: str,
    *,
    content: bytes,
    mime_type: str | None,
    file_name: str | None = None,
) -> Json:
    """Attach a file's bytes to a card. The file keeps the name it came with, whatever the attachment is called."""
    if len(content) > MAX_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    file_name = re.sub(r"[^0-9A-Za-z._-]+", "_", file_name or name) or "file"
    attachment = _attachment(world, actor, card, name)
    attachment["bytes"], attachment["mimeType"] = len(content), mime_type
    attachment["isUpload"] = True
    attachment["fileName"] = file_name
    attachment["url"] = f"https://trello.com/1/cards/{card['id']}/attachments/{attachment['id']}/download/{file_name}"
    world.blobs[attachment["id"]] = content
    return _add(world, actor, card, attachment)


def link(
    world: World, actor: Actor, card: Json, url: str, name: str | None = None, *, mime_type: str | None = None
) -> Json:
    """Attach an address to a card."""
    if not re.match(r"https?://\S+\Z", url):
        raise ApiError(400, "invalid value for url")
    attachment = _attachment(world, actor, card, name or url)
    attachment["url"] = url
    attachment["mimeType"] = mime_type
    return _add(world, actor, card, attachment)


def update(world: World, attachment: Json, card: Json, changes: Json) -> None:
    """Rename or move an attachment. No action."""
    attachment.update(changes)
    world.touch(world.now(), card=card, board=world.boards.get(card["idBoard"]))


def delete(world: World, actor: Actor, card: Json, attachment: Json) -> None:
    """Take an attachment off; a card's cover goes with it."""
    when = world.now()
    world.attachments[card["id"]].remove(attachment)
    world.blobs.pop(attachment["id"], None)
    if card.get("idAttachmentCover") == attachment["id"]:
        card["idAttachmentCover"] = None
        card["cover"]["idAttachment"] = None
    board = world.boards.get(card["idBoard"])
    data = {
        "attachment": {"id": attachment["id"], "name": attachment["name"]},
        "card": about_card(card),
        "board": about_board(board),
    }
    record(world, actor, "deleteAttachmentFromCard", data, when=when, concerns=[card["id"], board["id"]])
    world.touch(when, card=card, board=board)
    refresh_card(world, card)


def _attachment(world: World, actor: Actor, card: Json, name: str) -> Json:
    when = world.now()
    return {
        "id": world.new_id(when),
        "bytes": None,
        "date": stamp(when),
        "edgeColor": None,
        "idMember": actor.member["id"],
        "isMalicious": False,
        "isUpload": False,
        "mimeType": None,
        "name": name,
        "previews": [],
        "url": "",
        "pos": place(None, (found["pos"] for found in world.attachments[card["id"]])),
        "fileName": None,
    }


def _add(world: World, actor: Actor, card: Json, attachment: Json) -> Json:
    when = world.now()
    board = world.boards.get(card["idBoard"])
    world.attachments[card["id"]].append(attachment)
    data = {
        "attachment": {name: attachment[name] for name in ("id", "name", "url")},
        "card": about_card(card),
        "list": about_list(world.lists.get(card["idList"])),
        "board": about_board(board),
    }
    record(world, actor, "addAttachmentToCard", data, when=when, concerns=[card["id"], board["id"]])
    world.touch(when, card=card, board=board)
    refresh_card(world, card)
    return attachment
