"""Derived fields: what Trello works out from other records and serves inside a card, a board or a label."""

import re
import unicodedata
from typing import Any

from connectors.trello.sandbox.world import World

Json = dict[str, Any]


def slug(text: str) -> str:
    """Turn a name into the tail of a url: `1-fix-the-door`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def refresh_board(board: Json) -> None:
    """Bring a board's url up to its name."""
    board["url"] = f"{board['shortUrl']}/{slug(board['name']) or 'board'}"


def refresh_card(world: World, card: Json) -> None:
    """Bring a card's url, labels, checklists and badges up to the records they come from."""
    checklists = sorted(world.checklists.of(card["id"]), key=lambda found: (found["pos"], found["id"]))
    items = [item for checklist in checklists for item in checklist["checkItems"]]
    done = [item for item in items if item["state"] == "complete"]
    dues = sorted(item["due"] for item in items if item.get("due") and item["state"] != "complete")
    # An attachment that links to a Trello board or card is counted apart, and not among the others.
    links = [_trello_link(found) for found in world.attachments.get(card["id"], [])]
    card["url"] = f"{card['shortUrl']}/{card['idShort']}-{slug(card['name'])}".rstrip("-")
    card["idChecklists"] = [found["id"] for found in checklists]
    card["checkItemStates"] = [{"idCheckItem": item["id"], "state": "complete"} for item in done]
    if "idLabels" in card:
        # The labels themselves, not copies: `uses` inside a card moves when another card takes the label, as it does
        # in the real API.
        card["labels"] = [world.labels.get(label_id) for label_id in card["idLabels"]]
    card["badges"] = {
        "attachments": links.count(None),
        "fogbugz": "",
        "checkItems": len(items),
        "checkItemsChecked": len(done),
        "checkItemsEarliestDue": dues[0] if dues else None,
        "comments": sum(1 for found in world.journals.get(card["id"], ()) if found["type"] in COMMENT_TYPES),
        "description": bool(card["desc"]),
        "due": card["due"],
        "dueComplete": card.get("dueComplete", False),
        "lastUpdatedByAi": False,
        "start": card.get("start"),
        "attachmentsByType": {"trello": {"board": links.count("b"), "card": links.count("c")}},
        "externalSource": None,
        "location": bool(card.get("coordinates") or card.get("address")),
        "votes": len(card["idMembersVoted"]),
        "maliciousAttachments": 0,
        "viewingMemberVoted": False,
        "subscribed": card["subscribed"],
    }


COMMENT_TYPES = frozenset({"commentCard", "copyCommentCard"})


def _trello_link(attachment: Json) -> str | None:
    match = re.match(r"https://trello\.com/([bc])/[0-9A-Za-z]{8}", attachment["url"] or "")
    return match.group(1) if match else None
