"""Errors: the closed set of codes a client sees, and what is masked."""

import logging
import traceback
from enum import StrEnum
from typing import Any

import asyncpg
from graphql import GraphQLError

from store.errors import Conflict, Invalid, NotFound

_log = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """What `extensions.code` can say. Expected failures of a mutation are `userErrors` instead."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_INPUT = "BAD_INPUT"
    RATE_LIMITED = "RATE_LIMITED"
    COST_EXCEEDED = "COST_EXCEEDED"
    CONFLICT = "CONFLICT"
    INTERNAL = "INTERNAL"


class ApiError(GraphQLError):
    """An error meant for the client: its message and code are sent as they are."""

    def __init__(self, code: ErrorCode, message: str, **details: Any) -> None:
        super().__init__(message, extensions={"code": code.value, **details})


class HttpError(Exception):
    """A request that ends before GraphQL: answered as JSON with this status."""

    def __init__(self, status: int, code: ErrorCode, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


def not_found(noun: str) -> ApiError:
    """Say that there is none: the same for an id that never was, is malformed, or is another account's."""
    return ApiError(ErrorCode.NOT_FOUND, f"No such {noun}.")


def bad_input(message: str) -> ApiError:
    """Say what is wrong with an argument."""
    return ApiError(ErrorCode.BAD_INPUT, message)


def presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    """Return the error as the client may see it: ours and the client's own as they are, any other masked.

    A masked one goes to the log by type and place alone: a message could hold record content or a credential.
    """
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and not isinstance(cause, ApiError):
        cause = cause.original_error
    match cause:
        case ApiError():
            return error
        case None if error.path is None or error.message.startswith("Argument "):
            # graphql-core's own word on the request: syntax, validation, coercion.
            return _copy(error, error.message, {"code": ErrorCode.BAD_INPUT.value, **(error.extensions or {})})
        case NotFound():
            return _copy(error, "No such thing.", {"code": ErrorCode.NOT_FOUND.value})
        case Conflict():
            return _copy(error, "Somebody else got there first.", {"code": ErrorCode.CONFLICT.value})
        case Invalid() | asyncpg.exceptions.DataError():  # the latter: NUL in a text, a number out of range
            return _copy(error, "That value is not valid.", {"code": ErrorCode.BAD_INPUT.value})
    # What is left is our fault; graphql-core's word on a value that we resolved wrongly would quote it.
    places = "" if cause is None else "".join(traceback.format_tb(cause.__traceback__))
    _log.error("request %s failed at %s: %s\n%s", request_id, error.path, type(cause).__name__, places)
    return _copy(error, "Something went wrong here.", {"code": ErrorCode.INTERNAL.value, "requestId": request_id})


def _copy(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
