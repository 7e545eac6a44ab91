"""Where tree nodes are kept: a Protocol, memory for tests and plans, Postgres for good."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from store.database import Connection
from store.errors import Corrupt
from store.queries import load
from store.record import AccountId, NodeId
from store.tree.node import leaf_hashes, split_leaf_hashes

_SQL = load("nodes")
_BATCH = 2000


class NewNode(NamedTuple):
    """A node to keep."""

    node_id: NodeId
    level: int
    body: bytes


class NodeSource(Protocol):
    """Reads nodes. Nodes never change, so any answer may be kept."""

    async def get(self, node_ids: Collection[NodeId]) -> dict[NodeId, bytes]:
        """Return the bytes of every node asked for; Corrupt, naming one, when any is missing."""
        ...

    async def leaf_hashes(self, node_ids: Sequence[NodeId]) -> bytes:
        """Return the leaf hashes of these level-0 nodes, side by side in the order asked for; Corrupt as `get`."""
        ...


class NodeSink(Protocol):
    """Keeps nodes. Idempotent: keeping one again changes nothing. Not atomic: extra nodes are garbage, never harm."""

    async def put(self, nodes: Sequence[NewNode]) -> None:
        """Keep these."""
        ...


class MemoryNodes:
    """Nodes in a dict; counts what is read, so that tests can state costs."""

    def __init__(self) -> None:
        self.bodies: dict[NodeId, bytes] = {}
        self.reads = 0

    async def get(self, node_ids: Collection[NodeId]) -> dict[NodeId, bytes]:
        """See NodeSource."""
        self.reads += len(node_ids)
        return {node_id: _held(self.bodies, node_id) for node_id in node_ids}

    async def leaf_hashes(self, node_ids: Sequence[NodeId]) -> bytes:
        """See NodeSource."""
        bodies = await self.get(node_ids)
        return b"".join([leaf_hashes(bodies[node_id]) for node_id in node_ids])

    async def put(self, nodes: Sequence[NewNode]) -> None:
        """See NodeSink."""
        self.bodies.update((node.node_id, node.body) for node in nodes)


class KeptNodes:
    """Nodes of another source, each read once and kept, for what goes down the same way again and again."""

    def __init__(self, source: NodeSource) -> None:
        self._source = source
        self._bodies: dict[NodeId, bytes] = {}

    async def get(self, node_ids: Collection[NodeId]) -> dict[NodeId, bytes]:
        """See NodeSource."""
        if unread := [node_id for node_id in node_ids if node_id not in self._bodies]:
            self._bodies |= await self._source.get(unread)
        return {node_id: self._bodies[node_id] for node_id in node_ids}

    async def leaf_hashes(self, node_ids: Sequence[NodeId]) -> bytes:
        """See NodeSource. These are not kept."""
        return await self._source.leaf_hashes(node_ids)


class PostgresNodes:
    """Nodes of one account in Postgres, over a connection that is bound to it."""

    def __init__(self, connection: Connection, account_id: AccountId) -> None:
        self._connection = connection
        self._account_id = account_id
        self.reads = 0

    async def get(self, node_ids: Collection[NodeId]) -> dict[NodeId, bytes]:
        """See NodeSource."""
        self.reads += len(node_ids)
        rows = await self._connection.fetch(_SQL.nodes_by_id, self._account_id, list(node_ids))
        bodies = {NodeId(row["node_id"]): row["body"] for row in rows}
        for node_id in node_ids:
            _held(bodies, node_id)
        return bodies

    async def leaf_hashes(self, node_ids: Sequence[NodeId]) -> bytes:
        """See NodeSource. A sixth of what `get` would carry."""
        self.reads += len(node_ids)
        rows = await self._connection.fetch(_SQL.leaf_hashes_by_id, self._account_id, list(node_ids))
        hashes = {NodeId(row["node_id"]): row["leaf_hashes"] for row in rows}
        return b"".join([_held(hashes, node_id) for node_id in node_ids])

    async def put(self, nodes: Sequence[NewNode]) -> None:
        """See NodeSink."""
        for start in range(0, len(nodes), _BATCH):
            batch = nodes[start : start + _BATCH]
            parts = [split_leaf_hashes(node.body) for node in batch]
            await self._connection.execute(
                _SQL.keep_nodes,
                self._account_id,
                [node.node_id for node in batch],
                [node.level for node in batch],
                [body for body, _ in parts],
                [hashes for _, hashes in parts],
            )


def _held(bodies: dict[NodeId, bytes], node_id: NodeId) -> bytes:
    try:
        return bodies[node_id]
    except KeyError:
        raise Corrupt(f"tree node {node_id.hex()} is missing") from None
