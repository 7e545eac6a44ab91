"""Refusals, in the words and statuses of the real API."""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A request that is refused; `text` is the whole body, as plain text unless `body` gives JSON."""

    def __init__(self, status: int, text: str, *, body: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text
        self.body = body
        self.headers: Mapping[str, str] = {}


def not_found() -> ApiError:
    """Say that there is no such thing."""
    return ApiError(404, "The requested resource was not found.")


def invalid_id() -> ApiError:
    """Say that an id in the path has the wrong form; said before credentials are looked at."""
    return ApiError(400, "invalid id")


def invalid_value(name: str) -> ApiError:
    """Say that a parameter has a value that cannot be."""
    return ApiError(400, f"invalid value for {name}")


def unauthorized(what: str = "") -> ApiError:
    """Say that the token may not do this: `unauthorized card permission requested` for a card."""
    return ApiError(401, f"unauthorized {what} permission requested" if what else "unauthorized permission requested")
