"""Boards: read, make, change, close, delete, and their people."""

from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, child, flag
from connectors.trello.sandbox.changes import boards, people
from connectors.trello.sandbox.errors import invalid_value, not_found, unauthorized
from connectors.trello.sandbox.order import by_state, in_order
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]

_TEXTS = ("name", "desc")
_FLAGS = ("closed", "subscribed")


@ROUTES.on("GET", "/boards/{board}")
def get(call: Call) -> Json:
    """Give a board with what is nested in it."""
    return call.view.board(call.board(), call.params)


@ROUTES.on("GET", "/boards/{board}/lists", "/boards/{board}/lists/{filter}")
def lists(call: Call) -> list[Json]:
    """Give a board's lists in order, the open ones unless told otherwise."""
    kind = call.path.get("filter") or call.params.get("filter") or "open"
    found = in_order(by_state(call.world.lists.of(call.board()["id"]), kind, "filter"))
    served = [fields.pick("list", x, call.params.get("fields"), fields.LIST_NESTED) for x in found]
    if cards := call.params.get("cards"):
        for each in served:
            mine = [x for x in call.world.cards.of(call.board()["id"]) if x["idList"] == each["id"]]
            each["cards"] = call.view.cards(mine, {**call.params, "card_filter": cards}, "card_")
    return served


@ROUTES.on("GET", "/boards/{board}/cards", "/boards/{board}/cards/{filter}")
def cards(call: Call) -> list[Json] | Json:
    """Give a page of a board's cards; or, for an id, one of them."""
    kind = call.path.get("filter")
    board = call.board()
    if kind and kind not in {"all", "open", "closed", "visible", "none"}:
        card = call.world.resolve(call.world.cards, kind)
        if card["idBoard"] != board["id"]:
            raise not_found()
        return call.view.card(card, call.params)
    params = {**call.params, "filter": kind} if kind else call.params
    return call.view.cards(call.world.cards.of(board["id"]), params)


@ROUTES.on("GET", "/boards/{board}/actions")
def actions(call: Call) -> list[Json]:
    """Give a page of what happened on a board."""
    return call.view.actions(call.board()["id"], call.params, "", call.params.get("filter") or "all")


@ROUTES.on("GET", "/boards/{board}/labels")
def labels(call: Call) -> list[Json]:
    """Give a board's labels: 50 unless more are asked for."""
    return call.view.labels(call.board(), call.params)


@ROUTES.on("GET", "/boards/{board}/labelnames")
def label_names(call: Call) -> Json:
    """Give the names of a board's colours."""
    return dict(call.board()["labelNames"])


@ROUTES.on("GET", "/boards/{board}/checklists")
def checklists(call: Call) -> list[Json]:
    """Give every checklist on a board."""
    return call.view.checklists(call.board()["id"], call.params.get("fields"))


@ROUTES.on("GET", "/boards/{board}/customFields")
def custom_fields(call: Call) -> list[Json]:
    """Give a board's custom fields."""
    return in_order(call.world.custom_fields.of(call.board()["id"]))


@ROUTES.on("GET", "/boards/{board}/members", "/boards/{board}/members/{filter}")
def members(call: Call) -> list[Json]:
    """Give a board's people."""
    return call.view.members(call.board(), call.params.get("fields"))


@ROUTES.on("GET", "/boards/{board}/memberships")
def memberships(call: Call) -> list[Json]:
    """Give who belongs to a board, and as what."""
    return call.view.memberships(call.board(), call.params)


@ROUTES.on("GET", "/boards/{board}/pluginData")
def plugin_data(call: Call) -> list[Json]:
    """Give what Power-Ups keep on a board."""
    return call.world.plugin_data.get(call.board()["id"], [])


@ROUTES.on("GET", "/boards/{board}/boardPlugins", "/boards/{board}/plugins")
def plugins(call: Call) -> list[Json]:
    """Give the Power-Ups that a board has on."""
    return call.world.board_plugins.get(call.board()["id"], [])


@ROUTES.on("POST", "/boards")
def create(call: Call) -> Json:
    """Make a board."""
    organization = None
    if call.params.get("idOrganization"):
        organization = call.world.organizations.get(call.id("idOrganization"))
        if organization["id"] not in call.me["idOrganizations"]:
            raise unauthorized("organization")
    prefs = {name[6:]: _pref(value) for name, value in call.params.items() if name.startswith("prefs_")}
    board = boards.create(
        call.world,
        call.actor,
        _name(call),
        organization=organization,
        default_labels=call.flag("defaultLabels", default=True),
        default_lists=call.flag("defaultLists", default=True),
        prefs=prefs,
        desc=call.text("desc", ""),
    )
    return {**call.view.board(board, {}), "limits": {}}


@ROUTES.on("PUT", "/boards/{board}")
def update(call: Call) -> Json:
    """Change a board."""
    board = call.board()
    changes: Json = {name: call.text(name) for name in _TEXTS if name in call.params}
    if "name" in changes:
        changes["name"] = _name(call)
    changes.update({name: call.flag(name) for name in _FLAGS if name in call.params})
    if "idOrganization" in call.params:
        changes["idOrganization"] = call.params["idOrganization"] or None
        if changes["idOrganization"]:
            call.world.organizations.get(changes["idOrganization"])
    prefs = {name[6:]: _pref(value) for name, value in call.params.items() if name.startswith(("prefs/", "prefs_"))}
    boards.update(call.world, call.actor, board, changes, prefs)
    for name, value in call.params.items():
        if name.startswith(("labelNames/", "labelNames_")):
            board["labelNames"][name[11:]] = str(value)
    return call.view.board(board, {})


@ROUTES.on("DELETE", "/boards/{board}")
def delete(call: Call) -> Json:
    """Delete a board for good."""
    board = call.board()
    if all(x["idMember"] != call.me["id"] or x["memberType"] != "admin" for x in board["memberships"]):
        raise unauthorized()
    boards.delete(call.world, board)
    return {"_value": None}


@ROUTES.on("PUT", "/boards/{board}/members/{member}")
def set_member(call: Call) -> Json:
    """Add a person to a board, or change their role."""
    board = call.board()
    people.set_board_member(call.world, call.actor, board, call.member(), call.text("type"))
    return _people(call, board)


@ROUTES.on("PUT", "/boards/{board}/members")
def invite(call: Call) -> Json:
    """Invite a person by address: a known one joins at once."""
    board = call.board()
    email = call.text("email")
    for found in call.world.members:
        if found.get("email") == email:
            people.set_board_member(call.world, call.actor, board, found, call.text("type", "normal"))
            return _people(call, board)
    name = call.text("fullName", email.partition("@")[0])
    joined = people.create_member(call.world, email.partition("@")[0], name)
    joined.update(email=email, confirmed=False)
    people.set_board_member(call.world, call.actor, board, joined, call.text("type", "normal"))
    board["memberships"][-1]["unconfirmed"] = True
    return _people(call, board)


@ROUTES.on("PUT", "/boards/{board}/memberships/{membership}")
def set_membership(call: Call) -> Json:
    """Change a person's role on a board."""
    board = call.board()
    found = child(board["memberships"], call.path["membership"])
    member = call.world.members.get(found["idMember"])
    people.set_board_member(call.world, call.actor, board, member, call.text("type"))
    return found


@ROUTES.on("POST", "/boards/{board}/boardPlugins")
def enable_plugin(call: Call) -> Json:
    """Turn a Power-Up on."""
    board = call.board()
    found: Json = {"id": call.world.new_id(call.world.now()), "idBoard": board["id"], "idPlugin": call.id("idPlugin")}
    call.world.board_plugins[board["id"]].append(found)
    return found


@ROUTES.on("DELETE", "/boards/{board}/boardPlugins/{plugin}")
def disable_plugin(call: Call) -> Json:
    """Turn a Power-Up off."""
    held = call.world.board_plugins[call.board()["id"]]
    kept = [found for found in held if found["idPlugin"] != call.path["plugin"]]
    if len(kept) == len(held):
        raise not_found()
    held[:] = kept
    return {"_value": None}


@ROUTES.on("DELETE", "/boards/{board}/members/{member}")
def remove_member(call: Call) -> Json:
    """Take a person off a board."""
    board = call.board()
    people.remove_board_member(call.world, call.actor, board, call.member())
    return call.view.board(board, {"members": "all", "member_fields": fields.MEMBER_NESTED.replace(" ", ",")})


@ROUTES.on("GET", "/boards/{board}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of a board."""
    board = call.board()
    name = call.path["field"]
    fields.checked("board", name, board)
    value = board.get(name)
    return value if isinstance(value, dict) else {"_value": value}


def _people(call: Call, board: Json) -> Json:
    names = f"{fields.MEMBER_NESTED} confirmed memberType".replace(" ", ",")
    return {
        "id": board["id"],
        "members": call.view.members(board, names),
        "memberships": list(board["memberships"]),
    }


def _name(call: Call) -> str:
    name = call.text("name").strip()
    if not name:
        raise invalid_value("name")
    return name


def _pref(value: object) -> object:
    return flag("prefs", value) if str(value).lower() in {"true", "false"} else value
