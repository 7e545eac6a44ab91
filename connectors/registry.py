"""Registry: every app that can be connected, found by its folder.

An app is a folder here: its `spec.py` has a `SPEC`, and its `connector.py` a `make`. Nothing else names it.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

import connectors
from connectors.base import AppSpec, Connector, ConnectorFactory
from connectors.http import HttpSettings

ALLOW_PRIVATE = "allow_private"


def _specs() -> Mapping[str, AppSpec]:
    names = sorted(module.name for module in iter_modules(connectors.__path__, "connectors.") if module.ispkg)
    found = [import_module(f"{name}.spec").SPEC for name in names if find_spec(f"{name}.spec") is not None]
    return {spec.app: spec for spec in found}


SPECS: Mapping[str, AppSpec] = _specs()
"""What can be said of each app without connecting it."""


def make(app: str, settings: Mapping[str, Any]) -> Connector:
    """Make an app's connector. It belongs to the event loop that first uses it; close it at the end.

    `settings` holds what its spec says can be set, by name, and may hold `allow_private`: whether private and loopback
    addresses may be asked. Raises KeyError for an app that is not there.
    """
    factory: ConnectorFactory = import_module(f"connectors.{SPECS[app].app}.connector").make
    own = {setting.name: setting.default for setting in SPECS[app].settings} | dict(settings)
    values = {name: value for name, value in own.items() if name != ALLOW_PRIVATE and value is not None}
    return factory(values, HttpSettings(allow_private=bool(settings.get(ALLOW_PRIVATE, False))))
