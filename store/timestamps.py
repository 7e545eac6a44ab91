"""Timestamps: an authority's tokens over published checkpoints, beside the log, each with the note that it is over.

At `logs/<account>/timestamps/<size>` lies the note, at `….tsr` the answer of the authority (RFC 3161), whose imprint is
the SHA-256 of that note. Only the newest head is stamped: it covers all before it.
"""

import asyncio

from store.backend import Backend
from store.database import Database
from store.publish import Published
from store.queries import load
from store.record import AccountId
from store.tiles import prefix

_SQL = load("log")


def name_of(account_id: AccountId, size: int) -> str:
    """Say where the note of so many entries lies; its token lies at the same place, with `.tsr` behind it."""
    return f"{prefix(account_id)}/timestamps/{size:010d}"


async def wanted(database: Database) -> list[AccountId]:
    """List the accounts whose log has a published head without a token."""
    async with database.system() as connection:
        return [AccountId(row["account_id"]) for row in await connection.fetch(_SQL.unstamped)]


async def keep(database: Database, backend: Backend, account_id: AccountId, found: Published, token: bytes) -> None:
    """Keep a token: the note, the token, then the row. A crash between leaves it to be asked for again; idempotent."""
    name = name_of(account_id, found.size)
    await asyncio.to_thread(backend.put, name, found.note)
    await asyncio.to_thread(backend.put, f"{name}.tsr", token)
    async with database.account(account_id) as connection:
        await connection.execute(_SQL.stamped, account_id, found.size)
