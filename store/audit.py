"""Audit root: RFC 6962 over a snapshot's leaf hashes in key order, in one streaming pass over its tree."""

from collections.abc import AsyncIterator, Sequence

from store.merkle import HASH_BYTES, RootHash
from store.proof import inclusion_runs
from store.record import NodeId
from store.tree.nodes import NodeSource
from store.tree.read import leaf_ids


async def audit_tree(source: NodeSource, root: NodeId | None) -> RootHash:
    """Return the audit tree over a snapshot's records, with their count. Memory: some hundred leaves."""
    tree = RootHash()
    async for hashes in _leaf_hashes(source, root):
        tree.add(hashes)
    return tree


async def audit_paths(source: NodeSource, root: NodeId | None, count: int, indices: Sequence[int]) -> list[list[bytes]]:
    """Prove that leaves are in the audit root: a path each, all from one pass over the tree's leaf hashes.

    Every leaf belongs to one run of each path, so a path costs what the root does, whatever its length.
    """
    runs = {run: RootHash() for index in indices for run in inclusion_runs(index, count)}
    start = 0
    async for hashes in _leaf_hashes(source, root):
        end = start + len(hashes) // HASH_BYTES
        for run, tree in runs.items():
            first, last = max(run.start, start), min(run.end, end)
            if first < last:
                tree.add(hashes[(first - start) * HASH_BYTES : (last - start) * HASH_BYTES])
        start = end
    return [[runs[run].root() for run in inclusion_runs(index, count)] for index in indices]


async def _leaf_hashes(source: NodeSource, root: NodeId | None) -> AsyncIterator[bytes]:
    async for ids in leaf_ids(source, root):
        yield await source.leaf_hashes(ids)
