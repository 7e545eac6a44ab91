"""Spans: ranges of keys, and where a node has them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from store.record import NodeId
from store.tree.node import Node, child_of

BEYOND = b"\xff"
"""Greater than every key: keys are UTF-8, where this byte does not occur."""


class Child(NamedTuple):
    """A node as the one above names it."""

    node_id: NodeId
    entry_count: int
    """How many lie below it."""
    before: bytes | None
    """A key that all of its own come behind; None where none is known."""
    last: bytes
    """Its last key."""
    is_whole: bool
    """Whether all of its keys are certain to be the spans' own."""


class Spans:
    """Ranges of keys, each from its start on and before its end: sorted, and none within another."""

    def __init__(self, ranges: Iterable[tuple[bytes, bytes]]) -> None:
        self._starts: list[bytes] = []
        self._ends: list[bytes] = []
        for start, end in sorted(ranges):
            if start >= end:
                continue
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def from_(self, start: bytes) -> Self:
        """Return what of them lies at `start` and behind it."""
        return type(self)((max(start, first), end) for first, end in zip(self._starts, self._ends, strict=True))

    def bounds(self) -> list[bytes]:
        """Return where each starts and ends, one after the other."""
        return [bound for range_ in zip(self._starts, self._ends, strict=True) for bound in range_]

    def have(self, key: bytes) -> bool:
        """Whether one of them has `key`."""
        at = bisect_right(self._starts, key)
        return at > 0 and key < self._ends[at - 1]

    def cut(self, keys: list[bytes]) -> Iterator[slice]:
        """Give where in sorted keys the spans' own are."""
        if not keys:
            return
        at = max(bisect_right(self._starts, keys[0]) - 1, 0)
        while at < len(self._starts) and self._starts[at] <= keys[-1]:
            found = slice(bisect_left(keys, self._starts[at]), bisect_left(keys, self._ends[at]))
            if found.start < found.stop:
                yield found
            at += 1

    def children(self, node: Node, before: bytes | None) -> Iterator["Child"]:
        """Give those children of a node above level 0 that may have keys of the spans.

        `before` is a key that all of the node's come behind; None where none is known.
        """
        for last, value in zip(node.keys, node.values, strict=True):
            at = bisect_right(self._starts, last)
            if at > 0 and (before is None or self._ends[at - 1] > before):
                is_whole = before is not None and self._starts[at - 1] <= before and last < self._ends[at - 1]
                yield Child(*child_of(value), before, last, is_whole)
            before = last


EVERYTHING = Spans([(b"", BEYOND)])
