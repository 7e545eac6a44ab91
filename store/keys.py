"""Keys of one account: what they name, what they blind, what they seal."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from blake3 import blake3

from store import crypto
from store.errors import Corrupt, Invalid
from store.record import AccountId, ContentId

PLAIN_BYTES = 4 * crypto.KEY_BYTES

_SECRET_MAGIC = b"HFSE\x01"
_SECRET_INFO = b"holdfast secret v1"
_CHUNK_SEED_INFO = b"holdfast chunk seed v1"
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKeys:
    """The four secrets of an account, 32 bytes each. Never shown: `repr` says whose they are and no more."""

    account_id: AccountId
    data_key: bytes = field(repr=False)
    """Seals packs."""
    hash_key: bytes = field(repr=False)
    """Names chunks and tree nodes, and moves the cuts of files, so that equality cannot be tested from outside."""
    audit_key: bytes = field(repr=False)
    """Blinds audit leaves."""
    credential_key: bytes = field(repr=False)
    """Seals credentials and names that lie in Postgres."""
    salt_of: Callable[[bytes], bytes] = field(init=False, repr=False, compare=False)
    """HMAC-SHA256 under the audit key."""

    def __post_init__(self) -> None:
        secrets = (self.data_key, self.hash_key, self.audit_key, self.credential_key)
        if any(len(secret) != crypto.KEY_BYTES for secret in secrets):
            raise Invalid(f"an account has four keys of {crypto.KEY_BYTES} bytes")
        object.__setattr__(self, "salt_of", _hmac_sha256(self.audit_key))

    @classmethod
    def generate(cls, account_id: AccountId) -> Self:
        """Make fresh keys for a new account."""
        return cls.from_plain(account_id, crypto.random_bytes(PLAIN_BYTES))

    @classmethod
    def from_plain(cls, account_id: AccountId, plain: bytes) -> Self:
        """Read the keys from their 128 plain bytes: data, hash, audit, credential."""
        if len(plain) != PLAIN_BYTES:
            raise Corrupt(f"keys of account {account_id} are not {PLAIN_BYTES} bytes")
        data, hash_, audit, credential = (plain[start : start + 32] for start in range(0, PLAIN_BYTES, 32))
        return cls(account_id=account_id, data_key=data, hash_key=hash_, audit_key=audit, credential_key=credential)

    def to_plain(self) -> bytes:
        """Return the 128 bytes that `from_plain` reads. For wrapping only."""
        return self.data_key + self.hash_key + self.audit_key + self.credential_key


def content_id(keys: AccountKeys, plain: bytes) -> ContentId:
    """Name bytes: BLAKE3 keyed with the account's hash key. Equal bytes have equal ids within an account only."""
    return ContentId(blake3(plain, key=keys.hash_key).digest())


def keyed_digests(plains: Iterable[bytes], key: bytes, size_bytes: int = 32) -> list[bytes]:
    """Return the keyed BLAKE3 of each, in order. One hasher for all: making one costs more than hashing some text."""
    hasher = blake3(key=key)
    update, digest, reset = hasher.update, hasher.digest, hasher.reset
    digests = []
    for plain in plains:
        update(plain)
        digests.append(digest(length=size_bytes))
        reset()
    return digests


def leaf_hash(keys: AccountKeys, key: bytes, content: ContentId, canonical: bytes) -> bytes:
    """Return a record's audit leaf: SHA-256(0x00 ‖ commitment ‖ key), which says nothing without the commitment.

    The key is in it, so that two leaves beside each other prove what is not between them.
    """
    return hashlib.sha256(b"\0" + commitment(leaf_salt(keys, key, content), canonical) + key).digest()


def leaf_salt(keys: AccountKeys, key: bytes, content: ContentId) -> bytes:
    """Return the salt that discloses one record's leaf and no other: HMAC-SHA256(audit key, key ‖ content id)."""
    return keys.salt_of(key + content)


def commitment(salt: bytes, canonical: bytes) -> bytes:
    """Commit to a record's content without telling it: SHA-256(salt ‖ canonical)."""
    return hashlib.sha256(salt + canonical).digest()


def chunk_seed(keys: AccountKeys) -> int:
    """Return the account's seed for cutting files, 63 bits, so that chunk lengths do not give a known file away."""
    # FastCDC doubles it, and that has to fit 64 bits.
    return int.from_bytes(crypto.derive(keys.hash_key, salt=b"", info=_CHUNK_SEED_INFO, size_bytes=8), "big") >> 1


def seal_secret(keys: AccountKeys, plain: bytes, purpose: str) -> bytes:
    """Seal a credential or a name for Postgres. It opens for the same account and purpose only."""
    bound = _SECRET_MAGIC + keys.account_id.bytes + purpose.encode()
    return _SECRET_MAGIC + crypto.seal_once(keys.credential_key, plain, info=_SECRET_INFO, bound=bound)


def open_secret(keys: AccountKeys, sealed: bytes, purpose: str) -> bytes:
    """Open what `seal_secret` returned; Corrupt when it was altered, or sealed for another account or purpose."""
    if not sealed.startswith(_SECRET_MAGIC):
        raise Corrupt(f"not a sealed secret ({purpose})")
    bound = _SECRET_MAGIC + keys.account_id.bytes + purpose.encode()
    return crypto.open_once(keys.credential_key, sealed[len(_SECRET_MAGIC) :], info=_SECRET_INFO, bound=bound)


def _hmac_sha256(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC with both key blocks hashed beforehand: a third of `hmac.digest`'s time, and it is paid for every record."""
    block = key.ljust(64, b"\0")
    inner_start = hashlib.sha256(block.translate(_INNER_PAD)).copy
    outer_start = hashlib.sha256(block.translate(_OUTER_PAD)).copy

    def digest(message: bytes) -> bytes:
        inner, outer = inner_start(), outer_start()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    return digest
