"""Answer: what a client gets for each outcome, in the shapes that the API's versions have."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError

from connectors.monday.sandbox import ruby
from connectors.monday.sandbox.errors import ApiError, InternalError, LimitError
from connectors.monday.sandbox.versions import OLDEST_GRAPHQL_JS, OLDEST_RESOLVER_ERRORS

Json = dict[str, Any]

_QUOTED = re.compile(r"'([^']*)'")
_OLD_CODES = {"USER_UNAUTHORIZED": "UserUnauthorizedException"}
_BOTH = "2024-10"
"""The version that gave its errors in both forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, a body, and headers of its own."""

    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tells_version: bool = True


def unauthenticated(version: str) -> Answer:
    """Say that the token opens nothing."""
    new: Json = {"errors": [{"message": "Not authenticated", "extensions": {"code": "NOT_AUTHENTICATED"}}]}
    body = new if version >= OLDEST_RESOLVER_ERRORS else {"errors": ["Not Authenticated"]}
    return Answer(body=body, status=401, tells_version=False)


def invalid(errors: Iterable[GraphQLError], version: str, envelope: Json, document: DocumentNode | None) -> Answer:
    """Say what is wrong with a document."""
    if version < OLDEST_GRAPHQL_JS:
        return Answer(body={"errors": [ruby.told(error, document) for error in errors], **envelope})
    told = [{"message": _QUOTED.sub(r'"\1"', error.message), "locations": _locations(error)} for error in errors]
    return Answer(body={"errors": told, **envelope}, tells_version=False)


def bad_request(message: str, envelope: Json, code: str = "BadRequest") -> Answer:
    """Say that a request is none."""
    errors = [{"message": message, "extensions": {"code": code, "status_code": 400}}]
    return Answer(body={"errors": errors, **envelope}, status=400)


def limited(error: LimitError, version: str, envelope: Json) -> Answer:
    """Refuse."""
    headers = {"Retry-After": str(error.retry_in_seconds)} if error.status != 200 else {}  # noqa: PLR2004 - HTTP's
    if version < OLDEST_RESOLVER_ERRORS:
        body = {
            "error_code": error.legacy_code,
            "status_code": error.status,
            "error_message": error.message,
            "error_data": {},
            "errors": [error.message],
        }
        # Before 2025 the refusal itself came with 200, and named its seconds in words only.
        return Answer(body={**body, **envelope}, status=200)
    told = {
        "code": error.code,
        **error.more,
        "retry_in_seconds": error.retry_in_seconds,
        "status_code": error.status,
    }
    message = error.message.partition(",")[0]
    return Answer(
        body={"errors": [{"message": message, "extensions": told}], **envelope}, status=error.status, headers=headers
    )


def broken(version: str, envelope: Json, *, is_upload: bool = False) -> Answer:
    """Say that the app itself failed."""
    failed = {"status_code": 500, "error_message": "Internal server error", "error_code": "INTERNAL_SERVER_ERROR"}
    if is_upload:
        told = {"status_code": 500, "error_code": "INTERNAL_SERVER_ERROR"}
        return Answer(body={**failed, "errors": [{"message": "Internal server error", "extensions": told}]}, status=500)
    if version < OLDEST_RESOLVER_ERRORS:
        return Answer(body=failed, status=500)
    extensions = {"status_code": 500, "error_code": "INTERNAL_SERVER_ERROR", "service": "monolith"}
    errors = [{"message": "Internal server error", "path": [], "extensions": extensions}]
    return Answer(body={"data": None, "errors": errors, **envelope})


def answered(
    data: Json | None, errors: Sequence[GraphQLError], version: str, envelope: Json, *, is_upload: bool = False
) -> Answer:
    """Give what there is, with what went wrong beside it."""
    originals = [error.original_error for error in errors]
    if any(isinstance(original, InternalError) for original in originals):
        return broken(version, envelope, is_upload=is_upload)
    for original in originals:
        # A variable that does not fit is an error of GraphQL's own; anything else is one of the stand-in.
        if original is not None and not isinstance(original, ApiError | GraphQLError):
            raise original
    if not errors:
        return Answer(body={"data": data, **envelope})
    if version < OLDEST_RESOLVER_ERRORS:
        return _old(errors, version, envelope)
    return Answer(body={"data": data, "errors": [_told(error) for error in errors], **envelope})


def _told(error: GraphQLError) -> Json:
    told: Json = {"message": error.message, "locations": _locations(error), "path": error.path or []}
    original = error.original_error
    if isinstance(original, ApiError):
        told["extensions"] = {
            "code": original.code,
            "status_code": int(original.status),
            "error_data": original.data,
            "service": "monolith",
        }
    return told


def _old(errors: Sequence[GraphQLError], version: str, envelope: Json) -> Answer:
    first = errors[0].original_error
    if not isinstance(first, ApiError):
        return Answer(body={"errors": [{"message": error.message} for error in errors], **envelope})
    body: Json = {
        "error_message": first.message,
        "error_code": _OLD_CODES.get(first.code, first.code),
        "error_data": first.data,
        "status_code": int(first.status),
    }
    if version >= _BOTH:
        extensions = {"code": first.code, "status_code": int(first.status), "error_data": first.data}
        told = {"message": first.message, "locations": _locations(errors[0]), "path": errors[0].path}
        body = {"errors": [{**told, "extensions": extensions}], **body}
    return Answer(body={**body, **envelope}, status=int(first.status))


def _locations(error: GraphQLError) -> list[Json]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]
