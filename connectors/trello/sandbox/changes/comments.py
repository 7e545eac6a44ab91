"""Comments: actions of their own kind, which can be edited and deleted without a trace in the journal."""

from typing import Any

from connectors.trello.sandbox.actions import Actor, about_board, about_card, about_list, forget, record
from connectors.trello.sandbox.derive import refresh_card
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]


def create(world: World, actor: Actor, card: Json, text: str) -> Json:
    """Comment on a card."""
    when = world.now()
    board = world.boards.get(card["idBoard"])
    data = {
        "text": text,
        "textData": {"emoji": {}},
        "card": about_card(card),
        "board": about_board(board),
        "list": about_list(world.lists.get(card["idList"])),
    }
    concerns = [card["id"], board["id"], card["idList"]]
    comment = record(world, actor, "commentCard", data, when=when, concerns=concerns)
    world.touch(when, card=card, board=board)
    refresh_card(world, card)
    return comment


def update(world: World, actor: Actor, comment: Json, text: str) -> None:
    """Edit a comment in place: its own action changes, no listed one is added, and no date of the card moves."""
    when = world.now()
    old = comment["data"]["text"]
    comment["data"]["text"] = text
    comment["data"]["dateLastEdited"] = stamp(when)
    data = {
        "action": {"id": comment["id"], "text": text},
        "old": {"text": old},
        **{part: comment["data"][part] for part in ("card", "board") if part in comment["data"]},
    }
    record(world, actor, "updateComment", data, when=when, concerns=[])


def delete(world: World, actor: Actor, comment: Json) -> None:
    """Delete a comment: it is simply no longer listed."""
    forget(world, [comment])
    world.reactions.pop(comment["id"], None)
    parts = {part: comment["data"][part] for part in ("card", "board") if part in comment["data"]}
    record(world, actor, "deleteComment", {"action": {"id": comment["id"]}, **parts}, when=world.now(), concerns=[])
    if parts["card"]["id"] in world.cards:
        refresh_card(world, world.cards.get(parts["card"]["id"]))


def react(world: World, actor: Actor, comment: Json, *, short_name: str, unified: str, native: str) -> Json:
    """Put an emoji under a comment. No action, and no date moves."""
    reaction = {
        "id": world.new_id(world.now()),
        "idMember": actor.member["id"],
        "idModel": comment["id"],
        "idEmoji": unified,
        "emoji": {
            "unified": unified,
            "native": native,
            "name": short_name.upper(),
            "shortName": short_name,
            "skinVariation": None,
        },
        "member": {name: actor.member[name] for name in ("id", "fullName", "username", "initials", "avatarUrl")},
    }
    world.reactions[comment["id"]].append(reaction)
    return reaction
