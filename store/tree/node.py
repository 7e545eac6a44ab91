"""Node: up to some dozens of sorted entries as one run of bytes, named by its keyed BLAKE3.

Layout (little-endian):

    "HFND"  version u8 = 1  level u8  entries u32  prefix length u16
    entries x u32   length of each key's rest
    prefix          bytes that all keys share
    rests           each key without the prefix, in order
    level 0:        entries x u32 length of each tail, all content ids (32 bytes each), all tails, all leaf hashes (32
                    bytes each), in order
    above:          all child ids (32 bytes each), all entry counts below (u64 each)

A level-0 value is content id | leaf hash | tail; above, child id | count. Leaf hashes lie side by side and last, so
that the audit root is read without the rest, which Postgres keeps in another column. What does not change length is
replaced in place: an edit of a record decodes no more of a node than its keys.
"""

import struct
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import add, ge
from typing import NamedTuple

from blake3 import blake3

from store.errors import Corrupt
from store.keys import keyed_digests
from store.record import NodeId

MAGIC = b"HFND"
VERSION = 1
HASH_BYTES = 32
LEAF_FIXED_BYTES = 64
COUNT_BYTES = 8
CHILD_VALUE_BYTES = HASH_BYTES + COUNT_BYTES
_HEADER = struct.Struct("<4sBBIH")
_COUNT = struct.Struct("<Q")
_LONGEST_PREFIX_BYTES = 0xFFFF
_FANOUT_BITS = 5  # an entry ends its node once in 32
_FANOUT_MASK = (1 << _FANOUT_BITS) - 1

Entry = tuple[bytes, bytes]
"""(key, value), both as stored."""

Change = tuple[bytes, bytes | None]
"""(key, new value), or (key, None) where the entry goes."""


class Node(NamedTuple):
    """A decoded node. `keys` are sorted and unique; above level 0 each is the last key below that child."""

    level: int
    keys: list[bytes]
    values: list[bytes]


class Leaves(NamedTuple):
    """Level-0 entries as columns: what a record's entry is made of, before it is one value."""

    keys: list[bytes]
    content_ids: list[bytes]
    hashes: list[bytes]
    tails: list[bytes]


def leaves_of(entries: Sequence[Entry]) -> Leaves:
    """Turn level-0 entries into columns."""
    return Leaves(
        [key for key, _ in entries],
        [value[:HASH_BYTES] for _, value in entries],
        [value[HASH_BYTES:LEAF_FIXED_BYTES] for _, value in entries],
        [value[LEAF_FIXED_BYTES:] for _, value in entries],
    )


def changes_of(leaves: Leaves) -> list[Change]:
    """Turn columns into changes; an entry without a content id goes."""
    return [
        (key, content_id + hash_ + tail if content_id else None)
        for key, content_id, hash_, tail in zip(*leaves, strict=True)
    ]


def ends(keys: Sequence[bytes], shape_key: bytes) -> list[int]:
    """After how many of these keys a level-0 node ends: where `rank` is not 0."""
    firsts = b"".join(keyed_digests(keys, shape_key, 1))
    return [at for at, first in enumerate(firsts, 1) if not first & _FANOUT_MASK]


def rank(key: bytes, shape_key: bytes) -> int:
    """At how many levels, from the leaves up, `key` is the last of its node: 0 for 31 keys in 32.

    Keyed, so that nobody who chooses ids can choose the tree's shape.
    """
    digest = blake3(key, key=shape_key).digest(length=8)
    if digest[0] & _FANOUT_MASK:
        return 0
    bits = int.from_bytes(digest, "little")
    found = 0
    while bits & _FANOUT_MASK == 0 and found < 12:  # noqa: PLR2004 - 12 groups of 5 bits in 8 bytes
        found += 1
        bits >>= _FANOUT_BITS
    return found


def node_id(body: bytes, shape_key: bytes) -> NodeId:
    """Name a node's bytes: BLAKE3 keyed with the account's hash key, 32 bytes."""
    return NodeId(blake3(body, key=shape_key).digest())


def child_value(child_id: NodeId, count: int) -> bytes:
    """Encode the value of an entry above level 0: which node, and how many level-0 entries lie below it."""
    return child_id + _COUNT.pack(count)


def child_of(value: bytes) -> tuple[NodeId, int]:
    """Decode `child_value`."""
    return NodeId(value[:HASH_BYTES]), _COUNT.unpack_from(value, HASH_BYTES)[0]


def encode(level: int, keys: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """Encode sorted, unique, non-empty `keys` and their `values`."""
    if not level:
        return encode_leaf(*leaves_of(list(zip(keys, values, strict=True))))
    child_ids = [value[:HASH_BYTES] for value in values]
    return b"".join((*_head(level, keys), *child_ids, *[value[HASH_BYTES:] for value in values]))


def encode_leaf(
    keys: Sequence[bytes], content_ids: Sequence[bytes], hashes: Sequence[bytes], tails: Sequence[bytes]
) -> bytes:
    """Encode a level-0 node from its columns."""
    return b"".join((*_head(0, keys), _lengths(len(keys)).pack(*map(len, tails)), *content_ids, *tails, *hashes))


def _head(level: int, keys: Sequence[bytes]) -> list[bytes]:
    """Encode all that comes before the values."""
    first, last = keys[0], keys[-1]
    shorter = min(len(first), len(last))
    differing = int.from_bytes(first[:shorter], "big") ^ int.from_bytes(last[:shorter], "big")
    cut = min(shorter - (differing.bit_length() + 7) // 8, _LONGEST_PREFIX_BYTES)
    rests = [key[cut:] for key in keys]
    header = _HEADER.pack(MAGIC, VERSION, level, len(keys), cut)
    return [header, _lengths(len(keys)).pack(*map(len, rests)), first[:cut], *rests]


@lru_cache(maxsize=1024)
def _lengths(entries: int) -> struct.Struct:
    return struct.Struct(f"<{entries}I")


class _Measured(NamedTuple):
    """What a node's header and lengths say of where its parts are."""

    level: int
    entries: int
    key_ends: list[int]
    """Where each key's rest ends; the first is where the first one starts."""
    prefix: bytes
    values_at: int
    """Where the content or child ids start."""
    tail_ends: list[int]
    """Where each tail ends, as `key_ends`; empty above level 0."""

    def keys(self, body: bytes) -> list[bytes]:
        """All keys; Corrupt when they are not in order."""
        prefix = self.prefix
        keys = [prefix + body[start:end] for start, end in pairwise(self.key_ends)]
        if any(map(ge, keys, keys[1:])):
            raise Corrupt("tree node's keys are not in order")
        return keys


def _measure(body: bytes) -> _Measured:
    """Read the header and lengths; Corrupt where they do not add up to the body."""
    try:
        magic, version, level, entries, cut = _HEADER.unpack_from(body)
        if magic != MAGIC or version != VERSION:
            raise Corrupt(f"tree node starts with {bytes(body[:5]).hex()}, not a version {VERSION} node")
        if entries == 0 or 4 * entries > len(body):
            raise Corrupt(f"tree node of {len(body)} bytes says that it has {entries} entries")
        prefix_at = _HEADER.size + 4 * entries
        rests_at = prefix_at + cut
        key_ends = list(accumulate(_lengths(entries).unpack_from(body, _HEADER.size), initial=rests_at))
        values_at, tail_ends = key_ends[-1], []
        if level:
            end = values_at + CHILD_VALUE_BYTES * entries
        else:
            tail_lengths = _lengths(entries).unpack_from(body, values_at)
            values_at += 4 * entries
            tail_ends = list(accumulate(tail_lengths, initial=values_at + HASH_BYTES * entries))
            end = tail_ends[-1] + HASH_BYTES * entries
    except struct.error as error:
        raise Corrupt(f"tree node of {len(body)} bytes is cut short") from error
    if end != len(body):
        raise Corrupt(f"tree node of {len(body)} bytes is not as long as its entries say")
    return _Measured(level, entries, key_ends, body[prefix_at:rests_at], values_at, tail_ends)


def decode(body: bytes) -> Node:
    """Decode a node; Corrupt for anything `encode` does not make."""
    measured = _measure(body)
    return Node(measured.level, measured.keys(body), _values(body, measured))


def _values(body: bytes, measured: _Measured) -> list[bytes]:
    """Put each entry's value together from where its parts lie."""
    level, entries, _, _, values_at, tail_ends = measured
    second_at = len(body) - (COUNT_BYTES if level else HASH_BYTES) * entries
    firsts = [body[at : at + HASH_BYTES] for at in range(values_at, values_at + HASH_BYTES * entries, HASH_BYTES)]
    if level:
        counts = [body[at : at + COUNT_BYTES] for at in range(second_at, len(body), COUNT_BYTES)]
        return list(map(add, firsts, counts))
    hashes = [body[at : at + HASH_BYTES] for at in range(second_at, len(body), HASH_BYTES)]
    tails = [body[start:end] for start, end in pairwise(tail_ends)]
    return [first + one + tail for first, one, tail in zip(firsts, hashes, tails, strict=True)]


def replace_values(body: bytes, changes: Sequence[tuple[bytes, bytes | None]]) -> bytes | None:
    """Give entries other values in place; None where that does not do: a key is new or goes, or a length differs."""
    measured = _measure(body)
    level, entries, _, _, values_at, tail_ends = measured
    keys = measured.keys(body)
    second_at = len(body) - (COUNT_BYTES if level else HASH_BYTES) * entries
    second_bytes = COUNT_BYTES if level else HASH_BYTES
    changed = bytearray(body)
    for key, value in changes:
        at = bisect_left(keys, key)
        if value is None or at == entries or keys[at] != key:
            return None
        first, second = values_at + HASH_BYTES * at, second_at + second_bytes * at
        changed[first : first + HASH_BYTES] = value[:HASH_BYTES]
        changed[second : second + second_bytes] = value[HASH_BYTES : HASH_BYTES + second_bytes]
        if not level:
            tail = value[LEAF_FIXED_BYTES:]
            if len(tail) != tail_ends[at + 1] - tail_ends[at]:
                return None
            changed[tail_ends[at] : tail_ends[at + 1]] = tail
    return bytes(changed)


def differing(old: bytes, new: bytes) -> list[tuple[bytes, bytes, bytes]] | None:
    """What two nodes of the same keys say otherwise: (key, old value, new value) each. None where the keys differ."""
    was, now = _measure(old), _measure(new)
    keys_end = was.key_ends[-1]
    if old[:keys_end] != new[:keys_end]:
        return None
    return [
        (was.prefix + old[was.key_ends[at] : was.key_ends[at + 1]], before, after)
        for at, (before, after) in enumerate(zip(_values(old, was), _values(new, now), strict=True))
        if before != after
    ]


def count_of(body: bytes) -> int:
    """How many level-0 entries lie in or below a node, from its bytes."""
    _, _, level, entries, _ = _HEADER.unpack_from(body)
    return sum(struct.unpack_from(f"<{entries}Q", body, len(body) - COUNT_BYTES * entries)) if level else entries


def split_leaf_hashes(body: bytes) -> tuple[bytes, bytes | None]:
    """Part a well-formed node into what comes before its leaf hashes, and those; None above level 0."""
    _, _, level, entries, _ = _HEADER.unpack_from(body)
    if level:
        return body, None
    at = len(body) - HASH_BYTES * entries
    return body[:at], body[at:]


def leaf_hashes(body: bytes) -> bytes:
    """Slice out all audit leaf hashes of a level-0 node, side by side, without decoding the rest."""
    measured = _measure(body)
    if measured.level:
        raise Corrupt("asked for leaf hashes of a node above the leaves")
    return body[measured.tail_ends[-1] :]
