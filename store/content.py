"""Content: from records to what is stored and proven of them, a batch at a time."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple, cast

from store.canonical import encode, encode_all
from store.errors import Invalid
from store.keys import AccountKeys, keyed_digests
from store.record import ChunkId, ContentId, Record

MAX_BYTES = 8 * 1024 * 1024
"""The largest canonical record: one record is one chunk."""

_NULS_OF_A_KEY = 2


class Prepared(NamedTuple):
    """What is made of a batch of records, in its order: columns, because the way from here on takes columns."""

    keys: list[bytes]
    content_ids: list[ContentId]
    leaf_hashes: list[bytes]
    canonicals: list[bytes]

    @property
    def chunks(self) -> list[tuple[ChunkId, bytes]]:
        """As a pack writer takes them: a record is one chunk, and its content id is the chunk's."""
        return list(zip(cast("list[ChunkId]", self.content_ids), self.canonicals, strict=True))


def prepare(keys: AccountKeys, records: Sequence[Record]) -> Prepared:
    """Canonicalise, name and blind each record, in order.

    This is the backup's limit (`docs/benchmarks.md`), so it calls nothing that it can do in place.
    Raises Invalid naming the record that cannot be stored; a caller that goes on without it prepares one at a time.
    """
    try:
        record_keys = [f"{one.workspace_id}\0{one.kind}\0{one.external_id}".encode() for one in records]
        canonicals = encode_all([one.content for one in records])
    except (UnicodeEncodeError, Invalid):
        raise _fault(records) from None
    too_large = max(map(len, canonicals), default=0) > MAX_BYTES
    if too_large or b"".join(record_keys).count(0) != _NULS_OF_A_KEY * len(record_keys):
        raise _fault(records)
    content_ids = cast("list[ContentId]", keyed_digests(canonicals, keys.hash_key))
    salt_of = keys.salt_of
    leaf_hashes = []
    for key, content_id, canonical in zip(record_keys, content_ids, canonicals, strict=True):
        committed = sha256(salt_of(key + content_id))
        committed.update(canonical)
        leaf_hashes.append(sha256(b"\0" + committed.digest() + key).digest())
    return Prepared(record_keys, content_ids, leaf_hashes, canonicals)


def _fault(records: Sequence[Record]) -> Invalid:
    """Say which record cannot be stored, and why."""
    for record in records:
        name = f"record {record.kind!r} {record.external_id!r} of workspace {record.workspace_id!r}"
        try:
            key = record.key.encode()
            canonical = encode(record.content)
        except UnicodeEncodeError:
            return Invalid(f"{name} cannot be stored: a lone surrogate in its key")
        except Invalid as error:
            return Invalid(f"{name} cannot be stored: {error}")
        if len(canonical) > MAX_BYTES or key.count(0) != _NULS_OF_A_KEY:
            return Invalid(f"{name} cannot be stored: {len(canonical)} bytes, or NUL in its key")
    raise AssertionError("one of them cannot be stored")
