"""Entry: a record's place in a snapshot's tree, as bytes.

Key: `RecordKey.encode()`. Value: content id (32 bytes) | leaf hash (32) | size u32, little-endian | the parent as
`kind NUL external id`, or nothing.
"""

import struct
from dataclasses import dataclass

from store.errors import Corrupt
from store.record import ContentId, ExternalId, Kind, ParentRef, RecordKey, WorkspaceId

_SIZE = struct.Struct("<I")
_TAIL_AT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """What a snapshot says of one record."""

    key: RecordKey
    content_id: ContentId
    leaf_hash: bytes
    size_bytes: int
    parent: ParentRef | None


def encode_value(
    content_id: bytes, leaf_hash: bytes, size_bytes: int, parent_kind: str | None, parent_id: str | None
) -> bytes:
    """Encode the value of one entry."""
    parent = b"" if parent_kind is None else f"{parent_kind}\0{parent_id}".encode()
    return content_id + leaf_hash + _SIZE.pack(size_bytes) + parent


def decode_entry(key: bytes, value: bytes) -> TreeEntry:
    """Decode a tree's key and value; Corrupt when they are not an entry."""
    try:
        workspace_id, kind, external_id = key.decode().split("\0")
        (size_bytes,) = _SIZE.unpack_from(value, _TAIL_AT)
        parent = None
        if len(value) > _TAIL_AT + _SIZE.size:
            parent_kind, parent_id = value[_TAIL_AT + _SIZE.size :].decode().split("\0")
            parent = ParentRef(kind=Kind(parent_kind), external_id=ExternalId(parent_id))
    except (ValueError, struct.error) as error:
        raise Corrupt("a tree entry is not a record's") from error
    return TreeEntry(
        key=RecordKey(workspace_id=WorkspaceId(workspace_id), kind=Kind(kind), external_id=ExternalId(external_id)),
        content_id=ContentId(value[:32]),
        leaf_hash=value[32:_TAIL_AT],
        size_bytes=size_bytes,
        parent=parent,
    )
