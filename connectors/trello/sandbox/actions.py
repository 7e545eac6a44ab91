"""Actions: which changes are told, to whom, and in what words.

The real journal is incomplete, and so is this one: a type in `UNLISTED` is sent to webhooks and answers
`GET /actions/{id}`, and no list of actions ever holds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.trello.sandbox import shapes
from connectors.trello.sandbox.derive import COMMENT_TYPES
from connectors.trello.sandbox.fields import MEMBER_NESTED
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

UNLISTED = frozenset({
    "addLabelToCard", "removeLabelFromCard", "createLabel", "updateLabel", "deleteLabel",
    "createCheckItem", "updateCheckItem", "deleteCheckItem", "copyChecklist",
    "updateComment", "deleteComment", "voteOnCard",
    "removeMemberFromBoard", "removeMemberFromOrganization", "makeAdminOfOrganization",
    "createBoardInvitation", "createOrganizationInvitation", "createBoardPreference",
    "removeAdminFromBoard", "removeAdminFromOrganization",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who makes a change: a person, by hand (no app) or through an app's key."""

    member: Json
    app_id: str | None = None


def record(
    world: World,
    actor: Actor,
    kind: str,
    data: Json,
    *,
    when: datetime,
    concerns: Iterable[str | None],
    member: Json | None = None,
    listed: bool = True,
) -> Json:
    """Write an action down, list it where it is listed, and tell the listeners."""
    action: Json = {
        "id": world.new_id(when),
        "idMemberCreator": actor.member["id"],
        "data": data,
        "appCreator": {"id": actor.app_id} if actor.app_id else None,
        "type": kind,
        "date": stamp(when),
        "limits": shapes.COMMENT_LIMITS if kind in COMMENT_TYPES else None,
    }
    if member is not None:
        action["member"] = person(member)
    action["memberCreator"] = person(actor.member)
    world.actions[action["id"]] = action
    if listed and kind not in UNLISTED:
        for concern in {*concerns, actor.member["id"]} - {None}:
            world.journals[str(concern)].append(action)
    for listener in world.listeners:
        listener(action)
    return action


def forget(world: World, gone: Iterable[Json]) -> None:
    """Take actions out as if they had never been: those of a deleted card, a deleted comment."""
    ids = {action["id"] for action in gone}
    touched = set()
    for action_id in ids:
        action = world.actions.pop(action_id, None)
        if action is not None:
            touched.update(concerns_of(action))
    for concern in touched:
        if concern in world.journals:
            world.journals[concern] = [found for found in world.journals[concern] if found["id"] not in ids]


def concerns_of(action: Json) -> set[str]:
    """Name the ids under which an action is listed."""
    data = action["data"]
    found = {action["idMemberCreator"]}
    for part in ("board", "card", "list", "listBefore", "listAfter", "organization", "boardSource", "boardTarget"):
        if isinstance(data.get(part), dict) and "id" in data[part]:
            found.add(data[part]["id"])
    return found


def person(member: Json) -> Json:
    """Give a person as actions name them."""
    return {name: member[name] for name in MEMBER_NESTED.split() if name in member}


def about_board(board: Json) -> Json:
    """Name a board."""
    return {"id": board["id"], "name": board["name"], "shortLink": board["shortLink"]}


def about_card(card: Json, **changed: Any) -> Json:
    """Name a card, after the fields that changed."""
    return {
        **changed,
        "id": card["id"],
        "name": card["name"],
        "idShort": card["idShort"],
        "shortLink": card["shortLink"],
    }


def about_list(found: Json, **changed: Any) -> Json:
    """Name a list."""
    return {**changed, "id": found["id"], "name": found["name"]}


def about(found: Json) -> Json:
    """Name a label, a checklist, a workspace's part: id and name."""
    return {"id": found["id"], "name": found["name"]}
