"""Order and state: sorting by position, and the filters `open`, `closed`, `all`, `visible`, `none`."""

from collections.abc import Callable, Iterable
from typing import Any

from connectors.trello.sandbox.errors import invalid_value
from connectors.trello.sandbox.world import World

Json = dict[str, Any]


def in_order(found: Iterable[Json]) -> list[Json]:
    """Sort by position."""
    return sorted(found, key=lambda x: (x["pos"], x["id"]))


_KEEP: dict[str, Callable[[Json], bool]] = {
    "all": lambda _: True,
    "true": lambda _: True,
    "none": lambda _: False,
    "open": lambda x: not x["closed"],
    "visible": lambda x: not x["closed"],
    "closed": lambda x: bool(x["closed"]),
    "starred": lambda x: bool(x["starred"]),
    "members": lambda x: x["prefs"]["permissionLevel"] == "private",
    "organization": lambda x: x["prefs"]["permissionLevel"] == "org",
    "public": lambda x: x["prefs"]["permissionLevel"] == "public",
}


def by_state(found: Iterable[Json], kind: str, name: str, world: World | None = None) -> list[Json]:
    """Filter by what the parameter `name` says; a card is `visible` while its list is open too."""
    if kind not in _KEEP:
        raise invalid_value(name)
    kept = [x for x in found if _KEEP[kind](x)]
    if kind == "visible" and world is not None:
        return [x for x in kept if not world.lists.get(x["idList"])["closed"]]
    return kept
