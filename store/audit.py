"""Audit root: RFC 6962 over a snapshot's leaf hashes in key order, in one streaming pass over its tree."""

from store.merkle import RootHash
from store.record import NodeId
from store.tree.node import leaf_hashes
from store.tree.nodes import NodeSource
from store.tree.read import leaf_ids


async def audit_tree(source: NodeSource, root: NodeId | None) -> RootHash:
    """Return the audit tree over a snapshot's records, with their count. Memory: some hundred leaves."""
    tree = RootHash()
    async for ids in leaf_ids(source, root):
        bodies = await source.get(ids)
        tree.add(b"".join([leaf_hashes(bodies[node_id]) for node_id in ids]))
    return tree
