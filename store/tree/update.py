"""Update: the next tree from the last one and what changed, rewriting only the nodes on the way to a change."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from store.record import NodeId
from store.tree.build import TreeBuilder
from store.tree.node import (
    Change,
    Entry,
    Node,
    child_of,
    child_value,
    count_of,
    decode,
    encode,
    node_id,
    rank,
    replace_values,
)
from store.tree.nodes import NewNode, NodeSource


class _Place(NamedTuple):
    """A node of the old tree that changes may fall in: those with keys above `low`, up to and with `last`."""

    low: bytes
    last: bytes
    value: bytes
    """What names it in the level above."""

    @property
    def node_id(self) -> NodeId:
        return child_of(self.value)[0]


class TreeUpdate:
    """One update of one tree. The result is the very tree that `TreeBuilder` makes of the same entries.

    Level by level from the leaves up: the nodes that hold changed keys are merged with the changes and cut anew; what
    became of them (last key → node) is the change to the level above. A node whose last entry no longer ends it is
    joined with its right neighbour. A node in which nothing but values changes keeps its cuts, and is edited in place.
    Memory is bounded by the number of changes.
    """

    def __init__(self, source: NodeSource, shape_key: bytes, root: NodeId | None) -> None:
        self._source = source
        self._shape_key = shape_key
        self._root = root
        self._last_key = b""
        self._bodies: dict[NodeId, bytes] = {}
        self._places: list[list[_Place]] = []
        """By level: where the changes fall, in order."""
        self._new: dict[NodeId, NewNode] = {}

    async def apply(self, changes: Sequence[Change]) -> NodeId | None:
        """Apply sorted, unique changes, once; return the new root. `new_nodes` then lists what must be kept."""
        if not changes:
            return self._root
        if self._root is None:
            return self._build([(key, value) for key, value in changes if value is not None])
        top = await self._prefetch(self._root, [key for key, _ in changes])
        for level in range(top + 1):
            changes = await self._apply_level(level, changes)
            if not changes:
                return self._root
        return await self._settle(top, [(key, value) for key, value in changes if value is not None])

    @property
    def new_nodes(self) -> list[NewNode]:
        """The nodes of the new tree that the old one did not have."""
        return list(self._new.values())

    def _build(self, entries: list[Entry]) -> NodeId | None:
        builder = TreeBuilder(self._shape_key)
        builder.add(entries)
        root = builder.finish()
        self._new = {node.node_id: node for node in builder.take()}
        return root

    async def _apply_level(self, level: int, changes: Sequence[Change]) -> list[Change]:
        """Apply changes to one level of the old tree; return the changes that this makes to the level above."""
        upward: dict[bytes, bytes | None] = {}
        at = 0
        while at < len(changes):
            place = await self._find(level, changes[at][0])
            end = len(changes) if place.last == self._last_key else bisect_right(changes, place.last, at, key=_key)
            edited = replace_values(await self._body(place.node_id), changes[at:end])
            if edited is not None:
                old, new = {place.last: place.value}, {place.last: self._keep(level, edited)}
            else:
                old, new, end = await self._apply_run(level, changes, at)
            if old != new:
                upward.update(dict.fromkeys(old))
                upward.update(new)
            at = end
        return sorted(upward.items())

    async def _apply_run(
        self, level: int, changes: Sequence[Change], at: int
    ) -> tuple[dict[bytes, bytes], dict[bytes, bytes], int]:
        """Merge the changes from `at` into the node they fall in, and into its right neighbours until a node ends.

        Returns the entries that the level above had for those nodes, the ones that it shall have, and the first
        change not applied.
        """
        old: dict[bytes, bytes] = {}
        merged: dict[bytes, bytes] = {}
        may_end: set[bytes] = set()  # within an old node only its last key ended it
        key = changes[at][0]
        while True:
            place = await self._find(level, key)
            node, last = await self._node(place.node_id), place.last
            old[last] = place.value
            merged.update(zip(node.keys, node.values, strict=True))
            may_end.add(last)
            while at < len(changes) and (changes[at][0] <= last or last == self._last_key):
                changed, new_value = changes[at]
                at += 1
                if new_value is None:
                    merged.pop(changed, None)
                else:
                    merged[changed] = new_value
                    may_end.add(changed)
            keys = sorted(merged)
            ended = not keys or (keys[-1] in may_end and rank(keys[-1], self._shape_key) > level)
            if ended or last == self._last_key:
                return old, self._cut(level, keys, merged, may_end), at
            key = last + b"\0"  # the smallest key of the right neighbour or before it

    def _cut(
        self, level: int, keys: list[bytes], values: dict[bytes, bytes], may_end: set[bytes]
    ) -> dict[bytes, bytes]:
        """Cut a run of entries into nodes; return the level above's entries for them."""
        made: dict[bytes, bytes] = {}
        start = 0
        for end, key in enumerate(keys, 1):
            if end == len(keys) or (key in may_end and rank(key, self._shape_key) > level):
                run = keys[start:end]
                made[key] = self._keep(level, encode(level, run, [values[k] for k in run]))
                start = end
        return made

    def _keep(self, level: int, body: bytes) -> bytes:
        made = node_id(body, self._shape_key)
        if made not in self._bodies:
            self._new[made] = NewNode(made, level, body)
            self._bodies[made] = body
        return child_value(made, count_of(body))

    async def _settle(self, level: int, tops: list[Entry]) -> NodeId | None:
        """Find the root above what the top level became: grow while it is several nodes, shrink past an only child."""
        if not tops:
            self._new.clear()
            return None
        while len(tops) > 1:
            level += 1
            keys = [key for key, _ in tops]
            tops = sorted(self._cut(level, keys, dict(tops), set(keys)).items())
        root, _ = child_of(tops[0][1])
        while (node := await self._node(root)).level and len(node.keys) == 1:
            self._new.pop(root, None)
            root, _ = child_of(node.values[0])
        return root

    async def _find(self, level: int, key: bytes) -> _Place:
        """Find the old tree's node that `key` falls in; past the end, the last one."""
        places = self._places[level]
        at = min(bisect_left(places, key, key=_last), len(places) - 1)
        place = places[at]
        if key > place.low and (key <= place.last or place.last == self._last_key):
            return place
        # A right neighbour that no change falls in.
        place = self._places[-1][0]
        for _ in range(len(self._places) - 1 - level):
            node = await self._node(place.node_id)
            place = _child(node, min(bisect_left(node.keys, key), len(node.keys) - 1), place.low)
        return place

    async def _body(self, wanted: NodeId) -> bytes:
        if wanted not in self._bodies:
            self._bodies |= await self._source.get([wanted])
        return self._bodies[wanted]

    async def _node(self, wanted: NodeId) -> Node:
        return decode(await self._body(wanted))

    async def _prefetch(self, root: NodeId, keys: list[bytes]) -> int:
        """Read every node on the way to `keys`, a level at a time; return the root's level."""
        body = await self._body(root)
        top = decode(body)
        self._last_key = top.keys[-1]
        places = [_Place(b"", self._last_key, child_value(root, count_of(body)))]
        self._places = [places]
        for _ in range(top.level):
            below: list[_Place] = []
            at = 0
            for place in places:
                end = len(keys) if place is places[-1] else bisect_right(keys, place.last, at)
                node = decode(self._bodies[place.node_id])
                inside = sorted({min(bisect_left(node.keys, key), len(node.keys) - 1) for key in keys[at:end]})
                below += [_child(node, child, place.low) for child in inside]
                at = end
            self._bodies |= await self._source.get([place.node_id for place in below])
            self._places.insert(0, below)
            places = below
        return top.level


def _child(node: Node, at: int, low: bytes) -> _Place:
    return _Place(node.keys[at - 1] if at else low, node.keys[at], node.values[at])


def _key(change: Change) -> bytes:
    return change[0]


def _last(place: _Place) -> bytes:
    return place.last
