"""Actions by their own id: the unlisted ones answer here too."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, child
from connectors.trello.sandbox.changes import comments
from connectors.trello.sandbox.derive import COMMENT_TYPES
from connectors.trello.sandbox.errors import ApiError, not_found
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


def _action(call: Call) -> Json:
    found = call.world.actions.get(call.path["action"])
    if found is None:
        raise not_found()
    board = found["data"].get("board")
    if board is not None and board["id"] in call.world.boards:
        call.within(board, "id", "action")
    return found


@ROUTES.on("GET", "/actions/{action}")
def get(call: Call) -> Json:
    """Give an action."""
    return call.view.action(_action(call), call.params, display=call.flag("display", default=True))


@ROUTES.on("GET", "/actions/{action}/board")
def board(call: Call) -> Json:
    """Give the board an action is about."""
    return call.view.board(call.world.boards.get(_part(call, "board")), call.params, "", "*")


@ROUTES.on("GET", "/actions/{action}/card")
def card(call: Call) -> Json:
    """Give the card an action is about."""
    return call.view.card(call.world.cards.get(_part(call, "card")), call.params, "", "*")


@ROUTES.on("GET", "/actions/{action}/list")
def its_list(call: Call) -> Json:
    """Give the list an action is about."""
    return fields.pick("list", call.world.lists.get(_part(call, "list")), call.params.get("fields"), "*")


@ROUTES.on("GET", "/actions/{action}/memberCreator")
def creator(call: Call) -> Json:
    """Give who did it."""
    return call.view.member(call.world.members.get(_action(call)["idMemberCreator"]), call.params)


@ROUTES.on("GET", "/actions/{action}/member")
def member(call: Call) -> Json:
    """Give the person that was added, removed or made something."""
    found = _action(call).get("member")
    if found is None:
        raise not_found()
    return call.view.member(call.world.members.get(found["id"]), call.params)


@ROUTES.on("GET", "/actions/{action}/organization")
def organization(call: Call) -> Json:
    """Give the workspace an action is about."""
    return call.view.organization(call.world.organizations.get(_part(call, "organization")), call.params)


@ROUTES.on("GET", "/actions/{action}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of an action."""
    action = _action(call)
    fields.checked("action", call.path["field"], action)
    value = action.get(call.path["field"])
    return value if isinstance(value, dict) else {"_value": value}


@ROUTES.on("GET", "/actions/{action}/reactions/{reaction}")
def reaction(call: Call) -> Json:
    """Give one emoji under a comment."""
    return child(call.world.reactions.get(_action(call)["id"], []), call.path["reaction"])


@ROUTES.on("GET", "/actions/{action}/reactions")
def reactions(call: Call) -> list[Json]:
    """Give the emojis under a comment."""
    return call.world.reactions.get(_action(call)["id"], [])


@ROUTES.on("GET", "/actions/{action}/reactionsSummary")
def summary(call: Call) -> list[Json]:
    """Count the emojis under a comment."""
    counts: dict[str, Json] = {}
    for found in call.world.reactions.get(_action(call)["id"], []):
        row = counts.setdefault(
            found["idEmoji"], {"id": found["idEmoji"], "idModel": found["idModel"], "count": 0, "emoji": found["emoji"]}
        )
        row["count"] += 1
    return list(counts.values())


@ROUTES.on("POST", "/actions/{action}/reactions")
def react(call: Call) -> Json:
    """Put an emoji under a comment."""
    name = call.text("shortName", "thumbsup")
    return comments.react(
        call.world,
        call.actor,
        _comment(call),
        short_name=name,
        unified=call.text("unified", "1F44D"),
        native=call.text("native", "👍"),
    )


@ROUTES.on("DELETE", "/actions/{action}/reactions/{reaction}")
def unreact(call: Call) -> Json:
    """Take an emoji back."""
    held = call.world.reactions.get(_comment(call)["id"], [])
    held.remove(child(held, call.path["reaction"]))
    return {"_value": None}


@ROUTES.on("PUT", "/actions/{action}", "/actions/{action}/text")
def update(call: Call) -> Json:
    """Edit a comment."""
    action = _comment(call)
    comments.update(call.world, call.actor, action, call.text("text" if "text" in call.params else "value"))
    return call.view.action(action, {}, display=True)


@ROUTES.on("DELETE", "/actions/{action}")
def delete(call: Call) -> Json:
    """Delete a comment."""
    comments.delete(call.world, call.actor, _comment(call))
    return {"_value": None}


def _comment(call: Call) -> Json:
    found = _action(call)
    if found["type"] not in COMMENT_TYPES:
        raise ApiError(400, "only comments can be changed")
    return found


def _part(call: Call, name: str) -> str:
    part = _action(call)["data"].get(name)
    if part is None:
        raise not_found()
    return str(part["id"])
