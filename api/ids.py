"""Global ids: opaque to clients, a short type prefix and base64url to us."""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from store.record import ConnectionId, ExternalId, Kind, WorkspaceId
from workers.ids import Prefix, encode, join

__all__ = (
    "InvalidId",
    "Prefix",
    "RecordRef",
    "VersionRef",
    "WorkspaceRef",
    "decode",
    "decode_record",
    "decode_version",
    "decode_workspace",
    "encode",
    "encode_record",
    "encode_version",
    "encode_workspace",
    "prefix_of",
)

MAX_LENGTH = 4096


class InvalidId(ValueError):  # noqa: N818 - says what it is
    """Not an id that Holdfast ever gave out, or not of the type asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """What a record's id holds."""

    connection_id: ConnectionId
    kind: Kind
    external_id: ExternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRef:
    """What a version's id holds: the record, and the snapshot it begins with."""

    record: RecordRef
    from_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRef:
    """What a workspace's id holds."""

    connection_id: ConnectionId
    workspace_id: WorkspaceId


def decode(text: str, prefix: Prefix) -> UUID:
    """Read the id of a row; InvalidId unless it is one of that type."""
    body = _split(text, prefix)
    if len(body) != 16:  # noqa: PLR2004 - bytes of a UUID
        raise InvalidId
    return UUID(bytes=body)


def prefix_of(text: str) -> Prefix:
    """Say what an id is of; InvalidId when it is of nothing."""
    try:
        return Prefix(text.partition("_")[0])
    except ValueError:
        raise InvalidId from None


def encode_record(ref: RecordRef) -> str:
    """Name a record."""
    return join(Prefix.RECORD, _record_bytes(ref))


def decode_record(text: str) -> RecordRef:
    """Read a record's id."""
    return _record(_split(text, Prefix.RECORD))


def encode_version(ref: VersionRef) -> str:
    """Name a version."""
    return join(Prefix.VERSION, ref.from_seq.to_bytes(8, "big") + _record_bytes(ref.record))


def decode_version(text: str) -> VersionRef:
    """Read a version's id."""
    body = _split(text, Prefix.VERSION)
    seq = int.from_bytes(body[:8], "big")
    if seq >= 1 << 63:  # Postgres's bigint
        raise InvalidId
    return VersionRef(from_seq=seq, record=_record(body[8:]))


def encode_workspace(ref: WorkspaceRef) -> str:
    """Name a workspace."""
    return join(Prefix.WORKSPACE, ref.connection_id.bytes + ref.workspace_id.encode())


def decode_workspace(text: str) -> WorkspaceRef:
    """Read a workspace's id."""
    body = _split(text, Prefix.WORKSPACE)
    return WorkspaceRef(connection_id=_connection(body), workspace_id=WorkspaceId(_text(body[16:])))


def _record_bytes(ref: RecordRef) -> bytes:
    return ref.connection_id.bytes + f"{ref.kind}\0{ref.external_id}".encode()


def _record(body: bytes) -> RecordRef:
    kind, separator, external_id = body[16:].partition(b"\0")
    if not separator or not kind or not external_id:
        raise InvalidId
    return RecordRef(
        connection_id=_connection(body), kind=Kind(_text(kind)), external_id=ExternalId(_text(external_id))
    )


def _connection(body: bytes) -> ConnectionId:
    if len(body) < 16:  # noqa: PLR2004 - bytes of a UUID
        raise InvalidId
    return ConnectionId(UUID(bytes=body[:16]))


def _text(body: bytes) -> str:
    if b"\0" in body:  # Postgres's text holds none
        raise InvalidId
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InvalidId from None


def _split(text: str, prefix: Prefix) -> bytes:
    """Read the body; strict, so that one thing has one id: what does not come back the same is refused."""
    if len(text) > MAX_LENGTH or not text.startswith(f"{prefix.value}_"):
        raise InvalidId
    body = text[len(prefix.value) + 1 :]
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidId from None
    if join(prefix, decoded) != text:
        raise InvalidId
    return decoded
