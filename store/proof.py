"""Proof: that a leaf is in a tree, and that a tree only grew. Pure; RFC 6962 section 2.1, checked as RFC 9162 says.

Proofs are made of the roots of runs of leaves. Which runs, depends on numbers alone (`inclusion_runs`,
`consistency_runs`), so whoever keeps hashes fetches just those it needs: a run is one or more perfect subtrees
(`subtrees`), and a perfect subtree never changes once its leaves are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from store.errors import Invalid, Unproven
from store.merkle import HASH_BYTES, parent, root_of


class Run(NamedTuple):
    """The leaves from `start` up to, not including, `end`: a subtree as RFC 6962 splits a tree."""

    start: int
    end: int


class Subtree(NamedTuple):
    """A perfect subtree: 2^level leaves, of which the first is leaf number * 2^level."""

    level: int
    number: int


def inclusion_runs(index: int, size: int) -> list[Run]:
    """Say which runs prove that leaf `index` is in the tree of `size` leaves: the leaf's sibling first."""
    if not 0 <= index < size:
        raise Invalid(f"no leaf {index} in a tree of {size}")
    runs: list[Run] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            runs.append(Run(middle, end))
            end = middle
        else:
            runs.append(Run(start, middle))
            start = middle
    return runs[::-1]


def consistency_runs(old: int, new: int) -> list[Run]:
    """Say which runs prove that the tree of `new` leaves begins with the tree of `old`."""
    if not 0 < old <= new:
        raise Invalid(f"no tree of {new} leaves grew from one of {old}")
    runs: list[Run] = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            runs.append(Run(middle, end))
            end = middle
        else:
            runs.append(Run(start, middle))
            start = middle
    # The old root itself is what the reader has already.
    return [*([Run(start, end)] if start else []), *reversed(runs)]


def subtrees(run: Run) -> list[Subtree]:
    """Split a run into perfect subtrees, left to right."""
    found: list[Subtree] = []
    at = run.start
    while at < run.end:
        most = 1 << ((run.end - at).bit_length() - 1)
        size = min(at & -at, most) if at else most
        found.append(Subtree(size.bit_length() - 1, at // size))
        at += size
    return found


def needed(runs: Iterable[Run]) -> list[Subtree]:
    """List the subtrees whose hashes `assemble` wants."""
    return [subtree for run in runs for subtree in subtrees(run)]


def assemble(runs: Iterable[Run], hashes: Mapping[Subtree, bytes]) -> list[bytes]:
    """Make the proof from the hashes of the subtrees it needs."""
    return [fold([hashes[subtree] for subtree in subtrees(run)]) for run in runs]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root over perfect subtrees that lie side by side, sizes falling."""
    return reduce(lambda right, left: parent(left, right), reversed(hashes))


def inclusion(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that a leaf is in a tree, given all of the tree's leaf hashes."""
    return [root_of(list(leaf_hashes[start:end])) for start, end in inclusion_runs(index, len(leaf_hashes))]


def consistency(leaf_hashes: Sequence[bytes], old: int) -> list[bytes]:
    """Prove that a tree begins with that of its first `old` leaves."""
    return [root_of(list(leaf_hashes[start:end])) for start, end in consistency_runs(old, len(leaf_hashes))]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Unproven unless leaf `index` of the tree with this size and root has this hash (RFC 9162 section 2.1.3.2)."""
    if root_from_inclusion(leaf_hash, index, size, proof) != root:
        raise Unproven(f"leaf {index} is not in the tree of {size} leaves")


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to; Unproven when the proof's length is not the one for `index`."""
    if not 0 <= index < size or len(leaf_hash) != HASH_BYTES:
        raise Unproven(f"no leaf {index} in a tree of {size}")
    at, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_BYTES:
            raise Unproven("an inclusion proof too long, or of hashes that are none")
        if at & 1 or at == last:
            found = parent(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = parent(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise Unproven("an inclusion proof too short")
    return found


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Unproven unless the new tree begins with the old (RFC 9162 section 2.1.4.2); an empty one proves nothing."""
    if not 0 < old_size <= new_size or any(len(one) != HASH_BYTES for one in (old_root, new_root, *proof)):
        raise Unproven(f"no tree of {new_size} leaves is shown to have grown from one of {old_size}")
    if old_size == new_size:
        found = (old_root, old_root) if not proof else None
    else:
        # A tree of a power of two is a node of the new one, so its root is left out of the proof.
        path = [old_root, *proof] if old_size & (old_size - 1) == 0 else proof
        found = _roots_from_consistency(old_size - 1, new_size - 1, path)
    if found != (old_root, new_root):
        raise Unproven(f"the tree of {new_size} leaves does not begin with the one of {old_size}")


def _roots_from_consistency(at: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the old and the new root that a path leads to; None where it is not as long as it has to be."""
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path:
        return None
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = parent(sibling, old), parent(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = parent(new, sibling)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
