"""Checkpoint: a log's size and root, signed, as c2sp.org/tlog-checkpoint has it; and a proof that carries one.

A checkpoint is a note of three lines: origin, size, root in base64. The origin is the log's key name; there are no
extension lines, because not every witness signs them. A `.tlog-proof` (c2sp.org/tlog-proof) is an entry's number, its
path to the root, and the checkpoint with that root.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from store.errors import Unproven
from store.merkle import HASH_BYTES, leaf
from store.note import SigningKey, VerifierKey, base64_of, parse, sign, strict_base64, verify
from store.proof import verify_inclusion

PROOF_MAGIC = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63
_MAX_DIGITS = 19  # below 2^63


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's head: how many entries, and the root of the tree over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write what is signed."""
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"

    def sign(self, keys: Sequence[SigningKey]) -> bytes:
        """Make the note."""
        return sign(self.text(), keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text; Unproven unless it is a checkpoint without extension lines, of a log with entries."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines, each with its end
            raise Unproven("not a checkpoint of three lines")
        root = strict_base64(lines[2])
        size = decimal(lines[1])
        if len(root) != HASH_BYTES or size == 0:
            raise Unproven("a checkpoint of an empty log, or whose root is not a hash")
        return cls(origin=lines[0], size=size, root=root)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a signed checkpoint without believing it: no signature is checked. Unproven for anything else."""
        return cls.parse(parse(data).text)

    @classmethod
    def open(cls, data: bytes, keys: Sequence[VerifierKey]) -> Self:
        """Read a signed checkpoint; Unproven unless a known key of the log's own name signed it."""
        note = verify(data, keys)
        checkpoint = cls.parse(note.text)
        if all(signature.name != checkpoint.origin for signature in note.signatures):
            raise Unproven(f"the checkpoint of {checkpoint.origin!r} is signed by somebody else")
        return checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """That an entry is in a log.

    `extra` is not signed. Ours is the entry, which is believed because the path leads from it to the root.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Write the `.tlog-proof`."""
        extra = [] if self.extra is None else [f"extra {base64_of(self.extra)}"]
        lines = [PROOF_MAGIC, *extra, f"index {self.index}", *map(base64_of, self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one; Unproven for anything else. The checkpoint within is not checked yet."""
        head, gap, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Unproven("not a tlog-proof") from None
        if not gap or lines[0] != PROOF_MAGIC:
            raise Unproven("not a tlog-proof")
        extra = None
        if len(lines) > 1 and lines[1].startswith("extra "):
            extra = strict_base64(lines.pop(1).removeprefix("extra "))
        if len(lines) < 2 or not lines[1].startswith("index "):  # noqa: PLR2004 - magic and index
            raise Unproven("a tlog-proof without an index")
        path = tuple(map(strict_base64, lines[2:]))
        if len(path) > MAX_PATH or any(len(one) != HASH_BYTES for one in path):
            raise Unproven("a tlog-proof whose path is not one of hashes")
        return cls(index=decimal(lines[1].removeprefix("index ")), path=path, checkpoint=checkpoint, extra=extra)

    def verify(self, entry: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
        """Unproven unless the entry is in the log at `index`. Size and root come from the signed checkpoint alone."""
        checkpoint = Checkpoint.open(self.checkpoint, keys)
        verify_inclusion(leaf(entry), self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def decimal(text: str) -> int:
    """Read a whole number in its one spelling; Unproven for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS or str(int(text)) != text:
        raise Unproven("a number that is not written as one")
    return int(text)
