"""Sweep: takes away the packs that no snapshot needs any more, and their rows.

Marking is by what Postgres says each version, journal, dictionary and running cycle needs. The rows of unneeded packs
go in one transaction that no commit overlaps (`store.keeping`), so that nobody finds a chunk in them afterwards; a
cycle that had found one before is told by its commit, and reads again. The packs' own rows stay, marked, until their
objects are deleted, so that whoever is killed in between leaves work, not garbage.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from store import keeping
from store.pack import object_key
from store.queries import load
from store.record import PackId
from store.repository import Repository

_SQL = load("keeping")
YOUNG = timedelta(days=1)
"""A pack younger than this is left alone: the cycle that wrote it may not have named it yet."""
_PACKS_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep took away."""

    packs: int
    stored_bytes: int


async def sweep(repository: Repository, *, young: timedelta | None = None) -> Swept:
    """Take away what nothing needs. Held when any hold lies on the account or a connection of it.

    Idempotent; may be killed anywhere, and run by several at once. What expired must be logged and published before,
    or a reader of the bucket would miss what the log still promises.
    """
    await _mark(repository, YOUNG if young is None else young)
    return await _delete(repository)


async def _mark(repository: Repository, young: timedelta) -> None:
    account_id = repository.account_id
    async with repository.database.account(account_id) as connection:
        # Looked for first without making commits wait: mostly there is nothing.
        if not await connection.fetch(_SQL.unneeded_packs, account_id, young):
            return
    async with repository.database.account(account_id) as connection:
        await keeping.taking(connection, account_id)
        rows = await connection.fetch(_SQL.unneeded_packs, account_id, young)
        pack_nos = [row["pack_no"] for row in rows]
        await connection.execute(_SQL.sweep_chunks, account_id, pack_nos)
        await connection.execute(_SQL.sweep_packs, account_id, pack_nos)


async def _delete(repository: Repository) -> Swept:
    """Delete the objects of marked packs, then their rows; a repeat finds what is left."""
    account_id = repository.account_id
    packs = stored_bytes = 0
    while True:
        async with repository.database.account(account_id) as connection:
            await keeping.still_taking(connection, account_id)
            rows = await connection.fetch(_SQL.swept_packs, account_id, _PACKS_AT_ONCE)
            if not rows:
                return Swept(packs=packs, stored_bytes=stored_bytes)
            names = [object_key(PackId(row["pack_id"])) for row in rows]
            await asyncio.to_thread(repository.backend.delete, names)
            await connection.execute(_SQL.forget_packs, account_id, [row["pack_no"] for row in rows])
        packs += len(rows)
        stored_bytes += sum(row["size_bytes"] for row in rows)
