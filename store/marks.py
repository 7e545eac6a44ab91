"""Marks: workspaces to be read in the next cycle, because something said that they changed.

A mark stays until a cycle has committed that read the workspace after it was made. Its number says what came after
what: `seen` gives the highest so far before a cycle reads anything, and `take` leaves what is higher.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId, WorkspaceId

_SQL = queries.load("marks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is marked at one moment."""

    workspace_ids: frozenset[WorkspaceId]
    number: int
    """The highest of their numbers: a later mark has a higher one."""


async def put(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, workspace_ids: Collection[WorkspaceId]
) -> dict[WorkspaceId, int]:
    """Mark some workspaces; one that is marked already is marked later. Returns the number of each mark."""
    if not workspace_ids:
        return {}
    rows = await connection.fetch(_SQL.put, account_id, connection_id, sorted(set(workspace_ids)))
    return {WorkspaceId(row["workspace_id"]): row["mark_no"] for row in rows}


async def seen(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> Marks:
    """Return what is marked now."""
    rows = await connection.fetch(_SQL.of_connection, account_id, connection_id)
    return Marks(
        workspace_ids=frozenset(WorkspaceId(row["workspace_id"]) for row in rows),
        number=max((row["mark_no"] for row in rows), default=0),
    )


async def take(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, heeded: Mapping[WorkspaceId, int]
) -> None:
    """Take away the mark of each workspace that was read after the given number was seen; a later mark stays."""
    await connection.execute(_SQL.take, account_id, connection_id, list(heeded), list(heeded.values()))


async def drop(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId, workspace_ids: Collection[WorkspaceId]
) -> None:
    """Take away every mark of workspaces that are not backed up any more."""
    await connection.execute(_SQL.drop, account_id, connection_id, list(workspace_ids))
