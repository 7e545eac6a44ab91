"""Diff: what differs between two trees, reading only nodes that differ, and those from left to right."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from store.record import NodeId
from store.tree.node import Entry, child_of, decode, differing
from store.tree.nodes import NodeSource
from store.tree.read import load

_NODES_AT_ONCE = 64
_LEAVES_AT_ONCE = 64


class Difference(NamedTuple):
    """One key's values in the two trees; None where it has none."""

    key: bytes
    old: bytes | None
    new: bytes | None


class _Child(NamedTuple):
    """A node as the level above names it: by the last key below it."""

    last: bytes
    node_id: NodeId


class _Stretch(NamedTuple):
    """Nodes of one level that both trees need for the same range of keys; equal ones are left out of both."""

    level: int
    old: list[_Child]
    new: list[_Child]


async def diff(
    source: NodeSource, old: NodeId | None, new: NodeId | None, *, after: bytes = b""
) -> AsyncIterator[list[Difference]]:
    """Give every difference with a key behind `after` in key order, in batches.

    Because shape depends on keys alone, equal runs of entries are equal nodes: what both trees share is left out level
    by level, so the nodes read are those on the way to a change. They are read as far as whoever asks goes on: a page
    from the middle costs the way down to where it begins, and what it gives. Memory: some hundred nodes a level.
    """
    if old == new:
        return
    waiting = [await _top(source, old, new, after)]
    while waiting:
        stretch = waiting.pop()
        if stretch.level == 0:
            async for found in _compared(source, stretch, after):
                yield found
            continue
        first, rest = _cut(stretch)
        if rest is not None:
            waiting.append(rest)
        waiting.append(await _below(source, first, after))


async def _top(source: NodeSource, old: NodeId | None, new: NodeId | None, after: bytes) -> _Stretch:
    """Bring both trees to one level, that of the lower one."""
    roots = {root: node for root in (old, new) if root is not None for node in await load(source, [root])}
    level = min(node.level for node in roots.values())
    sides: list[list[_Child]] = []
    for root in (old, new):
        side = [] if root is None else [_Child(roots[root].keys[-1], root)]
        for _ in range(roots[root].level - level if root is not None else 0):
            side = await _children(source, side, after)
        sides.append(side)
    return _without_shared(_Stretch(level, *sides))


async def _below(source: NodeSource, stretch: _Stretch, after: bytes) -> _Stretch:
    """Step down a level."""
    if _is_paired(stretch):
        found = await _paired(source, stretch, after)
        old = [_Child(last, child_of(value)[0]) for last, value, _ in found if value is not None]
        new = [_Child(last, child_of(value)[0]) for last, _, value in found if value is not None]
    else:
        old, new = await _children(source, stretch.old, after), await _children(source, stretch.new, after)
    return _without_shared(_Stretch(stretch.level - 1, old, new))


async def _children(source: NodeSource, parents: Sequence[_Child], after: bytes) -> list[_Child]:
    """Read nodes, and list their children that may hold keys behind `after`."""
    nodes = await load(source, [parent.node_id for parent in parents])
    return [
        _Child(last, child_of(value)[0])
        for node in nodes
        for last, value in zip(node.keys, node.values, strict=True)
        if last > after
    ]


def _is_paired(stretch: _Stretch) -> bool:
    """Whether each node has one in the other tree for the same range of keys, as where records were only edited."""
    return [child.last for child in stretch.old] == [child.last for child in stretch.new]


async def _paired(source: NodeSource, stretch: _Stretch, after: bytes) -> list[Difference]:
    """Read nodes in pairs, and list the entries that differ: of those with the same keys nothing else is decoded."""
    bodies = await source.get([child.node_id for child in (*stretch.old, *stretch.new)])
    found: list[Difference] = []
    for old, new in zip(stretch.old, stretch.new, strict=True):
        before, now = bodies[old.node_id], bodies[new.node_id]
        same_keys = differing(before, now)
        if same_keys is not None:
            found += [Difference(*entry) for entry in same_keys if entry[0] > after]
        else:
            entries = [list(zip(node.keys, node.values, strict=True)) for node in (decode(before), decode(now))]
            found += [difference for difference in _differing(*entries) if difference.key > after]
    return found


def _without_shared(stretch: _Stretch) -> _Stretch:
    shared = {child.node_id for child in stretch.old} & {child.node_id for child in stretch.new}
    old = [child for child in stretch.old if child.node_id not in shared]
    return _Stretch(stretch.level, old, [child for child in stretch.new if child.node_id not in shared])


def _cut(stretch: _Stretch) -> tuple[_Stretch, _Stretch | None]:
    """Part a stretch after some dozens of nodes, where both trees have one that ends with the same key."""
    level, old, new = stretch
    if not (old and new):
        many = _Stretch(level, old[_NODES_AT_ONCE:], new[_NODES_AT_ONCE:])
        return _Stretch(level, old[:_NODES_AT_ONCE], new[:_NODES_AT_ONCE]), many if many.old or many.new else None
    ends = {child.last: at for at, child in enumerate(new, 1)}
    for old_to, child in enumerate(old[:-1], 1):
        new_to = ends.get(child.last, 0)
        if new_to and old_to + new_to >= _NODES_AT_ONCE:
            return _Stretch(level, old[:old_to], new[:new_to]), _Stretch(level, old[old_to:], new[new_to:])
    return stretch, None


async def _compared(source: NodeSource, stretch: _Stretch, after: bytes) -> AsyncIterator[list[Difference]]:
    """Read both trees' leaves side by side, and give what differs."""
    if _is_paired(stretch):
        for start in range(0, len(stretch.old), _LEAVES_AT_ONCE):
            some = slice(start, start + _LEAVES_AT_ONCE)
            if found := await _paired(source, _Stretch(0, stretch.old[some], stretch.new[some]), after):
                yield found
        return
    left, right = (_Side(source, side, after) for side in (stretch.old, stretch.new))
    while await left.fill() | await right.fill():
        # Up to the smaller end both sides are complete; a side without more leaves is complete to its end.
        end = min((side.entries[-1][0] for side in (left, right) if side.leaves), default=None)
        if found := _differing(left.take(end), right.take(end)):
            yield found


class _Side:
    """One tree's differing leaves, and the entries of those that were read."""

    def __init__(self, source: NodeSource, leaves: list[_Child], after: bytes) -> None:
        self.source = source
        self.leaves = leaves
        self.after = after
        self.entries: list[Entry] = []

    async def fill(self) -> bool:
        """Read some leaves when no entries are left; whether there are any."""
        while not self.entries and self.leaves:
            some, self.leaves = self.leaves[:_LEAVES_AT_ONCE], self.leaves[_LEAVES_AT_ONCE:]
            nodes = await load(self.source, [leaf.node_id for leaf in some])
            entries = [entry for node in nodes for entry in zip(node.keys, node.values, strict=True)]
            self.entries = entries[bisect_right(entries, self.after, key=_key) :]
        return bool(self.entries)

    def take(self, end: bytes | None) -> list[Entry]:
        """Remove and return the entries up to and with `end`."""
        cut = len(self.entries) if end is None else bisect_right(self.entries, end, key=_key)
        taken = self.entries[:cut]
        del self.entries[:cut]
        return taken


def _differing(old: list[Entry], new: list[Entry]) -> list[Difference]:
    before, after = dict(old), dict(new)
    keys = sorted(before.keys() | after.keys())
    return [Difference(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def _key(entry: Entry) -> bytes:
    return entry[0]
