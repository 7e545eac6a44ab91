"""Services: what the routes of one stand-in share."""

from collections import Counter
from dataclasses import dataclass, field

from connectors.trello.sandbox.credentials import Credentials
from connectors.trello.sandbox.faults import Faults
from connectors.trello.sandbox.limits import RateLimiter
from connectors.trello.sandbox.oauth import OAuth
from connectors.trello.sandbox.storage import Storage
from connectors.trello.sandbox.webhooks import Webhooks
from connectors.trello.sandbox.world import World


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
    requests: list[str] = field(default_factory=list)
    """Every request to the API, `GET /boards/{board}/cards`: what a read costs is its length."""

    def counts(self) -> dict[str, int]:
        """Count the requests by route."""
        return dict(Counter(self.requests))
