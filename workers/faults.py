"""Faults: every way an operation can fail, as one code and one sentence."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connectors import errors as app
from connectors.google_drive.errors import DriveFull, DriveLimited
from store import errors as store


class FaultCode(StrEnum):
    """What went wrong, by what a person does about it."""

    GRANT_LOST = "GRANT_LOST"
    """Authorise again."""
    APP_UNAVAILABLE = "APP_UNAVAILABLE"
    """Wait: it was tried again for as long as makes sense, and will be tomorrow."""
    APP_REFUSED = "APP_REFUSED"
    """Look at what the app said; more rights may be needed."""
    APP_UNKNOWN = "APP_UNKNOWN"
    """This Holdfast has no connector of that name."""
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    """Postgres or the bucket does not answer: look there."""
    STORE_CORRUPT = "STORE_CORRUPT"
    """Stored bytes are not what was written: verify, and heal from another copy."""
    KEY_MISSING = "KEY_MISSING"
    """Configure the master key that wrapped this account's keys."""
    NOT_RESTORABLE = "NOT_RESTORABLE"
    """What was asked for cannot be planned: the message says why."""
    PLAN_STALE = "PLAN_STALE"
    """The app changed since the restore was planned; nothing was written. Plan again."""
    DRIVE_FULL = "DRIVE_FULL"
    """Make room in the Google Drive: the copy is parked until then, and tried again every day."""
    DRIVE_LIMITED = "DRIVE_LIMITED"
    """Google takes no more for now: the copy goes on by itself, tomorrow at the latest."""
    DRIVE_ROOT_GONE = "DRIVE_ROOT_GONE"
    """The copy's folder was thrown away: take it out of the bin, repair, or disconnect."""
    HELD = "HELD"
    """A legal hold forbids it: it has to be lifted first."""
    CONFLICT = "CONFLICT"
    """Something else changed the same thing at the same time."""
    WORKER_LOST = "WORKER_LOST"
    """Workers died on it again and again, without getting further: look at their logs and memory."""
    INTERNAL = "INTERNAL"
    """A fault of Holdfast's own: the worker's log has it in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an operation did not succeed, and whether to try again by itself."""

    code: FaultCode
    message: str
    retry_after: timedelta | None = None


class NoGrant(Exception):  # noqa: N818 - says what is missing
    """No grant of this connection works any more."""


class UnknownApp(Exception):  # noqa: N818 - says what is missing
    """A connection names an app that this Holdfast has no connector for."""


class NotRestorable(Exception):  # noqa: N818 - says what it is
    """A restore was asked for that there can be no plan for."""


class PlanStale(Exception):  # noqa: N818 - says what it is
    """The app is not any more what a restore was planned for."""


class Parked(Exception):  # noqa: N818 - says what happened
    """The copy in Google Drive is put off until tomorrow."""


class RootGone(Exception):  # noqa: N818 - says what happened
    """The folder of the copy was thrown away in Google Drive."""


class WorkerLost(Exception):  # noqa: N818 - says what happened
    """Attempt after attempt ended without a word, and without getting further."""


_MEANING: tuple[tuple[type[Exception], FaultCode, float | None], ...] = (
    # The first that fits; the seconds are how long to wait before another attempt, where one makes sense.
    (DriveFull, FaultCode.DRIVE_FULL, None),
    (Parked, FaultCode.DRIVE_LIMITED, None),
    (DriveLimited, FaultCode.DRIVE_LIMITED, 60),
    (RootGone, FaultCode.DRIVE_ROOT_GONE, None),
    (app.Retriable, FaultCode.APP_UNAVAILABLE, 60),
    (app.Unauthorised, FaultCode.GRANT_LOST, None),
    (NoGrant, FaultCode.GRANT_LOST, None),
    (app.ConnectorError, FaultCode.APP_REFUSED, None),
    (UnknownApp, FaultCode.APP_UNKNOWN, None),
    (NotRestorable, FaultCode.NOT_RESTORABLE, None),
    (PlanStale, FaultCode.PLAN_STALE, None),
    (WorkerLost, FaultCode.WORKER_LOST, None),
    (store.Unavailable, FaultCode.STORE_UNAVAILABLE, 30),
    (store.Held, FaultCode.HELD, None),
    (store.Conflict, FaultCode.CONFLICT, 5),
    (store.KeyMissing, FaultCode.KEY_MISSING, None),
    (store.StoreError, FaultCode.STORE_CORRUPT, None),
)


def explain(error: Exception) -> Fault:
    """Say what an exception means. Messages of our own errors hold no secret; those of others are not repeated."""
    for kind, code, seconds in _MEANING:
        if isinstance(error, kind):
            # An error without a message says what its class says.
            text = str(error) or (kind.__doc__ or "").split("\n", maxsplit=1)[0]
            wait = error.after_seconds if isinstance(error, app.Retriable) else seconds
            return Fault(code=code, message=text, retry_after=None if wait is None else timedelta(seconds=wait))
    message = f"an unexpected {type(error).__name__}; the worker's log has it in full"
    return Fault(code=FaultCode.INTERNAL, message=message)
