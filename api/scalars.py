"""Scalars: DateTime, BigInt, Digest and JSON, as GraphQL sees them."""

import re
from datetime import UTC, datetime
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from store import canonical

BigInt = NewType("BigInt", int)
Digest = NewType("Digest", str)
JSON = NewType("JSON", object)

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_DIGEST = re.compile(r"(sha256|blake3):[0-9a-f]{64}", re.ASCII)


def sha256(value: bytes) -> Digest:
    """Write a SHA-256 as clients read it."""
    return Digest(f"sha256:{value.hex()}")


def blake3(value: bytes) -> Digest:
    """Write a keyed BLAKE3 as clients read it."""
    return Digest(f"blake3:{value.hex()}")


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_time(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise GraphQLError("a DateTime is written such as 2026-04-01T18:30:00Z, with an offset or Z")


def _read_big(value: Any) -> int:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    raise GraphQLError("a BigInt is written in decimal digits, as a string")


def _read_digest(value: Any) -> str:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    raise GraphQLError("a Digest is written sha256: or blake3: and 64 hexadecimal digits")


def _write_json(value: Any) -> orjson.Fragment:
    # Canonical bytes go into the response as they are: no number is read and written again on the way.
    return orjson.Fragment(value if isinstance(value, bytes) else canonical.encode(value))


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, as RFC 3339 writes it: `2026-04-01T18:30:00Z`. Other offsets are read too.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_write_time,
        parse_value=_read_time,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 63 bits, written as a string because JSON readers lose digits beyond 53.",
        specified_by_url="https://scalars.graphql.org/apollographql/bigint-v0.1",
        serialize=str,
        parse_value=_read_big,
    ),
    Digest: strawberry.scalar(
        name="Digest",
        description=(
            "A hash, with the name of its function: `sha256:` or `blake3:` and 64 hexadecimal digits. "
            "BLAKE3 is keyed with the account's own key, SHA-256 is plain."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc6962",
        serialize=str,
        parse_value=_read_digest,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, in the canonical form of RFC 8785.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8785",
        serialize=_write_json,
    ),
}
