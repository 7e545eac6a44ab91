"""Node: up to some dozens of sorted entries as one run of bytes, named by its keyed BLAKE3.

Layout (little-endian):

    "HFND"  version u8 = 1  level u8  entries u32  prefix length u16
    entries x u32   length of each key's rest
    entries x u32   length of each value
    prefix          bytes that all keys share
    rests           each key without the prefix, in order
    values          level 0: all content ids (32 bytes each), all leaf hashes (32 each), all tails, in order
                    above:   all child ids (32 bytes each), all entry counts below (u64 each)

Hashes lie side by side so that the audit root is read in slices, not entry by entry. A level-0 value is
content id | leaf hash | tail; above, child id | count.
"""

import struct
from itertools import accumulate, pairwise
from typing import NamedTuple

from blake3 import blake3

from store.errors import Corrupt
from store.record import NodeId

MAGIC = b"HFND"
VERSION = 1
HASH_BYTES = 32
LEAF_FIXED_BYTES = 64
CHILD_VALUE_BYTES = 40
_HEADER = struct.Struct("<4sBBIH")
_COUNT = struct.Struct("<Q")
_FANOUT_BITS = 5  # an entry ends its node once in 32
_FANOUT_MASK = (1 << _FANOUT_BITS) - 1

Entry = tuple[bytes, bytes]
"""(key, value), both as stored."""


class Node(NamedTuple):
    """A decoded node. `keys` are sorted and unique; above level 0 each is the last key below that child."""

    level: int
    keys: list[bytes]
    values: list[bytes]


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


def entry_count(node: Node) -> int:
    """How many level-0 entries lie in or below a node."""
    if node.level == 0:
        return len(node.keys)
    return sum(_COUNT.unpack_from(value, HASH_BYTES)[0] for value in node.values)


def encode(level: int, keys: list[bytes], values: list[bytes]) -> bytes:
    """Encode sorted, unique, non-empty `keys` and their `values`."""
    entries = len(keys)
    first, last = keys[0], keys[-1]
    longest = min(len(first), len(last))
    cut = next((at for at in range(longest) if first[at] != last[at]), longest)
    lengths = struct.pack(f"<{2 * entries}I", *[len(key) - cut for key in keys], *map(len, values))
    header = _HEADER.pack(MAGIC, VERSION, level, entries, cut)
    split = LEAF_FIXED_BYTES if level == 0 else CHILD_VALUE_BYTES
    return b"".join(
        (
            header,
            lengths,
            first[:cut],
            *[key[cut:] for key in keys],
            *[value[:HASH_BYTES] for value in values],
            *[value[HASH_BYTES:split] for value in values],
            *[value[split:] for value in values],
        )
    )


def _measure(body: bytes) -> tuple[int, int, int, tuple[int, ...], int, int]:
    """Read the header and lengths: level, entries, prefix length, lengths, where the keys and the values start."""
    try:
        magic, version, level, entries, cut = _HEADER.unpack_from(body)
        if magic != MAGIC or version != VERSION:
            raise Corrupt(f"tree node starts with {bytes(body[:5]).hex()}, not a version {VERSION} node")
        if entries == 0:
            raise Corrupt("tree node has no entries")
        lengths = struct.unpack_from(f"<{2 * entries}I", body, _HEADER.size)
    except (struct.error, MemoryError, OverflowError) as error:
        raise Corrupt(f"tree node of {len(body)} bytes is cut short") from error
    keys_at = _HEADER.size + 8 * entries
    values_at = keys_at + cut + sum(lengths[:entries])
    if values_at + sum(lengths[entries:]) != len(body):
        raise Corrupt(f"tree node of {len(body)} bytes is not as long as its entries say")
    return level, entries, cut, lengths, keys_at, values_at


def decode(body: bytes) -> Node:
    """Decode a node; Corrupt for anything `encode` does not make."""
    level, entries, cut, lengths, keys_at, values_at = _measure(body)
    prefix = body[keys_at : keys_at + cut]
    ends = list(accumulate(lengths[:entries], initial=keys_at + cut))
    keys = [prefix + body[start:end] for start, end in pairwise(ends)]
    second_at = values_at + HASH_BYTES * entries
    if level:
        if any(length != CHILD_VALUE_BYTES for length in lengths[entries:]):
            raise Corrupt("tree node above the leaves has a value that is not a child")
        values = [
            body[values_at + HASH_BYTES * i : values_at + HASH_BYTES * (i + 1)]
            + body[second_at + 8 * i : second_at + 8 * (i + 1)]
            for i in range(entries)
        ]
    else:
        if any(length < LEAF_FIXED_BYTES for length in lengths[entries:]):
            raise Corrupt("tree leaf has a value shorter than its hashes")
        tail_ends = list(
            accumulate(
                (length - LEAF_FIXED_BYTES for length in lengths[entries:]), initial=second_at + HASH_BYTES * entries
            )
        )
        values = [
            body[values_at + HASH_BYTES * i : values_at + HASH_BYTES * (i + 1)]
            + body[second_at + HASH_BYTES * i : second_at + HASH_BYTES * (i + 1)]
            + body[tail_ends[i] : tail_ends[i + 1]]
            for i in range(entries)
        ]
    if any(left >= right for left, right in pairwise(keys)):
        raise Corrupt("tree node's keys are not in order")
    return Node(level, keys, values)


def leaf_hashes(body: bytes) -> bytes:
    """Slice out all audit leaf hashes of a level-0 node, side by side, without decoding the rest."""
    level, entries, _, _, _, values_at = _measure(body)
    if level:
        raise Corrupt("asked for leaf hashes of a node above the leaves")
    start = values_at + HASH_BYTES * entries
    return body[start : start + HASH_BYTES * entries]
