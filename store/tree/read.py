"""Read: entries of a tree by key, by number and by spans of keys, and how many there are."""

from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import accumulate, chain

from store.record import NodeId
from store.tree.node import Entry, Node, child_of, decode
from store.tree.nodes import NodeSource
from store.tree.spans import EVERYTHING, Child, Spans

_NODES_AT_ONCE = 256


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


async def counts_before(source: NodeSource, root: NodeId | None, keys: Sequence[bytes]) -> list[int]:
    """Count, for each of these keys, the entries that come before it: its own number, if it has an entry.

    Reads the nodes on the way to them, a level at a time, each once. Memory: some hundred nodes.
    """
    counts = [0] * len(keys)
    wanted = {root: list(range(len(keys)))} if root is not None and keys else {}
    while wanted:
        below: dict[NodeId, list[int]] = {}
        async for node_id, node in _each(source, list(wanted)):
            places = [(number, bisect_left(node.keys, keys[number])) for number in wanted[node_id]]
            if node.level == 0:
                for number, at in places:
                    counts[number] += at
                continue
            children = list(map(child_of, node.values))
            passed = list(accumulate((count for _, count in children), initial=0))
            for number, at in places:
                counts[number] += passed[at]
                if at < len(children):
                    below.setdefault(children[at][0], []).append(number)
        wanted = below
    return counts


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


async def first_entries(source: NodeSource, root: NodeId | None, spans: Spans, limit: int) -> list[Entry]:
    """Return the first entries of some spans, at most `limit`. Each level is read in one go, as far as needed."""
    wanted: list[tuple[NodeId, bytes | None]] = [] if root is None else [(root, None)]
    while wanted:
        nodes = await load(source, [node_id for node_id, _ in wanted])
        if nodes[0].level == 0:
            return [entry for leaf in nodes for entry in _entries_of(leaf, spans)][:limit]
        befores = [before for _, before in wanted]
        wanted, certain = [], 0
        for child in chain.from_iterable(map(spans.children, nodes, befores)):
            if certain >= limit:
                break
            wanted.append((child.node_id, child.before))
            certain += child.entry_count if child.is_whole else 0
    return []


async def groups(
    source: NodeSource, root: NodeId | None, spans: Spans, group_of: Callable[[bytes], bytes]
) -> list[bytes]:
    """Return the groups that the entries of some spans belong to, in order. No group may lie partly in a span.

    `group_of` a key is such that keys of one group lie side by side. Only nodes in which one group ends and another
    begins are read. Memory: some hundred nodes, and the groups.
    """
    found: set[bytes] = set()
    wanted: dict[NodeId, bytes | None] = {} if root is None else {root: None}
    while wanted:
        below: dict[NodeId, bytes | None] = {}
        async for node_id, node in _each(source, list(wanted)):
            if node.level == 0:
                found.update(group_of(key) for key, _ in _entries_of(node, spans))
                continue
            for child in spans.children(node, wanted[node_id]):
                group = group_of(child.last)
                if spans.have(child.last):
                    found.add(group)
                if child.before is None or group_of(child.before) != group:
                    below[child.node_id] = child.before
        wanted = below
    return sorted(found)


async def leaf_ids(source: NodeSource, root: NodeId | None, spans: Spans = EVERYTHING) -> AsyncIterator[list[NodeId]]:
    """Give the ids of all level-0 nodes that may hold keys of these spans, in order, some hundreds at a time.

    Memory is bounded by the tree's height times one batch.
    """
    if root is None:
        return
    (top,) = await load(source, [root])
    if top.level == 0:
        yield [root]
        return
    stack: list[tuple[int, list[Child]]] = [(top.level - 1, list(spans.children(top, None)))]
    while stack:
        level, children = stack.pop()
        if level == 0:
            yield [child.node_id for child in children]
            continue
        # One node at a time above level 1 keeps memory flat; level 1 in batches keeps round trips few.
        width = 8 if level == 1 else 1
        if children[width:]:
            stack.append((level, children[width:]))
        befores = [child.before for child in children[:width]]
        nodes = await load(source, [child.node_id for child in children[:width]])
        stack.append((level - 1, list(chain.from_iterable(map(spans.children, nodes, befores)))))


async def entries(source: NodeSource, root: NodeId | None, spans: Spans = EVERYTHING) -> AsyncIterator[list[Entry]]:
    """Give all entries of these spans, in order, a leaf at a time."""
    async for ids in leaf_ids(source, root, spans):
        async for _, leaf in _each(source, ids):
            if found := _entries_of(leaf, spans):
                yield found


def _entries_of(leaf: Node, spans: Spans) -> list[Entry]:
    found: list[Entry] = []
    for cut in spans.cut(leaf.keys):
        found += zip(leaf.keys[cut], leaf.values[cut], strict=True)
    return found


async def _each(source: NodeSource, node_ids: list[NodeId]) -> AsyncIterator[tuple[NodeId, Node]]:
    """Give these nodes, reading some hundreds at a time."""
    for start in range(0, len(node_ids), _NODES_AT_ONCE):
        some = node_ids[start : start + _NODES_AT_ONCE]
        for node_id, node in zip(some, await load(source, some), strict=True):
            yield node_id, node
