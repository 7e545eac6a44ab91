"""Workspaces: read, make, change, delete, with their boards and people."""

import re
from itertools import chain, count
from typing import Any

from connectors.trello.sandbox import fields
from connectors.trello.sandbox.call import Call, child
from connectors.trello.sandbox.changes import people
from connectors.trello.sandbox.derive import slug
from connectors.trello.sandbox.errors import ApiError, invalid_value
from connectors.trello.sandbox.order import by_state
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]

_CHANGEABLE = ("name", "displayName", "desc", "website")
_NAME = re.compile(r"[a-z0-9_]{3,100}")


@ROUTES.on("GET", "/organizations/{organization}")
def get(call: Call) -> Json:
    """Give a workspace."""
    return call.view.organization(call.organization(), call.params)


@ROUTES.on("GET", "/organizations/{organization}/boards", "/organizations/{organization}/boards/{filter}")
def boards(call: Call) -> list[Json]:
    """Give a workspace's boards that the person may see."""
    kind = call.path.get("filter") or call.params.get("filter") or "all"
    seen = call.view.boards(call.world.boards.of(call.organization()["id"]))
    return [call.view.board(board, call.params, "", "*") for board in by_state(seen, kind, "filter")]


@ROUTES.on("GET", "/organizations/{organization}/members", "/organizations/{organization}/members/{filter}")
def members(call: Call) -> list[Json]:
    """Give a workspace's people."""
    return call.view.members(call.organization(), call.params.get("fields"))


@ROUTES.on("GET", "/organizations/{organization}/memberships")
def memberships(call: Call) -> list[Json]:
    """Give who belongs to a workspace, and as what."""
    return call.view.memberships(call.organization(), call.params)


@ROUTES.on("GET", "/organizations/{organization}/memberships/{membership}")
def membership(call: Call) -> Json:
    """Give one of a workspace's memberships."""
    return child(call.organization()["memberships"], call.path["membership"])


@ROUTES.on("GET", "/organizations/{organization}/{field}")
def one_field(call: Call) -> Json:
    """Give one field of a workspace."""
    found = call.organization()
    fields.checked("organization", call.path["field"], found)
    value = found.get(call.path["field"])
    return value if isinstance(value, dict) else {"_value": value}


@ROUTES.on("GET", "/organizations/{organization}/actions")
def actions(call: Call) -> list[Json]:
    """Give a page of what happened in a workspace."""
    return call.view.actions(call.organization()["id"], call.params, "", call.params.get("filter") or "all")


@ROUTES.on("GET", "/organizations/{organization}/pluginData")
def plugin_data(call: Call) -> list[Json]:
    """Give what Power-Ups keep on a workspace."""
    return call.world.plugin_data.get(call.organization()["id"], [])


@ROUTES.on("POST", "/organizations")
def create(call: Call) -> Json:
    """Make a workspace."""
    display_name = call.text("displayName").strip()
    if not display_name:
        raise invalid_value("displayName")
    found = people.create_organization(
        call.world,
        call.actor,
        _free_name(call, str(call.params.get("name") or slug(display_name))),
        display_name,
        desc=call.text("desc", ""),
        website=call.params.get("website") or None,
    )
    return {**call.view.organization(found, {}), "limits": {}}


@ROUTES.on("PUT", "/organizations/{organization}")
def update(call: Call) -> Json:
    """Change a workspace."""
    found = call.organization()
    if "name" in call.params and call.params["name"] != found["name"]:
        _check_name(call, call.text("name"))
    found.update({name: call.text(name) for name in _CHANGEABLE if name in call.params})
    found["url"] = f"https://trello.com/w/{found['name']}"
    return fields.pick("organization", found, None, fields.ORGANIZATION)


@ROUTES.on("DELETE", "/organizations/{organization}")
def delete(call: Call) -> Json:
    """Delete a workspace; its boards stay."""
    people.remove_organization(call.world, call.organization())
    return {"_value": None}


@ROUTES.on("PUT", "/organizations/{organization}/members/{member}")
def set_member(call: Call) -> Json:
    """Add a person to a workspace, or change their role."""
    found = call.organization()
    role = call.text("type")
    if role not in {"admin", "normal"}:
        raise invalid_value("type")
    people.add_to_organization(call.world, found, call.member(), role)
    return {"id": found["id"], "members": call.view.members(found, None), "memberships": list(found["memberships"])}


@ROUTES.on("DELETE", "/organizations/{organization}/members/{member}")
def remove_member(call: Call) -> Json:
    """Take a person out of a workspace; its boards keep them."""
    found = call.organization()
    people.remove_from_organization(found, call.member())
    return {"id": found["id"], "members": call.view.members(found, None), "memberships": list(found["memberships"])}


def _free_name(call: Call, wanted: str) -> str:
    """Make a name of what is wanted: without what no name has, and another where it is taken (API page of the call)."""
    name = re.sub(r"[^a-z0-9_]", "", wanted.lower())[:90]
    name = name if _NAME.fullmatch(name) else "workspace"
    taken = {found["name"] for found in call.world.organizations}
    others = (f"{name}{number}" for number in count(1))
    return next(given for given in chain([name], others) if given not in taken)


def _check_name(call: Call, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid_value("name")
    if any(found["name"] == name for found in call.world.organizations):
        raise ApiError(400, "Organization short name is taken")
