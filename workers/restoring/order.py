"""Order: steps sorted so that each comes behind what it needs. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from heapq import heappop, heappush
from typing import Any, TypeVar

Node = TypeVar("Node", bound=Hashable)


def in_order(needs: Mapping[Node, frozenset[Node]], rank: Mapping[Node, Any]) -> tuple[list[Node], frozenset[Node]]:
    """Return the nodes, each behind all it needs and otherwise by rank, and those that lie on or behind a circle.

    Needs that are no nodes themselves are met. Deterministic, given ranks that are all different.
    """
    waiting = {node: {need for need in wanted if need in needs} for node, wanted in needs.items()}
    behind: defaultdict[Node, list[Node]] = defaultdict(list)
    for node, wanted in waiting.items():
        for need in wanted:
            behind[need].append(node)
    nodes = list(needs)
    ready: list[tuple[Any, int]] = []
    places = {node: place for place, node in enumerate(nodes)}
    for node in nodes:
        if not waiting[node]:
            heappush(ready, (rank[node], places[node]))
    done: list[Node] = []
    while ready:
        node = nodes[heappop(ready)[1]]
        done.append(node)
        for follower in behind[node]:
            waiting[follower].discard(node)
            if not waiting[follower]:
                heappush(ready, (rank[follower], places[follower]))
    return done, frozenset(needs) - frozenset(done)
