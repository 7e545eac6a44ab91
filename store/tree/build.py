"""Build: a tree from sorted entries, one pass, memory bounded by the tree's height."""

from collections.abc import Iterable

from store.errors import Invalid
from store.record import NodeId
from store.tree.node import child_value, encode, node_id, rank
from store.tree.nodes import NewNode


class _Level:
    """One level's open node, and what was cut from it."""

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
        self._levels: list[_Level] = [_Level()]
        self._ready: list[NewNode] = []
        self._last_key = b""
        self.count = 0

    def add(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Append entries; Invalid when a key does not come after the one before."""
        leaves, shape_key = self._levels[0], self._shape_key
        keys, values = leaves.keys, leaves.values
        last = self._last_key
        for key, value in entries:
            if key <= last:
                raise Invalid("tree entries must come in key order, each key once")
            last = key
            keys.append(key)
            values.append(value)
            for level in range(rank(key, shape_key)):
                self._cut(level)
        self._last_key = last

    def take(self) -> list[NewNode]:
        """Hand over the nodes finished since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def finish(self) -> NodeId | None:
        """End every level; return the root (None for a tree without entries). `take` then gives the last nodes."""
        for number, level in enumerate(self._levels):
            if level.keys:
                self._cut(number)
            if level.nodes == 1:
                return level.first
        return None

    def _cut(self, number: int) -> None:
        level = self._levels[number]
        body = encode(number, level.keys, level.values)
        node = NewNode(node_id(body, self._shape_key), number, body)
        if number == 0:
            level.count = len(level.keys)
            self.count += level.count
        if number + 1 == len(self._levels):
            self._levels.append(_Level())
        above = self._levels[number + 1]
        above.keys.append(level.keys[-1])
        above.values.append(child_value(node.node_id, level.count))
        above.count += level.count
        level.keys.clear()
        level.values.clear()
        level.count = 0
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
