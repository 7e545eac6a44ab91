"""Note: text signed by one or more keys, as c2sp.org/signed-note has it. Ed25519 only.

    text, ending in a newline
    (empty line)
    — <key name> <base64 of key ID, 4 bytes, and signature>

Reading is strict, because a proof that two programs read differently proves nothing: one spelling for every value, one
error for everything else.
"""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.errors import Invalid, Unproven

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
MAX_BYTES = 1024 * 1024
MAX_SIGNATURES = 100
"""More than the 16 that every reader has to take."""
_DASH = "\u2014 "
_SPACE = 0x20


class Signature(NamedTuple):
    """One line below a note: who says to have signed, with which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note that was read. `signatures` are those that verified, or, from `parse`, all there are."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """What a reader knows of a signer: a name and an Ed25519 public key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.public_key) != KEY_BYTES:
            raise Unproven("a verifier key has a name without spaces or plus, and 32 bytes")

    def __str__(self) -> str:
        """Write it as a vkey: `<name>+<key ID in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{base64_of(ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a vkey; Unproven when it is none, of another type, or its key ID is not its own."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        typed = strict_base64(encoded)
        if typed[:1] != ED25519:
            raise Unproven("a verifier key of a type other than Ed25519")
        key = cls(name=name, public_key=typed[1:])
        if str(key) != text or key_id != key.key_id.hex():
            raise Unproven("a verifier key whose key ID is not its own")
        return key

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, newline, type, public key), the first four bytes."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:KEY_ID_BYTES]

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether the key made this signature over this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A name and an Ed25519 seed. Never shown."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """What to give to readers."""
        public_key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(name=self.name, public_key=public_key)

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return Signature(self.name, self.verifier.key_id, signature)


def sign(text: str, keys: Sequence[SigningKey]) -> bytes:
    """Make a note; Invalid for a text that cannot be one."""
    if not keys or not text.endswith("\n") or not _is_text(text):
        raise Invalid("a note is text in lines, without control characters, with a key to sign it")
    lines = [
        f"{_DASH}{name} {base64_of(key_id + signature)}\n"
        for name, key_id, signature in (key.sign(text) for key in keys)
    ]
    return f"{text}\n{''.join(lines)}".encode()


def parse(data: bytes) -> Note:
    """Read a note without believing it: no signature is checked. Unproven for anything that is not a note."""
    if len(data) > MAX_BYTES:
        raise Unproven("a note longer than anybody writes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Unproven("a note that is not UTF-8") from None
    at = whole.rfind("\n\n")
    if at < 0 or not _is_text(whole) or not whole.endswith("\n"):
        raise Unproven("not a signed note")
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Unproven("a note with more signatures than anybody needs")
    return Note(text=whole[: at + 1], signatures=tuple(map(_signature, lines)))


def verify(data: bytes, keys: Sequence[VerifierKey]) -> Note:
    """Read a note and check what known keys signed; Unproven when none did, or one of them did not sign this text.

    Signatures of unknown keys are passed over: that is what lets keys rotate and witnesses sign too.
    """
    note = parse(data)
    known = {(key.name, key.key_id): key for key in keys}
    if len(known) != len(keys):
        raise Unproven("two verifier keys of one name and key ID")
    verified = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.accepts(note.text, signature.signature):
            raise Unproven(f"the signature of {signature.name} does not fit the note")
        verified.append(signature)
    if not verified:
        raise Unproven("no known key signed the note")
    return Note(text=note.text, signatures=tuple(verified))


def is_name(name: str) -> bool:
    """Whether a key may be called so."""
    return bool(name) and "+" not in name and not any(map(str.isspace, name))


def base64_of(data: bytes) -> str:
    """Write bytes in standard base64."""
    return b64encode(data).decode()


def strict_base64(text: str) -> bytes:
    """Read standard base64; Unproven unless it is exactly what `base64_of` writes."""
    try:
        data = b64decode(text, validate=True)
    except (BadBase64, ValueError):
        raise Unproven("bytes that are not base64") from None
    if base64_of(data) != text:
        raise Unproven("base64 with bits to spare")
    return data


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = strict_base64(encoded)
    if not line.startswith(_DASH) or not is_name(name) or len(data) <= KEY_ID_BYTES:
        raise Unproven("a signature line that is none")
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _is_text(text: str) -> bool:
    return all(ord(character) >= _SPACE or character == "\n" for character in text)
