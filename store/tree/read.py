"""Read: one entry by its key or its number, a run of entries, or all leaves of a tree."""

from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence

from store.record import NodeId
from store.tree.node import Entry, Node, child_of, decode
from store.tree.nodes import NodeSource

_LEAVES_AT_ONCE = 256


async def load(source: NodeSource, node_ids: list[NodeId]) -> list[Node]:
    """Decode these nodes, in the order asked for."""
    bodies = await source.get(node_ids)
    return [decode(bodies[node_id]) for node_id in node_ids]


async def lookup(source: NodeSource, root: NodeId | None, key: bytes) -> bytes | None:
    """Return the value at `key`, or None. Reads one node a level."""
    next_id = root
    while next_id is not None:
        (node,) = await load(source, [next_id])
        at = bisect_left(node.keys, key)
        if at == len(node.keys):
            return None
        if node.level == 0:
            return node.values[at] if node.keys[at] == key else None
        next_id = child_of(node.values[at])[0]
    return None


async def count_before(source: NodeSource, root: NodeId | None, key: bytes) -> int:
    """Count the entries whose keys come before `key`: its own number, if it has an entry. Reads one node a level."""
    next_id, count = root, 0
    while next_id is not None:
        (node,) = await load(source, [next_id])
        at = bisect_left(node.keys, key)
        if node.level == 0:
            return count + at
        count += sum(child_of(value)[1] for value in node.values[:at])
        next_id = child_of(node.values[at])[0] if at < len(node.keys) else None
    return count


async def entries_at(source: NodeSource, root: NodeId | None, numbers: Sequence[int]) -> list[Entry]:
    """Return the entries with these numbers, counted in key order from 0; those past the end are left out."""
    found: list[Entry] = []
    for number in numbers:
        next_id, rest = root, number
        while next_id is not None:
            (node,) = await load(source, [next_id])
            next_id = None
            if node.level == 0:
                found += list(zip(node.keys, node.values, strict=True))[rest : rest + 1]
                continue
            for child_id, count in map(child_of, node.values):
                if rest < count:
                    next_id = child_id
                    break
                rest -= count
    return found


async def leaf_ids(source: NodeSource, root: NodeId | None, start: bytes = b"") -> AsyncIterator[list[NodeId]]:
    """Give the ids of all level-0 nodes that may hold keys from `start` on, in order, some hundreds at a time.

    Memory is bounded by the tree's height times one batch.
    """
    if root is None:
        return
    (top,) = await load(source, [root])
    if top.level == 0:
        yield [root]
        return
    stack: list[tuple[int, list[NodeId]]] = [_children(top, start)]
    while stack:
        level, ids = stack.pop()
        if level == 0:
            yield ids
            continue
        # One node at a time above level 1 keeps memory flat; level 1 in batches keeps round trips few.
        width = 8 if level == 1 else 1
        if ids[width:]:
            stack.append((level, ids[width:]))
        nodes = await load(source, ids[:width])
        below = [child for node in nodes for child in _children(node, start)[1]]
        stack.append((level - 1, below))


def _children(node: Node, start: bytes) -> tuple[int, list[NodeId]]:
    return node.level - 1, [child_of(value)[0] for value in node.values[bisect_left(node.keys, start) :]]


async def entries(source: NodeSource, root: NodeId | None, start: bytes = b"") -> AsyncIterator[list[Entry]]:
    """Give all entries with keys from `start` on, in order, a leaf at a time."""
    async for ids in leaf_ids(source, root, start):
        for at in range(0, len(ids), _LEAVES_AT_ONCE):
            for leaf in await load(source, ids[at : at + _LEAVES_AT_ONCE]):
                first = bisect_left(leaf.keys, start)
                if first < len(leaf.keys):
                    yield list(zip(leaf.keys[first:], leaf.values[first:], strict=True))
