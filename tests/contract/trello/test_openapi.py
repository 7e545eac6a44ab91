"""The routes are those of Trello's OpenAPI, and replies are what it says wherever the live API keeps to it.

The OpenAPI is wrong about many fields (a string where every real reply has null or an object), so it is believed only
where recorded replies of the same route do not contradict it; the rest of the contradictions are named.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema

from connectors.trello.sandbox.routing import ROUTES
from tests.contract.trello.recorded import pairs
from tests.contract.trello.rich import Rich
from tests.contract.trello.test_models import READS, ids_of

Json = dict[str, Any]

BEYOND = {
    "PUT /cards/{}/{}": "recorded: `PUT /cards/{id}/idList`",
    "PUT /cards/{}/attachments/{}": "documented beside the OpenAPI",
    "POST /cards/{}/members": "py-trello",
    "POST /lists/{}/cards": "old documentation",
    "GET /boards/{}/labelnames": "recorded",
    "GET /boards/{}/pluginData": "recorded",
    "DELETE /lists/{}": "undocumented; works once the list is archived",
    "GET /cards/{}/attachments/{}/download/{}": "documented beside the OpenAPI",
    "GET /members/{}/boards/{}": "py-trello",
    "GET /organizations/{}/members/{}": "recorded: `/members/all`",
    "GET /members/{}/organizations/{}": "old documentation: a filter in the path",
    "GET /members/{}/cards/{}": "old documentation: a filter in the path",
    "GET /organizations/{}/boards/{}": "old documentation: a filter in the path",
    "GET /boards/{}/members/{}": "old documentation: a filter in the path",
    "GET /lists/{}/cards/{}": "old documentation: a filter in the path",
}
"""Served though the OpenAPI does not have it, and why."""

OUTSIDE = re.compile(
    r"/(applications|emoji|enterprises|notifications|search|plugins)|/boardStars|/savedSearches|/customStickers"
    r"|/customEmoji|/boardBackgrounds|/customBoardBackgrounds|/avatar|/myPrefs|/exports|/calendarKey|/emailKey"
    r"|/notificationChannelSettings|/boardsInvited|/organizationsInvited|/oneTimeMessagesDismissed|/tags|/logo"
    r"|/associatedDomain|/newBillableGuests|/deactivated|/idTags|/powerUps|/markedAsViewed|/markAssociated"
    r"|/convertToCard|/prefs/"
)
"""Not served: people's own settings, enterprises, search, billing, exports. None of it is backed up or restored."""

NOT_SERVED = {
    "PUT /members/{}": "a person's own profile",
    "PUT /organizations/{}/members": "inviting by address into a workspace",
    "DELETE /organizations/{}/members/{}/all": "takes a person off every board too",
    "GET /webhooks/{}/{}": "one field of a webhook",
}

CONTRADICTED = {
    ("/boards/{}", "dateLastView"): "null before the board was first looked at",
    ("/boards/{}", "memberships"): "a list, as everywhere else; the OpenAPI says an object",
    ("/boards/{}", "idTags"): "a list in every export",
    ("/boards/{}", "ixUpdate"): "a string in every export",
    ("/boards/{}", "powerUps"): "a list in every export",
    ("/boards/{}/memberships", ""): "a list; the OpenAPI says an object",
    ("/organizations/{}", "dateLastActivity"): "null, and not in recordings",
    ("/organizations/{}", "idEnterprise"): "null in recorded lists of workspaces",
    ("/organizations/{}", "memberships"): "with an id each, as recorded in lists of workspaces",
    ("/organizations/{}", "prefs.attachmentRestrictions"): "null in recorded lists of workspaces",
    ("/members/{}/organizations", "dateLastActivity"): "null, and not in recordings",
    ("/organizations/{}/members", ""): "pictures are null",
    ("/members/{}/boards", "dateLastView"): "null before the board was first looked at",
    ("/cards/{}/actions", "limits"): "null in every export since 2022",
    ("/organizations/{}/actions", "limits"): "null in every export since 2022",
}
"""Where the OpenAPI is wrong and no recording of the same route shows it."""


def test_routes_are_those_of_the_openapi(shared: Path) -> None:
    official = {_plain(method, path) for path, methods in _openapi(shared)["paths"].items() for method in methods}
    official = {route for route in official if route.split(" ")[0] in {"GET", "PUT", "POST", "DELETE"}}
    ours = {_plain(method, path) for method, path in ROUTES.templates}
    # `PUT /lists/{id}/{field}` serves what the OpenAPI lists field by field.
    general = {re.compile(re.escape(route).replace(r"\{\}", "[^/]+") + r"\Z") for route in ours}
    lacking = {route for route in official - ours if not any(pattern.match(route) for pattern in general)}

    assert set(BEYOND) == ours - official
    assert set(NOT_SERVED) == {route for route in lacking if not OUTSIDE.search(route)}


def test_replies_are_as_the_openapi_says_where_it_is_right(shared: Path, client: httpx.Client, rich: Rich) -> None:
    shown = _shown_wrong_by_recordings(shared)
    wrong, checked = set(), 0
    for _, path in READS:
        route = _plain("get", ROUTES.find("GET", path.partition("?")[0].format(**ids_of(rich))).template)[4:]
        schema = _schema(shared, route)
        if schema is not None:
            checked += 1
            reply = client.get(path.format(**ids_of(rich))).json()
            wrong |= {(route, where) for where in _problems(schema, reply)} - shown

    assert set(CONTRADICTED) == wrong
    assert checked > 15


def _shown_wrong_by_recordings(shared: Path) -> set[tuple[str, str]]:
    found = set()
    for pair in pairs(shared):
        if pair.match is None or pair.method != "GET" or pair.status != 200:
            continue
        route = _plain("get", pair.match.template)[4:]
        schema = _schema(shared, route)
        if schema is not None:
            found |= {(route, where) for where in _problems(schema, pair.body)}
    return found


def _problems(schema: Json, found: Any) -> set[str]:
    """Where an object, or any of a list of them, is not as the schema says: two names deep."""
    errors = jsonschema.Draft202012Validator(schema).iter_errors(found)
    return {".".join([str(part) for part in error.absolute_path if isinstance(part, str)][:2]) for error in errors}


@cache
def _openapi(shared: Path) -> Json:
    found: Json = _without_nullable(json.loads((shared / "contracts" / "trello-openapi.v3.json").read_text()))
    return found


def _schema(shared: Path, route: str) -> Json | None:
    contract = _openapi(shared)
    for path, methods in contract["paths"].items():
        if _plain("get", path)[4:] == route and "get" in methods:
            content = methods["get"].get("responses", {}).get("200", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            return None if schema is None else {"components": contract["components"], **schema}
    return None


def _plain(method: str, path: str) -> str:
    return f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path).rstrip('/')}"


def _without_nullable(found: Any) -> Any:
    """Say OpenAPI 3.0's `nullable` as JSON Schema does."""
    if isinstance(found, list):
        return [_without_nullable(each) for each in found]
    if not isinstance(found, dict):
        return found
    plain = {name: _without_nullable(value) for name, value in found.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if found.get("nullable") is True else plain
