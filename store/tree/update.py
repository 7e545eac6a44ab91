"""Update: the next tree from the last one and what changed, rewriting only the nodes on the way to a change."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from store.record import NodeId
from store.tree.build import TreeBuilder
from store.tree.node import Entry, Node, child_of, child_value, decode, encode, entry_count, node_id, rank
from store.tree.nodes import NewNode, NodeSource

Change = tuple[bytes, bytes | None]
"""(key, new value), or (key, None) where the entry goes."""


class TreeUpdate:
    """One update of one tree. The result is the very tree that `TreeBuilder` makes of the same entries.

    Level by level from the leaves up: the nodes that hold changed keys are merged with the changes and cut anew; what
    became of them (last key → node) is the change to the level above. A node whose last entry no longer ends it is
    joined with its right neighbour. Memory is bounded by the number of changes.
    """

    def __init__(self, source: NodeSource, shape_key: bytes, root: NodeId | None) -> None:
        self._source = source
        self._shape_key = shape_key
        self._root = root
        self._last_key = b""
        self._known: dict[NodeId, Node] = {}
        self._new: dict[NodeId, NewNode] = {}

    async def apply(self, changes: Sequence[Change]) -> NodeId | None:
        """Apply sorted, unique changes, once; return the new root. `new_nodes` then lists what must be kept."""
        if not changes:
            return self._root
        if self._root is None:
            return self._build([(key, value) for key, value in changes if value is not None])
        await self._prefetch(self._root, [key for key, _ in changes])
        top = await self._node(self._root)
        self._last_key = top.keys[-1]
        for level in range(top.level + 1):
            changes = await self._apply_level(level, changes)
            if not changes:
                return self._root
        return await self._settle(top.level, [(key, value) for key, value in changes if value is not None])

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
            old, new, at = await self._apply_run(level, changes, at)
            if old != new:
                upward.update(dict.fromkeys(old))
                upward.update(new)
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
            value, node = await self._find(level, key)
            last = node.keys[-1]
            old[last] = value
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
                made[key] = self._keep(level, run, [values[k] for k in run])
                start = end
        return made

    def _keep(self, level: int, keys: list[bytes], values: list[bytes]) -> bytes:
        body = encode(level, keys, values)
        made = node_id(body, self._shape_key)
        node = Node(level, keys, values)
        if made not in self._known:
            self._new[made] = NewNode(made, level, body)
            self._known[made] = node
        return child_value(made, entry_count(node))

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

    async def _find(self, level: int, key: bytes) -> tuple[bytes, Node]:
        """Find the old tree's node that `key` falls in (past the end: the last), and the value that names it above."""
        assert self._root is not None
        node = await self._node(self._root)
        value = child_value(self._root, entry_count(node))
        while node.level > level:
            at = min(bisect_left(node.keys, key), len(node.keys) - 1)
            value = node.values[at]
            node = await self._node(child_of(value)[0])
        return value, node

    async def _node(self, wanted: NodeId) -> Node:
        if wanted not in self._known:
            self._known[wanted] = decode((await self._source.get([wanted]))[wanted])
        return self._known[wanted]

    async def _prefetch(self, root: NodeId, keys: list[bytes]) -> None:
        """Read every node on the way to `keys`, a level at a time."""
        wanted = [root]
        while wanted:
            bodies = await self._source.get(wanted)
            nodes = [decode(bodies[one]) for one in wanted]
            self._known.update(zip(wanted, nodes, strict=True))
            wanted = []
            at = 0
            for number, node in enumerate(nodes):
                end = len(keys) if number + 1 == len(nodes) else bisect_right(keys, node.keys[-1], at)
                if node.level:
                    inside = sorted({min(bisect_left(node.keys, key), len(node.keys) - 1) for key in keys[at:end]})
                    wanted.extend(child_of(node.values[child])[0] for child in inside)
                at = end
