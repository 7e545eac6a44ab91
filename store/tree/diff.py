"""Diff: what differs between two trees, reading only nodes that differ."""

from bisect import bisect_right
from collections.abc import AsyncIterator
from typing import NamedTuple

from store.record import NodeId
from store.tree.node import Entry, child_of
from store.tree.nodes import NodeSource
from store.tree.read import load

_LEAVES_AT_ONCE = 256


class Difference(NamedTuple):
    """One key's values in the two trees; None where it has none."""

    key: bytes
    old: bytes | None
    new: bytes | None


async def diff(source: NodeSource, old: NodeId | None, new: NodeId | None) -> AsyncIterator[list[Difference]]:
    """Give every difference in key order, in batches.

    Because shape depends on keys alone, equal runs of entries are equal nodes: what both trees share is left out level
    by level, so the nodes read are those on the way to a change. Memory: the ids of differing leaves.
    """
    if old == new:
        return
    left, right = _Side(source, old), _Side(source, new)
    await _descend(left, right)
    while await left.fill() | await right.fill():
        # Up to the smaller end both sides are complete; a side without more leaves is complete to its end.
        end = min((side.entries[-1][0] for side in (left, right) if side.node_ids), default=None)
        found = _compare(left.take(end), right.take(end))
        if found:
            yield found


class _Side:
    """One tree's differing nodes at one level, and in the end the entries of its differing leaves."""

    def __init__(self, source: NodeSource, root: NodeId | None) -> None:
        self.source = source
        self.node_ids = [] if root is None else [root]
        self.level = -1
        self.entries: list[Entry] = []

    async def open(self) -> None:
        """Learn the root's level."""
        if self.node_ids:
            self.level = (await load(self.source, self.node_ids))[0].level

    async def down(self) -> None:
        """Step to the children."""
        nodes = await load(self.source, self.node_ids)
        self.node_ids = [child_of(value)[0] for node in nodes for value in node.values]
        self.level -= 1

    async def fill(self) -> bool:
        """Read some leaves when no entries are left; whether there are any."""
        if not self.entries and self.node_ids:
            nodes = await load(self.source, self.node_ids[:_LEAVES_AT_ONCE])
            del self.node_ids[:_LEAVES_AT_ONCE]
            self.entries = [entry for node in nodes for entry in zip(node.keys, node.values, strict=True)]
        return bool(self.entries)

    def take(self, end: bytes | None) -> list[Entry]:
        """Remove and return the entries up to and with `end`."""
        cut = len(self.entries) if end is None else bisect_right(self.entries, end, key=_key)
        taken = self.entries[:cut]
        del self.entries[:cut]
        return taken


async def _descend(left: _Side, right: _Side) -> None:
    """Go down both trees to their leaves, leaving out at each level the nodes that both have."""
    await left.open()
    await right.open()
    while (height := max(left.level, right.level)) > 0:
        for side in (left, right):
            if side.level == height:
                await side.down()
        if left.level == right.level:
            shared = set(left.node_ids) & set(right.node_ids)
            for side in (left, right):
                side.node_ids = [node_id for node_id in side.node_ids if node_id not in shared]


def _compare(old: list[Entry], new: list[Entry]) -> list[Difference]:
    before, after = dict(old), dict(new)
    keys = sorted(before.keys() | after.keys())
    return [Difference(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def _key(entry: Entry) -> bytes:
    return entry[0]
