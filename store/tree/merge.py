"""Merge: the next tree when much has changed, in one pass over both, memory bounded by a batch."""

from bisect import bisect_right
from collections.abc import AsyncIterable, AsyncIterator

from store.merkle import RootHash
from store.record import NodeId
from store.tree.build import TreeBuilder
from store.tree.node import Change, Entry, Leaves, changes_of, leaves_of
from store.tree.nodes import NodeSink, NodeSource
from store.tree.read import entries

_KEEP_AT_ONCE = 1000


async def merge(
    source: NodeSource, sink: NodeSink, shape_key: bytes, root: NodeId | None, changes: AsyncIterable[Leaves]
) -> tuple[NodeId | None, RootHash]:
    """Rewrite a tree with sorted changes; return the new root and its audit tree, whose count is that of the entries.

    A change without a content id is an entry that goes. Reads every leaf of the old tree once. Where few entries
    change, `TreeUpdate` reads far less.
    """
    builder = TreeBuilder(shape_key)
    audit = RootHash()
    ready = []
    async for batch in _merged(entries(source, root), changes):
        builder.add_leaves(batch)
        audit.add(b"".join(batch.hashes))
        ready += builder.take()
        if len(ready) >= _KEEP_AT_ONCE:
            await sink.put(ready)
            ready = []
    new_root = builder.finish()
    await sink.put(ready + builder.take())
    return new_root, audit


async def _merged(old: AsyncIterator[list[Entry]], changes: AsyncIterable[Leaves]) -> AsyncIterator[Leaves]:
    """Give the old entries with the changes applied, in order."""
    pending: list[Change] = []
    more = aiter(changes)
    async for leaf in old:
        last = leaf[-1][0]
        while (not pending or pending[-1][0] <= last) and (batch := await anext(more, None)) is not None:
            pending += changes_of(batch)
        cut = bisect_right(pending, last, key=_key)
        if not cut:
            yield leaves_of(leaf)
            continue
        merged: dict[bytes, bytes | None] = dict(leaf)
        merged.update(pending[:cut])
        del pending[:cut]
        yield leaves_of(_present(sorted(merged.items())))
    yield leaves_of(_present(pending))
    async for batch in more:
        yield batch if all(batch.content_ids) else leaves_of(_present(changes_of(batch)))


def _key(change: Change) -> bytes:
    return change[0]


def _present(changes: list[Change]) -> list[Entry]:
    return [(key, value) for key, value in changes if value is not None]
