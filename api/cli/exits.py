"""Exits: one line on stderr and one exit code for every fault that can be expected."""

import logging
from enum import IntEnum

from connectors.errors import ConnectorError, Retriable
from store.errors import Conflict, Corrupt, Held, Invalid, KeyMissing, NotFound, StoreError, Unavailable
from workers.broker import UnknownBroker
from workers.faults import NoGrant, UnknownApp
from workers.settings import SettingsError

_log = logging.getLogger(__name__)


class Exit(IntEnum):
    """What a script can tell from the exit code."""

    OK = 0
    INTERNAL = 1
    """A fault of Holdfast's own."""
    USAGE = 2
    """A wrong argument, or a setting that is wrong."""
    NOT_FOUND = 3
    APP = 4
    """The cloud app refused, or a grant no longer works."""
    UNAVAILABLE = 5
    """Postgres, the bucket or the app does not answer: try again later."""
    CONFLICT = 6
    """Something else has it: another process runs on this home. Or a legal hold forbids it."""
    STORE = 7
    """Stored bytes are damaged, or no key opens them."""
    FAILED = 8
    """The backup failed; the line says why."""
    CANCELLED = 9
    WARNINGS = 10
    """A snapshot was made, but not everything could be captured; the warnings say what."""


class CommandError(Exception):
    """A command cannot go on: one sentence for a person, and the exit code."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = exit_code


_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    # The first that fits.
    (SettingsError, Exit.USAGE),
    (UnknownBroker, Exit.USAGE),
    (Retriable, Exit.UNAVAILABLE),
    (ConnectorError, Exit.APP),
    (NoGrant, Exit.APP),
    (UnknownApp, Exit.USAGE),
    (Invalid, Exit.USAGE),
    (NotFound, Exit.NOT_FOUND),
    (Conflict, Exit.CONFLICT),
    (Held, Exit.CONFLICT),
    (Unavailable, Exit.UNAVAILABLE),
    (Corrupt, Exit.STORE),
    (KeyMissing, Exit.STORE),
    (StoreError, Exit.STORE),
)


def explain(error: Exception) -> tuple[str, Exit]:
    """Say what a fault means to who typed the command. One that nobody expected goes to the log in full."""
    if isinstance(error, CommandError):
        return str(error), error.exit_code
    for kind, code in _CODES:
        if isinstance(error, kind):
            return str(error) or (type(error).__doc__ or kind.__name__).split("\n", maxsplit=1)[0], code
    _log.error("an unexpected fault", exc_info=error)
    return f"an unexpected {type(error).__name__}: please report it, with the log above", Exit.INTERNAL
