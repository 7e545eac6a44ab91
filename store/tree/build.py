"""Build: a tree from sorted entries, one pass, memory bounded by the tree's height."""

from collections.abc import Iterable
from itertools import islice
from operator import ge

from store.errors import Invalid
from store.record import NodeId
from store.tree.node import Entry, Leaves, child_value, encode, encode_leaf, ends, leaves_of, node_id, rank
from store.tree.nodes import NewNode

_ENTRIES_AT_ONCE = 10_000


class _Level:
    """What was cut from one level and, above the leaves, its open node."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.values: list[bytes] = []
        self.count = 0
        """Level-0 entries below the open node."""
        self.nodes = 0
        self.first: NodeId | None = None
        self.held: NewNode | None = None
        """A node above a level that has one node so far: not part of the tree unless a second comes."""


class TreeBuilder:
    """Takes entries in key order; gives nodes as they are finished, and the root.

    The shape is canonical: a node ends after an entry whose rank is above the node's level, or where its level ends;
    and the root is the lowest level with one node. So the same set of keys has the same nodes whatever came before.
    """

    def __init__(self, shape_key: bytes) -> None:
        self._shape_key = shape_key
        self._open = Leaves([], [], [], [])
        self._levels: list[_Level] = [_Level()]
        self._ready: list[NewNode] = []
        self._last_key = b""
        self.count = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Append entries; Invalid when a key does not come after the one before."""
        more = iter(entries)
        while batch := list(islice(more, _ENTRIES_AT_ONCE)):
            self.add_leaves(leaves_of(batch))

    def add_leaves(self, leaves: Leaves) -> None:
        """Append entries given as columns; Invalid as `add`."""
        keys = leaves.keys
        if not keys:
            return
        if keys[0] <= self._last_key or any(map(ge, keys, keys[1:])):
            raise Invalid("tree entries must come in key order, each key once")
        self._last_key = keys[-1]
        start = 0
        for end in ends(keys, self._shape_key):
            self._extend(leaves, start, end)
            start = end
            self._cut_leaves()
            for level in range(1, rank(keys[end - 1], self._shape_key)):
                self._cut(level)
        self._extend(leaves, start, len(keys))

    def take(self) -> list[NewNode]:
        """Hand over the nodes finished since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def finish(self) -> NodeId | None:
        """End every level; return the root (None for a tree without entries). `take` then gives the last nodes."""
        if self._open.keys:
            self._cut_leaves()
        for number, level in enumerate(self._levels):
            if level.keys:
                self._cut(number)
            if level.nodes == 1:
                return level.first
        return None

    def _extend(self, leaves: Leaves, start: int, end: int) -> None:
        for column, more in zip(self._open, leaves, strict=True):
            column.extend(more[start:end])

    def _cut_leaves(self) -> None:
        count = len(self._open.keys)
        self.count += count
        self._keep(0, self._open.keys[-1], encode_leaf(*self._open), count)
        self._open = Leaves([], [], [], [])

    def _cut(self, number: int) -> None:
        level = self._levels[number]
        self._keep(number, level.keys[-1], encode(number, level.keys, level.values), level.count)
        level.keys.clear()
        level.values.clear()
        level.count = 0

    def _keep(self, number: int, last_key: bytes, body: bytes, count: int) -> None:
        """Name a node that was cut from a level, and enter it into the level above."""
        level = self._levels[number]
        node = NewNode(node_id(body, self._shape_key), number, body)
        if number + 1 == len(self._levels):
            self._levels.append(_Level())
        above = self._levels[number + 1]
        above.keys.append(last_key)
        above.values.append(child_value(node.node_id, count))
        above.count += count
        level.nodes += 1
        if level.nodes == 1:
            level.first = node.node_id
        elif above.held is not None:
            self._ready.append(above.held)
            above.held = None
        if number and self._levels[number - 1].nodes == 1:
            level.held = node
        else:
            self._ready.append(node)
