"""The fixtures that tests of the API share."""

from tests.api_fixtures import (
    acme,
    app,
    client,
    clock,
    database_url,
    masters,
    remembered_acme,
    services,
    world,
)

__all__ = ["acme", "app", "client", "clock", "database_url", "masters", "remembered_acme", "services", "world"]
