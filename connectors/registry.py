"""Registry: every app that can be connected, by name."""

from collections.abc import Mapping
from typing import Any

from connectors.base import AppSpec, Connector
from connectors.http import HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.spec import SPEC as TRELLO

SPECS: Mapping[str, AppSpec] = {TRELLO.app: TRELLO}
"""What can be said of each app without connecting it."""


def make(app: str, settings: Mapping[str, Any]) -> Connector:
    """Make an app's connector. It belongs to the event loop that first uses it; close it at the end.

    `settings` may hold `api_url`, `authorize_url`, `token_url`, `client_id`, `client_secret` and `allow_private`.
    Raises KeyError for an app that is not there and TypeError for a setting that is not.
    """
    return {TRELLO.app: _trello}[app](settings)


def _trello(settings: Mapping[str, Any]) -> Connector:
    own = {name: value for name, value in settings.items() if name != "allow_private"}
    http = HttpSettings(allow_private=bool(settings.get("allow_private", False)))
    return TrelloConnector(TrelloSettings(**own, http=http))
