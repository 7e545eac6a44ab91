"""Table: the resolvers by type and field, and what they are given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from connectors.monday.sandbox.complexity import Budget
from connectors.monday.sandbox.objects import Json, User
from connectors.monday.sandbox.paging import Cursors
from connectors.monday.sandbox.stamps import stamp
from connectors.monday.sandbox.storage import Storage
from connectors.monday.sandbox.webhooks import Webhooks
from connectors.monday.sandbox.world import World

Resolver = Callable[..., Any]
RESOLVERS: dict[tuple[str, str], Resolver] = {}


@dataclass(slots=True, kw_only=True)
class Context:
    """One request being answered."""

    world: World
    me: User
    version: str
    cursors: Cursors
    storage: Storage
    webhooks: Webhooks
    budget: Budget
    signs: bool
    """Whether the token is one that an app got by OAuth: then webhooks are signed."""
    uploads: dict[str, Any] = field(default_factory=dict)
    failures: set[str] = field(default_factory=set)
    """`Type.field` that is to fail: a fault."""


def answers(type_name: str, *names: str) -> Callable[[Resolver], Resolver]:
    """Make a function the resolver of some fields: `(source, context, **arguments)`."""

    def note(function: Resolver) -> Resolver:
        for name in names:
            RESOLVERS[type_name, name] = function
        return function

    return note


def when(name: str) -> Resolver:
    """Answer with a time of the object."""

    def resolve(source: Any, _: Context) -> str | None:
        found: datetime | None = getattr(source, name)
        return stamp(found)

    return resolve


def numbers(ids: Any) -> list[int] | None:
    """Read a list of ids, None for none given; what is no number matches nothing."""
    if ids is None:
        return None
    return [int(found) if str(found).isdigit() else -1 for found in ids if found is not None]


def as_json(given: Any) -> Any:
    """Read a JSON argument: clients send it as text, or as it is."""
    if isinstance(given, str):
        try:
            return orjson.loads(given)
        except orjson.JSONDecodeError:
            return given
    return given


Arguments = Json
