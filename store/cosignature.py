"""Cosignature: a witness's word that a log only grew up to a checkpoint, as c2sp.org/tlog-cosignature has it. Pure.

    — <witness> <base64 of key ID, 4 bytes, seconds since 1970, 8 bytes big-endian, and an Ed25519 signature>

It stands below the checkpoint as another signature of the note, and is over `cosignature/v1`, the time, and the
note's text. Its key IDs are of type 0x04, so that readers of notes pass it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from store.errors import Unproven
from store.note import KEY_BYTES, KEY_ID_BYTES, Signature, base64_of, is_name, parse, strict_base64

_TYPE = b"\x04"
_TIME_BYTES = 8
_SIGNATURE_BYTES = 64
_LATEST = 2**63


class Cosignature(NamedTuple):
    """Of a key: when it was made, and the line of it."""

    at: datetime
    signature: Signature

    def line(self) -> bytes:
        """Write it as it stands below a note."""
        name, key_id, signature = self.signature
        return f"\u2014 {name} {base64_of(key_id + signature)}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """What a reader knows of a witness."""

    name: str
    public_key: bytes

    def __str__(self) -> str:
        """Write it as a vkey."""
        return f"{self.name}+{self.key_id.hex()}+{base64_of(_TYPE + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey; Unproven when it is none, or not of a witness that cosigns by Ed25519."""
        name, _, rest = text.partition("+")
        typed = strict_base64(rest.partition("+")[2])
        if typed[:1] != _TYPE or len(typed) != 1 + KEY_BYTES or not is_name(name):
            raise Unproven("not the verifier key of a witness: a name, and an Ed25519 key of type 4")
        key = cls(name=name, public_key=typed[1:])
        if str(key) != text:
            raise Unproven("a verifier key whose key ID is not its own")
        return key

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, type, public key), the first four bytes."""
        return sha256(self.name.encode() + b"\n" + _TYPE + self.public_key).digest()[:KEY_ID_BYTES]

    def find(self, note: bytes) -> Cosignature:
        """Return this witness's cosignature of a note; Unproven when there is none, or it does not hold."""
        parsed = parse(note)
        for signature in parsed.signatures:
            if (signature.name, signature.key_id) == (self.name, self.key_id):
                return Cosignature(self._at(parsed.text, signature.signature), signature)
        raise Unproven(f"{self.name} has not cosigned this")

    def _at(self, text: str, stamped: bytes) -> datetime:
        seconds = int.from_bytes(stamped[:_TIME_BYTES], "big")
        try:
            if len(stamped) != _TIME_BYTES + _SIGNATURE_BYTES or seconds >= _LATEST:
                raise Unproven(f"the cosignature of {self.name} is none")
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(stamped[_TIME_BYTES:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
            return datetime.fromtimestamp(seconds, UTC)
        except (InvalidSignature, ValueError, OverflowError, OSError):
            raise Unproven(f"the cosignature of {self.name} does not fit the note") from None


def request(old_size: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Write what a witness is asked by `add-checkpoint` (c2sp.org/tlog-witness)."""
    return "\n".join([f"old {old_size}", *map(base64_of, path), "", ""]).encode() + note
