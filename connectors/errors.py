"""Connector errors, grouped by what the caller does about them."""


class ConnectorError(Exception):
    """An app could not be read or written; says what and where, never a credential or record content."""


class Unauthorised(ConnectorError):  # noqa: N818
    """A grant no longer works: mark it, try another grant, ask its owner to authorise again."""


class Forbidden(ConnectorError):  # noqa: N818
    """This grant may not see this: a coverage warning; another grant may."""


class Gone(ConnectorError):  # noqa: N818
    """The app says that it does not exist, or not for this grant. Not by itself proof of a deletion."""


class Retriable(ConnectorError):  # noqa: N818
    """A passing fault (5xx, 429, reset, time-out) that outlived the client's own retries: run again later."""

    def __init__(self, message: str, *, after_seconds: float = 60.0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class BadReply(ConnectorError):  # noqa: N818
    """The app answered with something that is not what its contract says: skip the record, keep its last version."""


class Rejected(BadReply):
    """The app understood the request and will not do it (a 4xx that is none of the above): nothing was done."""


class Refused(ConnectorError):  # noqa: N818
    """A request that our own rules forbid: a private address, a redirect elsewhere, a body over the limit."""
