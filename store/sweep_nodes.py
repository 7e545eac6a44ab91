"""Sweep nodes: takes away the tree nodes that no snapshot's tree has any more."""

from collections.abc import Sequence

from store import keeping
from store.database import Connection
from store.queries import load
from store.record import NodeId
from store.repository import Repository
from store.tree.node import child_of, decode
from store.tree.nodes import PostgresNodes

_SQL = load("keeping")
_NODES_AT_ONCE = 1000


async def sweep_nodes(repository: Repository) -> int:
    """Take away unreachable nodes; returns how many. Held when a hold forbids it.

    Every tree is walked before commits are made to wait, then only what was committed meanwhile. Corrupt when a node
    is missing: nothing is taken away then, because what lies below it cannot be told. Memory: some thousand nodes.
    """
    account_id = repository.account_id
    async with repository.database.account(account_id) as connection:
        await connection.execute(_SQL.make_reached)
        await _reach_from_roots(connection, repository)
        await keeping.taking(connection, account_id)
        await _reach_from_roots(connection, repository)
        said: str = await connection.execute(_SQL.sweep_nodes, account_id)
        return int(said.removeprefix("DELETE "))


async def _reach_from_roots(connection: Connection, repository: Repository) -> None:
    rows = await connection.fetch(_SQL.roots, repository.account_id)
    nodes = PostgresNodes(connection, repository.account_id)
    waiting = await _reach(connection, [NodeId(row["tree_root"]) for row in rows])
    while waiting:
        some, waiting = waiting[-_NODES_AT_ONCE:], waiting[:-_NODES_AT_ONCE]
        inner: list[NodeId] = []
        leaves: list[NodeId] = []
        for body in (await nodes.get(some)).values():
            node = decode(body)
            if node.level:
                (inner if node.level > 1 else leaves).extend(child_of(value)[0] for value in node.values)
        await _reach(connection, leaves)
        waiting += await _reach(connection, inner)


async def _reach(connection: Connection, node_ids: Sequence[NodeId]) -> list[NodeId]:
    """Note nodes; returns those that were not noted before."""
    return [NodeId(row["node_id"]) for row in await connection.fetch(_SQL.reach, node_ids)]
