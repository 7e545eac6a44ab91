"""Master keys: what wraps the keys of every account."""

import base64
import binascii
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from store import crypto
from store.errors import Corrupt, Invalid, KeyMissing
from store.record import AccountId

ID_BYTES = 8

_MAGIC = b"HFAK\x01"
_HEADER_BYTES = len(_MAGIC) + ID_BYTES
_INFO = b"holdfast account keys v1"
_ID_INFO = b"holdfast master key id v1"
_OPEN_TO_OTHERS = 0o077
_FILE_HEADING = (
    "# Holdfast master keys, 32 bytes in base64 each. The first wraps; the others still unwrap. Keep a copy.\n"
)


class MasterKey(Protocol):
    """One key that wraps. May ask a service over the network: call it from a thread. Thread-safe."""

    @property
    def id(self) -> bytes:
        """Eight bytes that name it and give nothing of it away."""
        ...

    def wrap(self, plain: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Seal for one account. Fresh bytes each time."""
        ...

    def unwrap(self, wrapped: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Open what `wrap` returned for this account; Corrupt when anything differs."""
        ...


class LocalMasterKey:
    """A master key held in this process, from a file or the environment."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != crypto.KEY_BYTES:
            raise Invalid(f"a master key has {crypto.KEY_BYTES} bytes, not {len(secret)}")
        self._secret = secret
        self.id = crypto.derive(secret, salt=b"", info=_ID_INFO, size_bytes=ID_BYTES)

    def __repr__(self) -> str:
        return f"LocalMasterKey(id={self.id.hex()})"

    def wrap(self, plain: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Seal under a key derived from the secret, a fresh salt and the account."""
        return crypto.seal_once(self._secret, plain, info=_INFO + account_id.bytes, bound=bound)

    def unwrap(self, wrapped: bytes, *, account_id: AccountId, bound: bytes) -> bytes:
        """Derive the same key and open."""
        return crypto.open_once(self._secret, wrapped, info=_INFO + account_id.bytes, bound=bound)


class MasterKeys:
    """A ring: the current key wraps, older ones still unwrap until `store.account_keys.rotate` has been everywhere."""

    def __init__(self, current: MasterKey, *older: MasterKey) -> None:
        self.keys = (current, *older)
        self._by_id = {key.id: key for key in reversed(self.keys)}

    def __repr__(self) -> str:
        return f"MasterKeys(current={self.current_id}, older={len(self.keys) - 1})"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read keys in base64, one a line or apart by spaces; the first is current. Lines after `#` are comments."""
        words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
        try:
            keys = [LocalMasterKey(base64.b64decode(word, validate=True)) for word in words]
        except binascii.Error:
            raise Invalid("a master key is not base64") from None
        if not keys:
            raise Invalid("no master key given")
        return cls(*keys)

    @classmethod
    def from_file(cls, path: Path, *, create: bool = False) -> Self:
        """Read a key file; with `create`, make one with a fresh key (mode 0600) if there is none.

        Safe when many processes start at once: all read the same key. Refuses a file that others may read.
        """
        if create and not path.exists():
            _create_file(path)
        try:
            if path.stat().st_mode & _OPEN_TO_OTHERS:
                raise Invalid(f"{path}: a master key that others may read; run chmod 600 on it")
            return cls.from_text(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            raise KeyMissing(f"{path}: there is no master key file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyMissing(f"{path}: the master key file cannot be read: {type(error).__name__}") from None

    @classmethod
    def from_kms(cls, key_id: str, *, region: str | None = None, endpoint: str | None = None) -> Self:
        """Wrap by AWS KMS: `key_id` is a key's id, ARN or alias. The master key never leaves KMS."""
        from store.backends.kms import open_kms  # noqa: PLC0415 - boto3 is slow to import, and a file has no use for it

        return cls(open_kms(key_id, region=region, endpoint=endpoint))

    def with_older(self, other: "MasterKeys") -> "MasterKeys":
        """Return a ring that wraps as this one does and unwraps what either did: for moving from a file to KMS, say."""
        return MasterKeys(*self.keys, *(key for key in other.keys if key.id not in self._by_id))

    @property
    def current_id(self) -> str:
        """Sixteen hex digits that name the key which wraps now."""
        return self.keys[0].id.hex()

    def wrap(self, account_id: AccountId, plain: bytes) -> bytes:
        """Seal an account's keys: magic, version, master key id, sealed. Blocks while KMS is asked."""
        header = _MAGIC + self.keys[0].id
        return header + self.keys[0].wrap(plain, account_id=account_id, bound=header + account_id.bytes)

    def unwrap(self, account_id: AccountId, wrapped: bytes) -> bytes:
        """Open what `wrap` returned. KeyMissing when the master key that sealed it is not in the ring."""
        header, body = wrapped[:_HEADER_BYTES], wrapped[_HEADER_BYTES:]
        id_ = wrapping_id(wrapped)
        key = self._by_id.get(bytes.fromhex(id_))
        if key is None:
            raise KeyMissing(
                f"the keys of account {account_id} are wrapped by master key {id_}, which is not configured"
            )
        return key.unwrap(body, account_id=account_id, bound=header + account_id.bytes)


def wrapping_id(wrapped: bytes) -> str:
    """Return the id of the master key that wrapped these keys."""
    if len(wrapped) < _HEADER_BYTES or not wrapped.startswith(_MAGIC):
        raise Corrupt("not an account's wrapped keys, of a version this program knows")
    return wrapped[len(_MAGIC) : _HEADER_BYTES].hex()


def generate() -> str:
    """Return a fresh master key as `MasterKeys.from_text` reads it."""
    return base64.b64encode(crypto.random_bytes(crypto.KEY_BYTES)).decode()


def _create_file(path: Path) -> None:
    """Write beside and link: the file appears whole, once, whoever else is starting."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{_FILE_HEADING}{generate()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()
