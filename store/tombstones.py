"""Tombstones: what stands for content that was erased, so that old roots and proofs stay true."""

from store.entry import TreeEntry
from store.errors import Corrupt
from store.queries import load
from store.record import ConnectionId
from store.repository import Repository

_SQL = load("erasure")


async def find(repository: Repository, connection_id: ConnectionId, entry: TreeEntry) -> bytes | None:
    """Return the commitment of the leaf of a record that was erased; None of one that was not."""
    key = entry.key
    place = (connection_id, key.kind, key.external_id, entry.content_id, key.workspace_id)
    async with repository.database.account(repository.account_id) as connection:
        row = await connection.fetchrow(_SQL.tombstone, *place)
    return None if row is None else bytes(row["commitment"])


async def commitment_of(repository: Repository, connection_id: ConnectionId, entry: TreeEntry) -> bytes:
    """Return the commitment of an erased record's leaf; Corrupt when there is no tombstone of it."""
    found = await find(repository, connection_id, entry)
    if found is None:
        key = entry.key
        raise Corrupt(f"record {key.workspace_id}/{key.kind}/{key.external_id} was erased, and has no tombstone")
    return found
