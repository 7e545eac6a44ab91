"""The fixtures that tests of the API share."""

from tests.api_fixtures import (
    acme,
    app,
    beginning,
    client,
    clock,
    masters,
    remembered_acme,
    services,
    world,
)

__all__ = ["acme", "app", "beginning", "client", "clock", "masters", "remembered_acme", "services", "world"]
