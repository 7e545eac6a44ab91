"""Merkle: the RFC 6962 tree hash over SHA-256, streaming.

RFC 6962 section 2.1 (the same in RFC 9162 section 2.1.1): a leaf is SHA-256(0x00 || entry), a node
SHA-256(0x01 || left || right), an empty tree SHA-256(""), and n leaves split at the largest power of two below n.
"""

from hashlib import sha256
from struct import Struct

HASH_BYTES = 32
_PAIRS = Struct(f"{2 * HASH_BYTES}s")
EMPTY_ROOT = sha256(b"").digest()


def leaf(entry: bytes) -> bytes:
    """Hash one entry."""
    return sha256(b"\x00" + entry).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return sha256(b"\x01" + left + right).digest()


class RootHash:
    """Takes leaf hashes in order, many at a time; gives the tree's root. Memory: one hash a level and one batch."""

    def __init__(self) -> None:
        self._perfect: list[tuple[int, bytes]] = []
        """Roots of perfect subtrees, left to right: (height, hash), heights falling."""
        self.count = 0

    def add(self, hashes: bytes) -> None:
        """Append leaf hashes that lie side by side, 32 bytes each."""
        new = len(hashes) // HASH_BYTES
        at = 0
        while at < new:
            # The largest perfect subtree that may start at this position: aligned, and wholly within the batch.
            position = self.count + at
            aligned = position & -position if position else 1 << new.bit_length()
            size = min(aligned, 1 << ((new - at).bit_length() - 1))
            self._push(size.bit_length() - 1, _perfect_root(hashes[at * HASH_BYTES : (at + size) * HASH_BYTES]))
            at += size
        self.count += new

    def root(self) -> bytes:
        """Return the root over everything added so far; more may be added afterwards."""
        if not self._perfect:
            return EMPTY_ROOT
        found = self._perfect[-1][1]
        for _, left in reversed(self._perfect[:-1]):
            found = parent(left, found)
        return found

    def _push(self, height: int, subtree: bytes) -> None:
        while self._perfect and self._perfect[-1][0] == height:
            subtree = parent(self._perfect.pop()[1], subtree)
            height += 1
        self._perfect.append((height, subtree))


def _perfect_root(hashes: bytes) -> bytes:
    """Root of a power of two of leaf hashes, a level at a time."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + pair).digest() for (pair,) in _PAIRS.iter_unpack(hashes)])
    return hashes


def root_of(leaf_hashes: list[bytes]) -> bytes:
    """Root over a list of leaf hashes."""
    tree = RootHash()
    tree.add(b"".join(leaf_hashes))
    return tree.root()
