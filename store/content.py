"""Content: from records to what is stored and proven of them, a batch at a time."""

from collections.abc import Sequence
from hashlib import sha256

from blake3 import blake3

from store.canonical import encode
from store.errors import Invalid
from store.keys import AccountKeys
from store.record import ContentId, Record

MAX_BYTES = 8 * 1024 * 1024
"""The largest canonical record: one record is one chunk."""

Prepared = tuple[bytes, ContentId, bytes, bytes]
"""Key bytes, content id, leaf hash, canonical bytes. A plain tuple: one is made for every record of every cycle."""

_NULS_OF_A_KEY = 2


def prepare(keys: AccountKeys, records: Sequence[Record]) -> list[Prepared]:
    """Canonicalise, name and blind each record, in order.

    This loop is the backup's limit (`docs/benchmarks.md`), so it calls nothing that it can do in place.
    Raises Invalid naming the record that cannot be stored; a caller that goes on without it prepares one at a time.
    """
    hash_key, salt_of = keys.hash_key, keys.salt_of
    prepared: list[Prepared] = []
    append = prepared.append
    for record in records:
        try:
            key = f"{record.workspace_id}\0{record.kind}\0{record.external_id}".encode()
            canonical = encode(record.content)
        except UnicodeEncodeError:
            raise Invalid(f"{_name(record)} cannot be stored: a lone surrogate in its key") from None
        except Invalid as error:
            raise Invalid(f"{_name(record)} cannot be stored: {error}") from None
        if len(canonical) > MAX_BYTES or key.count(0) != _NULS_OF_A_KEY:
            raise Invalid(f"{_name(record)} cannot be stored: {len(canonical)} bytes, or NUL in its key")
        content_id = ContentId(blake3(canonical, key=hash_key).digest())
        leaf = sha256(b"\0" + sha256(salt_of(key + content_id) + canonical).digest() + key).digest()
        append((key, content_id, leaf, canonical))
    return prepared


def _name(record: Record) -> str:
    return f"record {record.kind!r} {record.external_id!r} of workspace {record.workspace_id!r}"
