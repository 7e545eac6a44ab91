"""Services: what the routes of one stand-in share."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request

from connectors.trello.sandbox.credentials import Credentials
from connectors.trello.sandbox.faults import Faults
from connectors.trello.sandbox.limits import RateLimiter
from connectors.trello.sandbox.oauth import OAuth
from connectors.trello.sandbox.storage import Storage
from connectors.trello.sandbox.webhooks import Webhooks
from connectors.trello.sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that arrived, answered well or not."""

    method: str
    path: str
    query: str
    """Without key and token."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    route: str = ""
    """`/boards/{board}/cards`; empty where there is none, or on the storage's origin."""


@dataclass(slots=True, kw_only=True)
class Services:
    """One stand-in's state and parts."""

    world: World
    credentials: Credentials
    limiter: RateLimiter
    storage: Storage
    webhooks: Webhooks
    oauth: OAuth
    faults: Faults
    requests: list[Seen] = field(default_factory=list)
    """Every request to the API's origin: what a read costs is its length."""
    downloads: list[Seen] = field(default_factory=list)
    """Every request to the storage's origin."""

    def counts(self) -> dict[str, int]:
        """Count the requests to the API by method and route."""
        return dict(Counter(f"{seen.method} {seen.route or seen.path}" for seen in self.requests))


def seen_of(request: Request, path: str, route: str = "") -> Seen:
    """Write a request down."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in {"key", "token"}]
    query = urlencode(pairs, safe=",:/")
    return Seen(method=request.method, path=path, query=query, headers=dict(request.headers), route=route)
