"""Answer: what monday.com says, in the shapes of all its versions: data, and what went wrong beside it. Pure.

Errors come with HTTP 200, in place of data or beside it, each with the path that it is about:
https://developer.monday.com/api-reference/docs/error-handling. Older versions gave one for the whole request.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.call import Passing, Reply
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Retriable, Unauthorised
from connectors.redact import redact
from store.canonical import decode
from store.errors import Invalid

_LIMITS = frozenset(
    {
        "complexityexception",
        "complexitybudgetexhausted",
        "ratelimitexceeded",
        "minutelimitrateexceeded",
        "maxconcurrencyexceeded",
        "concurrencylimitexceeded",
        "dailylimitexceeded",
        "ipratelimitexceeded",
        "apitemporarilyblocked",
        "fieldlimitexceeded",
        "fieldminuterateexceeded",
    }
)
_LOCKED = frozenset({"resourcelocked", "idempotencyconflict"})
_UNAUTHENTICATED = frozenset({"notauthenticated", "unauthenticated"})
_FORBIDDEN = frozenset(
    {"userunauthorized", "userunauthorizedexception", "missingrequiredpermissions", "userunauthorizederror"}
)
_GONE = frozenset(
    {
        "invalidboardidexception",
        "invaliditemidexception",
        "invalidworkspaceidexception",
        "invalidfolderidexception",
        "resourcenotfoundexception",
    }
)
_BROKEN = frozenset({"internalservererror"})
_COLUMN = frozenset({"invalidcolumnidexception"})
_CURSOR = frozenset({"cursorexception", "cursorexpirederror"})
_TOO_DEAR = frozenset({"maxcomplexityexceeded"})
_SECONDS = re.compile(r"reset in (\d+) seconds?")
_WORD = re.compile(r"[^a-z]")
_BROKEN_ATTEMPTS = 3
_SAID_CHARS = 120
_SERVER_FAULTS = range(500, 600)

Path = tuple[str | int, ...]


class CursorLost(ConnectorError):  # noqa: N818
    """A listing of items can no longer be gone on with: an hour is over."""


class BadColumn(BadReply):
    """There is no column of that id, or one may not be made with it."""


class Broken(BadReply):
    """monday.com failed itself, again and again, on this very question: ask a smaller one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that went wrong."""

    code: str
    """Letters only, in lower case: versions write them differently."""
    message: str
    path: Path = ()
    """What it is about: `("boards", 3, "activity_logs")`; nothing for the whole request."""
    status: int | None = None
    retry_seconds: float | None = None

    @property
    def is_limit(self) -> bool:
        """Whether a limit was met, so that nothing was carried out."""
        return self.code in _LIMITS

    @property
    def is_broken(self) -> bool:
        """Whether the app failed itself."""
        return self.code in _BROKEN

    def error(self, place: str) -> ConnectorError:
        """Return what it means to the caller."""
        message = f"{place}: {self.message or self.code}"
        if self.is_limit or self.code in _LOCKED:
            return Retriable(message, after_seconds=self.retry_seconds or 60.0)
        if "cursorexpired" in _letters(self.message):
            return CursorLost(message)
        return self._kind()(message)

    def _kind(self) -> type[ConnectorError]:
        for codes, status, kind in _MEANINGS:
            if self.code in codes or (self.status is not None and self.status == status):
                return kind
        return BadReply


_MEANINGS: tuple[tuple[frozenset[str], int | None, type[ConnectorError]], ...] = (
    # The first that fits.
    (_UNAUTHENTICATED, 401, Unauthorised),
    (_FORBIDDEN, 403, Forbidden),
    (_GONE, 404, Gone),
    (_CURSOR, None, CursorLost),
    (_COLUMN, None, BadColumn),
    (_BROKEN | _TOO_DEAR, None, Broken),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to one document."""

    place: str
    data: Mapping[str, Any] = field(repr=False)
    faults: Sequence[Fault] = ()

    def below(self, *path: str | int) -> Sequence[Fault]:
        """Return what went wrong at or below a place in the data."""
        return [fault for fault in self.faults if fault.path[: len(path)] == path]


def read(reply: Reply, place: str) -> Answer:
    """Read a whole answer. Raises what a fault of the whole request means, and BadReply for what is none."""
    body = _body(reply)
    faults = list(_faults(body, reply.status))
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, dict):
        worst = next((fault for fault in faults if not fault.path), None)
        if worst is not None:
            raise worst.error(place)
        return Answer(place=place, data=data, faults=faults)
    if faults:
        raise faults[0].error(place)
    if (error := reply.error()) is not None:
        raise error
    raise BadReply(f"{place} answered with something that is neither data nor an error")


def passing(reply: Reply) -> Passing | None:
    """Say of an answer whether asking again may fare better: for the one HTTP client."""
    body = _body(reply)
    faults = list(_faults(body, reply.status))
    limit = next((fault for fault in faults if fault.is_limit or fault.code in _LOCKED), None)
    if limit is not None:
        return Passing(message=f"met a limit ({limit.code})", after_seconds=limit.retry_seconds, is_limit=True)
    if any(fault.is_broken for fault in faults):
        # Often it passes; but one question can break it every time, and then its answer stands.
        return Passing(message="failed itself", attempts=_BROKEN_ATTEMPTS)
    if reply.status in _SERVER_FAULTS:
        return Passing(message=f"answered {reply.status}")
    if not isinstance(body, dict):
        return Passing(message="answered with something that is not JSON", attempts=_BROKEN_ATTEMPTS)
    return None


def _body(reply: Reply) -> Any:
    try:
        return decode(reply.body)
    except Invalid:
        return None


def _faults(body: Any, status: int) -> Iterator[Fault]:
    if not isinstance(body, dict):
        return
    if isinstance(body.get("error_code"), str):
        # The form of older versions, and of uploads: one for the whole request.
        yield _fault(body.get("error_code"), body.get("error_message"), (), body.get("status_code", status), body)
        return
    errors = body.get("errors")
    for value in errors if isinstance(errors, list) else ():
        if isinstance(value, str):
            yield _fault(value, value, (), status, {})
        elif isinstance(value, dict):
            more = value.get("extensions")
            extensions: Mapping[str, Any] = more if isinstance(more, dict) else {}
            code = extensions.get("code") or extensions.get("error_code") or ""
            path = value.get("path")
            places = tuple(part for part in path if isinstance(part, str | int)) if isinstance(path, list) else ()
            yield _fault(code, value.get("message"), places, extensions.get("status_code"), extensions)


def _fault(code: Any, message: Any, path: Path, status: Any, more: Mapping[str, Any]) -> Fault:
    text = redact(message)[:_SAID_CHARS] if isinstance(message, str) else ""
    seconds = more.get("retry_in_seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        found = _SECONDS.search(message) if isinstance(message, str) else None
        seconds = float(found[1]) if found else None
    return Fault(
        code=_letters(code if isinstance(code, str) else ""),
        message=text,
        path=path,
        status=status if isinstance(status, int) else None,
        retry_seconds=seconds,
    )


def _letters(text: str) -> str:
    return _WORD.sub("", text.lower())
