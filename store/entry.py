"""Entry: a record's place in a snapshot's tree, as bytes.

Key: `RecordKey.encode()`. Value: content id (32 bytes) | leaf hash (32) | size u32, little-endian | the parent as
`kind NUL external id`, or nothing.
"""

import struct
from collections.abc import Sequence
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


def encode_tails(
    sizes_bytes: Sequence[int | None], parent_kinds: Sequence[str | None], parent_ids: Sequence[str | None]
) -> list[bytes]:
    """Encode what comes after the hashes, of many entries; nothing for those without a size, which are gone."""
    pack = _SIZE.pack
    return [
        b"" if size is None else pack(size) if kind is None else pack(size) + f"{kind}\0{parent_id}".encode()
        for size, kind, parent_id in zip(sizes_bytes, parent_kinds, parent_ids, strict=True)
    ]


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
