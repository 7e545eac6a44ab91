"""Cards: make, change, move, archive, delete."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.actions import Actor, about_board, about_card, about_list, forget, record
from connectors.trello.sandbox.derive import refresh_card
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.ids import short_link
from connectors.trello.sandbox.positions import place, with_place
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

TOLD = (
    "name", "desc", "closed", "due", "start", "dueComplete", "dueReminder", "pos", "cover", "idAttachmentCover",
    "address", "locationName", "coordinates", "isTemplate", "cardRole",
)  # fmt: skip


def create(world: World, actor: Actor, found_list: Json, name: str = "", *, pos: object = None, **fields: Any) -> Json:
    """Make a card at the bottom of a list."""
    when = world.now()
    board = world.boards.get(found_list["idBoard"])
    card_id = world.new_id(when)
    card = shapes.card(card_id, short_link(card_id), name)
    card["idBoard"], card["idList"] = board["id"], found_list["id"]
    card["idOrganization"] = board["idOrganization"]
    card["idMemberCreator"] = actor.member["id"]
    card["idShort"] = world.next_number(board["id"])
    card["pos"] = place(pos, _positions(world, found_list["id"], board["id"]))
    card.update(fields)
    _check_labels(world, board, card["idLabels"])
    for label_id in card["idLabels"]:
        _use(world, label_id, 1)
    world.cards.add(card)
    world.short_links[card["shortLink"]] = card_id
    data = {"card": about_card(card), "list": about_list(found_list), "board": about_board(board)}
    record(world, actor, "createCard", data, when=when, concerns=[card_id, found_list["id"], board["id"]])
    world.touch(when, card=card, board=board)
    refresh_card(world, card)
    return card


def update(world: World, actor: Actor, card: Json, changes: Json) -> None:
    """Change a card's fields: one action for each that is told, one more for a move, as a PUT gives."""
    when = world.now()
    board = world.boards.get(card["idBoard"])
    others = _positions(world, card["idList"], board["id"], without=card["id"])
    for name, value in with_place(changes, others).items():
        old = card.get(name)
        if old == value:
            continue
        if name == "idLabels":
            _check_labels(world, board, value)
            for label_id in set(old or ()) ^ set(value):
                _use(world, label_id, 1 if label_id in value else -1)
        card[name] = value
        if name == "closed":
            card["dateClosed"] = stamp(when) if value else None
        if name == "dueComplete":
            card["dateCompleted"] = stamp(when) if value else None
        if name in TOLD or name == "idLabels":
            _tell(world, actor, card, when, old={name: old}, new={name: value})
    refresh_card(world, card)


def move(world: World, actor: Actor, card: Json, target: Json, pos: object = None) -> None:
    """Move a card to another list of its board."""
    if card["idList"] == target["id"]:
        return
    when = world.now()
    board = world.boards.get(card["idBoard"])
    before = world.lists.get(card["idList"])
    card["pos"] = place(pos, _positions(world, target["id"], board["id"]))
    card["idList"] = target["id"]
    data = {
        "card": about_card(card, idList=target["id"]),
        "old": {"idList": before["id"]},
        "board": about_board(board),
        "listBefore": about_list(before),
        "listAfter": about_list(target),
    }
    record(world, actor, "updateCard", data, when=when, concerns=[card["id"], board["id"], before["id"], target["id"]])
    world.touch(when, card=card, board=board)


def move_to_board(world: World, actor: Actor, card: Json, board: Json, target: Json) -> None:
    """Move a card to another board: labels and custom field values of the old one stay behind."""
    when = world.now()
    source = world.boards.get(card["idBoard"])
    for label_id in card["idLabels"]:
        _use(world, label_id, -1)
    same = {(found["name"], found["color"]): found["id"] for found in world.labels.of(board["id"])}
    kept = [same.get((label["name"], label["color"])) for label in map(world.labels.get, card["idLabels"])]
    card["idLabels"] = [label_id for label_id in kept if label_id]
    for label_id in card["idLabels"]:
        _use(world, label_id, 1)
    world.field_items.pop(card["id"], None)
    card["pos"] = place("bottom", _positions(world, target["id"], board["id"]))
    # The number on the board is given anew only when it is taken there.
    if any(found["idShort"] == card["idShort"] for found in world.cards.of(board["id"])):
        card["idShort"] = world.next_number(board["id"])
    world.cards.move(card, board["id"])
    card["idList"], card["idOrganization"] = target["id"], board["idOrganization"]
    for checklist in world.checklists.of(card["id"]):
        checklist["idBoard"] = board["id"]
    for kind, here, there, role in (
        ("moveCardFromBoard", source, board, "boardTarget"),
        ("moveCardToBoard", board, source, "boardSource"),
    ):
        data = {
            "card": about_card(card), "board": about_board(here), "list": about_list(target), role: about_board(there)
        }  # fmt: skip
        record(world, actor, kind, data, when=when, concerns=[card["id"], here["id"]])
        world.touch(when, board=here)
    world.touch(when, card=card)
    refresh_card(world, card)


def delete(world: World, actor: Actor, card: Json) -> None:
    """Delete a card for good: its actions vanish, and a `deleteCard` without its content is all that is left."""
    when = world.now()
    board = world.boards.get(card["idBoard"])
    found_list = world.lists.get(card["idList"])
    erase(world, card)
    data = {
        "card": {"id": card["id"], "idShort": card["idShort"], "shortLink": card["shortLink"]},
        "list": about_list(found_list),
        "board": about_board(board),
    }
    record(world, actor, "deleteCard", data, when=when, concerns=[card["id"], found_list["id"], board["id"]])
    world.touch(when, board=board)


def erase(world: World, card: Json) -> None:
    """Take a card out with all that lies in it."""
    for label_id in card.get("idLabels", ()):
        _use(world, label_id, -1)
    for checklist in world.checklists.of(card["id"]):
        world.checklists.remove(checklist["id"])
    forget(world, list(world.journals.get(card["id"], ())))
    world.journals.pop(card["id"], None)
    for held in (world.field_items, world.attachments, world.stickers, world.plugin_data):
        held.pop(card["id"], None)
    world.short_links.pop(card["shortLink"], None)
    world.cards.remove(card["id"])


def add_label(world: World, actor: Actor, card: Json, label: Json) -> None:
    """Put a label on a card. Only `dateLastActivity` and webhooks (two of them) show it."""
    if label["id"] in card["idLabels"]:
        raise ApiError(400, "that label is already on the card")
    _relabel(world, actor, card, label, now_on=[*card["idLabels"], label["id"]], kind="addLabelToCard")


def remove_label(world: World, actor: Actor, card: Json, label: Json) -> None:
    """Take a label off a card. Only `dateLastActivity` and webhooks show it."""
    if label["id"] not in card["idLabels"]:
        raise ApiError(400, "label is not on the card")
    rest = [found for found in card["idLabels"] if found != label["id"]]
    _relabel(world, actor, card, label, now_on=rest, kind="removeLabelFromCard")


def add_member(world: World, actor: Actor, card: Json, member: Json) -> None:
    """Assign a person."""
    if member["id"] in card["idMembers"]:
        raise ApiError(400, "member is already on the card")
    _reassign(world, actor, card, member, now_on=[*card["idMembers"], member["id"]], kind="addMemberToCard")


def remove_member(world: World, actor: Actor, card: Json, member: Json) -> None:
    """Take a person off."""
    if member["id"] not in card["idMembers"]:
        raise ApiError(400, "member is not on the card")
    rest = [found for found in card["idMembers"] if found != member["id"]]
    _reassign(world, actor, card, member, now_on=rest, kind="removeMemberFromCard")


def set_members(world: World, actor: Actor, card: Json, member_ids: Sequence[str]) -> None:
    """Make these the people on a card."""
    for member_id in [found for found in card["idMembers"] if found not in member_ids]:
        remove_member(world, actor, card, world.members.get(member_id))
    for member_id in [found for found in member_ids if found not in card["idMembers"]]:
        add_member(world, actor, card, world.members.get(member_id))


def vote(world: World, actor: Actor, card: Json, member: Json, *, voted: bool) -> None:
    """Vote for a card, or no longer. Listed nowhere, and no date moves."""
    has = member["id"] in card["idMembersVoted"]
    if has == voted:
        raise ApiError(400, "member has already voted on the card" if voted else "member has not voted on the card")
    if voted:
        card["idMembersVoted"].append(member["id"])
    else:
        card["idMembersVoted"].remove(member["id"])
    data = {"voted": voted, "card": about_card(card), "board": about_board(world.boards.get(card["idBoard"]))}
    record(world, actor, "voteOnCard", data, when=world.now(), concerns=[card["id"]])
    refresh_card(world, card)


def _relabel(world: World, actor: Actor, card: Json, label: Json, *, now_on: list[str], kind: str) -> None:
    when = world.now()
    board = world.boards.get(card["idBoard"])
    old = card["idLabels"]
    card["idLabels"] = now_on
    _use(world, label["id"], len(now_on) - len(old))
    named = {"id": label["id"], "name": label["name"], "color": label["color"]}
    data = {
        "value": label["color"],
        "text": label["name"],
        "card": about_card(card),
        "board": about_board(board),
        "label": named,
    }
    concerns = [card["id"], board["id"]]
    record(world, actor, kind, data, when=when, concerns=concerns)
    pair = {
        "card": about_card(card, idLabels=now_on),
        "old": {"idLabels": old},
        "board": about_board(board),
        "list": about_list(world.lists.get(card["idList"])),
    }
    record(world, actor, "updateCard", pair, when=when, concerns=concerns, listed=False)
    world.touch(when, card=card, board=board)
    refresh_card(world, card)


def _reassign(world: World, actor: Actor, card: Json, member: Json, *, now_on: list[str], kind: str) -> None:
    when = world.now()
    board = world.boards.get(card["idBoard"])
    card["idMembers"] = now_on
    data = {
        "idMember": member["id"],
        "card": about_card(card),
        "board": about_board(board),
        "member": {"id": member["id"], "name": member["fullName"]},
    }
    if kind == "removeMemberFromCard":
        data["deactivated"] = False
    record(world, actor, kind, data, when=when, concerns=[card["id"], board["id"]], member=member)
    world.touch(when, card=card, board=board)


def _tell(world: World, actor: Actor, card: Json, when: datetime, *, old: Json, new: Json) -> None:
    board = world.boards.get(card["idBoard"])
    data = {
        "card": about_card(card, **new),
        "old": old,
        "board": about_board(board),
        "list": about_list(world.lists.get(card["idList"])),
    }
    record(world, actor, "updateCard", data, when=when, concerns=[card["id"], board["id"], card["idList"]])
    world.touch(when, card=card, board=board)


def _check_labels(world: World, board: Json, label_ids: Sequence[str]) -> None:
    if len(set(label_ids)) != len(label_ids):
        raise invalid_value("idLabels")
    for label_id in label_ids:
        if label_id not in world.labels or world.labels.get(label_id)["idBoard"] != board["id"]:
            raise invalid_value("idLabels")


def _use(world: World, label_id: str, by: int) -> None:
    if label_id in world.labels:
        label = world.labels.get(label_id)
        if "uses" in label:
            label["uses"] += by


def _positions(world: World, list_id: str, board_id: str, without: str = "") -> list[float]:
    return [x["pos"] for x in world.cards.of(board_id) if x["idList"] == list_id and x["id"] != without]
