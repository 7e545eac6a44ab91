"""Members: everybody in a workspace, of whom the listing gives the first hundred."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from connectors.errors import BadReply, Forbidden, Gone
from connectors.monday import queries
from connectors.monday.answer import Broken
from connectors.monday.client import MondayClient
from store.record import JsonObject

OF_SPACE = ("owners_subscribers", "users_subscribers", "teams_subscribers", "team_owners_subscribers")
OF_TEAM = ("owners", "users")
_AT_ONCE = 25


def lists(value: Mapping[str, Any], names: Iterable[str]) -> JsonObject:
    """Return lists of people or teams, in an order that says nothing; null where one is not given."""
    found = ((name, value.get(name)) for name in names)
    return {name: sorted(each, key=_id) if isinstance(each, list) else None for name, each in found}


async def complete(client: MondayClient, spaces: Iterable[JsonObject]) -> Mapping[str, JsonObject]:
    """Ask for all who are in those of the workspaces that have more than were listed; returns their lists by id.

    A list that is not given to its end is null: it is not known.
    """
    waiting = [value["id"] for value in spaces if any(_is_full(value.get(name)) for name in OF_SPACE)]
    found: dict[str, JsonObject] = {}
    for start in range(0, len(waiting), _AT_ONCE):
        found |= await _all_of(client, waiting[start : start + _AT_ONCE])
    return found


async def _all_of(client: MondayClient, ids: Sequence[str]) -> Mapping[str, JsonObject]:
    people: dict[str, dict[str, dict[str, Any] | None]] = {found: {name: {} for name in OF_SPACE} for found in ids}
    for page in count(1):
        try:
            values, _ = await client.ask_list(queries.MEMBERS, "workspaces", ids=list(ids), page=page)
        except (Forbidden, Gone, BadReply, Broken):
            return {found: dict.fromkeys(OF_SPACE) for found in ids}
        given = {value["id"]: value for value in values if isinstance(value, dict) and value.get("id") in people}
        if not sum(_take(given.get(found, {}), shelves) for found, shelves in people.items()):
            break
    return {
        found: lists({name: None if each is None else list(each.values()) for name, each in shelves.items()}, OF_SPACE)
        for found, shelves in people.items()
    }


def _take(value: Mapping[str, Any], shelves: dict[str, dict[str, Any] | None]) -> int:
    """Take in one page of each list; returns how many were new."""
    new = 0
    for name, shelf in shelves.items():
        each = value.get(name)
        if shelf is None or not isinstance(each, list):
            shelves[name] = None
            continue
        before = len(shelf)
        shelf.update((_id(one), one) for one in each)
        new += len(shelf) - before
    return new


def _is_full(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= queries.LISTED_MEMBERS


def _id(value: Any) -> str:
    return str(value.get("id")) if isinstance(value, dict) else ""
