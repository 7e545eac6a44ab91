"""Call and Reply: one request to an app and what came back, with credentials kept out of every `repr` and error."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Rejected, Unauthorised
from connectors.redact import place, redact
from store.canonical import decode
from store.errors import Invalid

_SAID_CHARS = 120
_MEANING = {401: Unauthorised, 403: Forbidden, 404: Gone, 410: Gone}
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})


class OpenUpload(Protocol):
    """Gives a file's bytes from the first on; may be called again for another attempt."""

    def __call__(self) -> AsyncIterator[bytes]:
        """Start. What it raises ends the request and is raised by it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to send, streamed and of known length. `part` is its name in a form, beside the call's own `form`."""

    name: str
    media_type: str | None
    size_bytes: int
    open: OpenUpload
    part: str | None = "file"
    """None sends the bytes alone, as the whole body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """What an app says in a whole answer: another attempt may fare better."""

    message: str
    after_seconds: float | None = None
    """How long to wait, where it says so."""
    is_limit: bool = False
    """A limit was met, so nothing was carried out, and nothing else of the grant may start meanwhile."""
    attempts: int | None = None
    """After so many, the answer is given as it is; None: none is given, the fault is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `repr` gives the method and path only."""

    url: str = field(repr=False)
    method: str = "GET"
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    """A body sent as JSON; None for none."""
    form: Mapping[str, str] | None = field(default=None, repr=False)
    upload: Upload | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    """A body sent as it is, whose `content-type` is among the headers; None for none. Never beside `json` or `form`."""
    idempotent: bool | None = None
    """Whether sending it twice does no more than sending it once; None goes by the method."""
    max_bytes: int | None = None
    """How long an answer may be; None for the client's own limit."""
    shown_as: str | None = None
    """How errors and logs give the path, where it holds a credential."""
    redirects: int = 0
    """How many redirects may be followed. None are unless the call says so."""
    costs: Mapping[str, int] = field(default_factory=dict)
    """What it is expected to take of budgets that weigh requests, by their names."""
    passing: "Callable[[Reply], Passing | None] | None" = field(default=None, repr=False)
    """Reads from a whole answer, of any status but 429, whether to try again. Without it 5xx alone says so."""

    @property
    def place(self) -> str:
        """How errors and logs call it."""
        return place(self.method, self.shown_as or self.url)

    @property
    def repeatable(self) -> bool:
        """Whether the client may send it again after a fault that leaves open whether it arrived."""
        return self.method in _IDEMPOTENT if self.idempotent is None else self.idempotent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer, of any status that is not worth a retry."""

    place: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Decode the body. Raises BadReply naming the request where it is not JSON."""
        try:
            return decode(self.body)
        except Invalid:
            raise BadReply(f"{self.place} answered with something that is not JSON") from None

    @property
    def said(self) -> str:
        """What an error body says, in a few words: plain text, or the message of a JSON object. Redacted."""
        text = self.body[:4096].decode("utf-8", "replace").strip()
        if text.startswith("{"):
            try:
                value = decode(self.body)
            except Invalid:
                return ""
            parts = [value.get(name) for name in ("error", "error_description", "message")]
            errors = value.get("errors")
            parts += errors if isinstance(errors, list) else []
            text = " ".join(part for part in parts if isinstance(part, str))
        elif text.startswith(("<", "[")):
            return ""  # a proxy's error page says nothing that helps
        return redact("".join(c if c.isprintable() else " " for c in text))[:_SAID_CHARS]

    def error(self) -> ConnectorError | None:
        """Return what this status means to the caller; None where it is a success."""
        if 200 <= self.status < 300:  # noqa: PLR2004 - HTTP's own numbers
            return None
        said = f": {self.said}" if self.said else ""
        message = f"{self.place} answered {self.status}{said}"
        if 300 <= self.status < 400:  # noqa: PLR2004
            return Refused(f"{self.place} answered {self.status}, a redirect that this call does not follow")
        other = Rejected if 400 <= self.status < 500 else BadReply  # noqa: PLR2004
        return _MEANING.get(self.status, other)(message)

    def check(self) -> "Reply":
        """Return the reply where it is a success. Raises what `error` says otherwise."""
        if (error := self.error()) is not None:
            raise error
        return self
