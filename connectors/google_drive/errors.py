"""Errors: what Drive's refusals mean, by status and reason. One table; the client and its callers go by it.

Bodies have either form: `{"error": {"errors": [{"reason", "message"}], "code", "message"}}` or, from newer front ends,
`{"error": {"code", "message", "status"}}`. What is not in the table means what its status means anywhere.
"""

from collections.abc import Mapping
from typing import Any

from connectors.call import Reply
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Retriable, Unauthorised
from connectors.redact import redact

DAY_SECONDS = 24 * 3600.0
_SAID_CHARS = 200


class DriveFull(ConnectorError):  # noqa: N818 - the noun a reader looks for
    """There is no room: storage, items or a folder's places have run out. Only a person can make some."""


class DriveLimited(Retriable):
    """Google takes no more for now: the rate or the day's share is used up. Not before `after_seconds`."""


class Exists(ConnectorError):  # noqa: N818 - says what it is
    """There is a file of this id already: an earlier request, whose reply was lost, has made it."""


class SessionGone(ConnectorError):  # noqa: N818 - says what it is
    """The upload session is over or was never there: begin another."""


RATE = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "sharingRateLimitExceeded", "RESOURCE_EXHAUSTED"})
"""Too fast, or (750 GB a day) too much: backed off and tried again, and put off for a day where that goes on."""
_DAY = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_FULL = frozenset(
    {
        "storageQuotaExceeded",
        "quotaExceeded",
        "teamDriveFileLimitExceeded",
        "numChildrenInNonRootLimitExceeded",
        "activeItemCreationLimitExceeded",
        "teamDriveHierarchyTooDeep",
        "myDriveHierarchyDepthLimitExceeded",
    }
)
_UNTICKED = "the grant lacks the right to make files: connect again and leave the box ticked"
_NOT_ALLOWED = {
    "appNotAuthorizedToFile": "Holdfast may no longer touch this file",
    "insufficientFilePermissions": "the person may not change this file",
    "domainPolicy": "the organisation's administrator does not allow Drive apps",
    "insufficientPermissions": _UNTICKED,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _UNTICKED,
    "accessNotConfigured": "the Drive or Sheets API is not switched on in the OAuth client's project",
    "SERVICE_DISABLED": "the Drive or Sheets API is not switched on in the OAuth client's project",
}
_SPACE = {
    "storageQuotaExceeded": "the Drive is full",
    "quotaExceeded": "the Drive is full",
    "numChildrenInNonRootLimitExceeded": "a folder holds as many items as Drive allows",
    "activeItemCreationLimitExceeded": "the Drive holds as many items as it may",
}


def reason(reply: Reply) -> str:
    """Return the reason that a refusal gives, in either form of body; empty where there is none."""
    error = _error(reply)
    for each in error.get("errors") or ():
        if isinstance(each, dict) and isinstance(each.get("reason"), str):
            return str(each["reason"])
    for detail in error.get("details") or ():
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            return str(detail["reason"])
    status = error.get("status")
    return status if isinstance(status, str) else ""


def is_rate_limit(reply: Reply) -> bool:
    """Whether to slow down and send the same again."""
    return reply.status in {403, 429} and reason(reply) in RATE


def problem(reply: Reply) -> ConnectorError | None:
    """Return what an answer means to the caller; None where it is a success or an upload that goes on (308)."""
    if 200 <= reply.status < 300 or reply.status == 308:  # noqa: PLR2004 - HTTP's own numbers
        return None
    why = reason(reply)
    message = f"{reply.place} answered {reply.status}{f' ({why})' if why else ''}{_said(reply)}"
    if reply.status == 403:  # noqa: PLR2004
        return _refusal(why, message)
    if reply.status == 507:  # noqa: PLR2004
        return DriveFull(f"the Drive is full; {message}")
    kinds: Mapping[int, type[ConnectorError]] = {401: Unauthorised, 404: Gone, 410: Gone, 409: Exists}
    return kinds.get(reply.status, BadReply)(message)


def _refusal(why: str, message: str) -> ConnectorError:
    if why in RATE:
        return DriveLimited(message, after_seconds=60.0)
    if why in _DAY:
        return DriveLimited(message, after_seconds=DAY_SECONDS)
    if why in _FULL:
        return DriveFull(f"{_SPACE.get(why, 'Drive has no room for it')}; {message}")
    return Forbidden(f"{_NOT_ALLOWED[why]}; {message}" if why in _NOT_ALLOWED else message)


def _error(reply: Reply) -> Mapping[str, Any]:
    if not reply.body.startswith(b"{"):
        return {}
    try:
        value = reply.json()
    except BadReply:
        return {}
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else {}


def _said(reply: Reply) -> str:
    """Google's own sentence. It quotes ids and parameter names, and no content of ours."""
    message = _error(reply).get("message")
    if not isinstance(message, str) or not message:
        return ""
    return ": " + redact("".join(c if c.isprintable() else " " for c in message))[:_SAID_CHARS]
