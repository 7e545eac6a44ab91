"""Statement: what a log entry commits to and does not tell: who did it, and why.

Its text is canonical JSON. Sealed, it lies at `statements/<account>/<first 16 hex of its SHA-256>`; the entry names
that hash as `document`, which needs no key to check, and commits to the text as `statement`, so that it can be
disclosed to whoever has no key.
"""

import asyncio
from hashlib import sha256
from typing import NamedTuple

from store import canonical
from store.backend import Backend
from store.errors import Corrupt
from store.keys import AccountKeys, commitment, open_secret, seal_secret
from store.record import AccountId, JsonObject

PURPOSE = "statement"
_SALT = b"statement\0"


class Statement(NamedTuple):
    """What an entry says of it."""

    document: bytes
    """SHA-256 of the sealed text, as it lies in the bucket."""
    commitment: bytes


def of(keys: AccountKeys, document: bytes, text: bytes) -> Statement:
    """Commit to a text that lies sealed under this SHA-256."""
    return Statement(document, commitment(salt(keys, document), text))


def salt(keys: AccountKeys, document: bytes) -> bytes:
    """Return the salt that discloses one statement."""
    return keys.salt_of(_SALT + document)


def object_name(account_id: AccountId, document: bytes) -> str:
    """Say where it lies in the bucket."""
    return f"statements/{account_id}/{document.hex()[:16]}"


async def keep(backend: Backend, keys: AccountKeys, said: JsonObject) -> Statement:
    """Seal a statement and write it to the bucket, before the entry that names it: a crash leaves garbage."""
    text = canonical.encode(said)
    sealed = seal_secret(keys, text, PURPOSE)
    document = sha256(sealed).digest()
    await asyncio.to_thread(backend.put, object_name(keys.account_id, document), sealed)
    return of(keys, document, text)


async def read(backend: Backend, keys: AccountKeys, document: bytes) -> bytes:
    """Return a statement's text; Corrupt when what lies there is not the one named, NotFound when nothing does."""
    return await asyncio.to_thread(read_now, backend, keys, document)


def read_now(backend: Backend, keys: AccountKeys, document: bytes) -> bytes:
    """Do as `read`; blocks."""
    sealed = backend.get(object_name(keys.account_id, document))
    if sha256(sealed).digest() != document:
        raise Corrupt(f"{object_name(keys.account_id, document)} is not the statement that was logged")
    return open_secret(keys, sealed, PURPOSE)
