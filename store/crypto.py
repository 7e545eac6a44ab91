"""Crypto: the one place that seals and opens bytes (AES-256-GCM) and derives keys (HKDF-SHA256)."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import Corrupt
from store.record import AccountId

KEY_BYTES = 32
SALT_BYTES = 32
TAG_BYTES = 16

_PACK_INFO = b"holdfast pack v1"
_ONLY_ONCE = bytes(12)


def random_bytes(size_bytes: int) -> bytes:
    """Return fresh bytes from the operating system's generator."""
    return secrets.token_bytes(size_bytes)


def derive(secret: bytes, *, salt: bytes, info: bytes, size_bytes: int = KEY_BYTES) -> bytes:
    """Derive a key by HKDF-SHA256 (RFC 5869). The same inputs give the same key; nothing is learnt of the secret."""
    return HKDF(algorithm=SHA256(), length=size_bytes, salt=salt, info=info).derive(secret)


def derive_pack_key(data_key: bytes, salt: bytes, account_id: AccountId) -> bytes:
    """Derive the key of one pack. The salt is random, so no two packs share a key and ordinals are safe nonces."""
    return derive(data_key, salt=salt, info=_PACK_INFO + account_id.bytes)


class Cipher:
    """AES-256-GCM under one key. Thread-safe."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, number: int, plain: bytes, bound: bytes) -> bytes:
        """Seal under the nonce `number` (96 bits, big-endian; never twice under one key), binding `bound` to it."""
        return self._aead.encrypt(number.to_bytes(12, "big"), plain, bound)

    def open_(self, number: int, sealed: bytes, bound: bytes) -> bytes:
        """Open what `seal` returned; Corrupt when anything differs: the bytes, the number, what was bound, the key."""
        try:
            return self._aead.decrypt(number.to_bytes(12, "big"), sealed, bound)
        except (InvalidTag, ValueError):
            raise Corrupt("sealed bytes do not open: altered, moved, or another key's") from None


def seal_once(secret: bytes, plain: bytes, *, info: bytes, bound: bytes) -> bytes:
    """Seal under a key derived from the secret and a fresh salt: `salt ‖ ciphertext ‖ tag`."""
    salt = random_bytes(SALT_BYTES)
    return salt + AESGCM(derive(secret, salt=salt, info=info)).encrypt(_ONLY_ONCE, plain, salt + bound)


def open_once(secret: bytes, sealed: bytes, *, info: bytes, bound: bytes) -> bytes:
    """Open what `seal_once` returned; Corrupt when anything differs."""
    salt, body = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    if len(body) < TAG_BYTES:
        raise Corrupt("sealed bytes are cut short")
    try:
        return AESGCM(derive(secret, salt=salt, info=info)).decrypt(_ONLY_ONCE, body, salt + bound)
    except InvalidTag:
        raise Corrupt("sealed bytes do not open: altered, moved, or another key's") from None
