"""Nodes that are checked as they are read."""

from collections.abc import Collection, Sequence

from store.errors import Corrupt
from store.record import NodeId
from store.tree.node import leaf_hashes, node_id
from store.tree.nodes import NodeSource


class CheckedNodes:
    """Reads nodes and names each again from its bytes; Corrupt at the first that is missing or not its own."""

    def __init__(self, source: NodeSource, shape_key: bytes) -> None:
        self._source = source
        self._shape_key = shape_key

    async def get(self, node_ids: Collection[NodeId]) -> dict[NodeId, bytes]:
        """See NodeSource."""
        bodies = await self._source.get(node_ids)
        for named, body in bodies.items():
            if node_id(body, self._shape_key) != named:
                raise Corrupt(f"tree node {named.hex()} is not the one that its id stands for")
        return bodies

    async def leaf_hashes(self, node_ids: Sequence[NodeId]) -> bytes:
        """See NodeSource."""
        bodies = await self.get(node_ids)
        return b"".join([leaf_hashes(bodies[named]) for named in node_ids])
