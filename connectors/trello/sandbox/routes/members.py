"""Members: the person asked about, `me` most of all, with their boards and workspaces."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call
from connectors.trello.sandbox.errors import unauthorized
from connectors.trello.sandbox.order import by_state
from connectors.trello.sandbox.routes.tokens import shown
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]


@ROUTES.on("GET", "/members/{member}")
def get(call: Call) -> Json:
    """Give a person."""
    return call.view.member(call.member(), call.params)


@ROUTES.on("GET", "/members/{member}/boards", "/members/{member}/boards/{filter}")
def boards(call: Call) -> list[Json]:
    """Give a person's boards, closed ones too unless told otherwise."""
    kind = call.path.get("filter") or call.params.get("filter") or "all"
    seen = call.view.boards(call.world.boards_of(call.member()))
    return [call.view.board(board, call.params, "", "*") for board in by_state(seen, kind, "filter")]


@ROUTES.on("GET", "/members/{member}/organizations", "/members/{member}/organizations/{filter}")
def organizations(call: Call) -> list[Json]:
    """Give a person's workspaces."""
    return [call.view.organization(x, call.params, "", "*") for x in call.view.organizations(call.member())]


@ROUTES.on("GET", "/members/{member}/cards", "/members/{member}/cards/{filter}")
def cards(call: Call) -> list[Json]:
    """Give the cards a person is on."""
    member = call.member()
    mine = [
        card
        for board in call.view.boards(call.world.boards_of(member))
        for card in call.world.cards.of(board["id"])
        if member["id"] in card["idMembers"]
    ]
    return call.view.cards(mine, {**call.params, "filter": call.path.get("filter") or call.params.get("filter")})


@ROUTES.on("GET", "/members/{member}/actions")
def actions(call: Call) -> list[Json]:
    """Give a page of what a person did."""
    member = call.member()
    if member is not call.me:
        raise unauthorized("member")
    return call.view.actions(member["id"], call.params, "", call.params.get("filter") or "all")


@ROUTES.on("GET", "/members/{member}/notifications")
def notifications(call: Call) -> list[Json]:
    """Give a person's notifications: the stand-in sends none."""
    if call.member() is not call.me:
        raise unauthorized("member")
    return []


@ROUTES.on("GET", "/members/{member}/tokens")
def tokens(call: Call) -> list[Json]:
    """Give the tokens a person gave out."""
    if call.member() is not call.me:
        raise unauthorized("member")
    return [
        shown(call, token) for token in call.services.credentials.tokens.values() if token.member_id == call.me["id"]
    ]


@ROUTES.on("GET", "/members/{member}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of a person."""
    served = call.view.member(call.member(), {"fields": call.path["field"]})
    fields.checked("member", call.path["field"], served)
    return {"_value": served.get(call.path["field"])}
