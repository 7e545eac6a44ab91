"""Witnesses: cosigned heads, beside the log: `logs/<account>/cosigned/<size>-<key ID>`, each with one cosignature."""

import asyncio

from store.backend import Backend
from store.cosignature import Cosignature, WitnessKey
from store.database import Database
from store.publish import Published
from store.queries import load
from store.record import AccountId
from store.tiles import prefix

_SQL = load("log")


def name_of(account_id: AccountId, size: int, key: WitnessKey) -> str:
    """Say where the head of so many entries lies with a witness's cosignature."""
    return f"{prefix(account_id)}/cosigned/{size:010d}-{key.key_id.hex()}"


async def wanted(database: Database) -> list[AccountId]:
    """List the accounts whose log has a published head that not every witness has cosigned."""
    async with database.system() as connection:
        return [AccountId(row["account_id"]) for row in await connection.fetch(_SQL.unwitnessed)]


async def keep(
    backend: Backend, account_id: AccountId, head: Published, key: WitnessKey, cosignature: Cosignature
) -> None:
    """Write a cosigned head to the bucket. One is enough for each size: a second changes nothing."""
    name = name_of(account_id, head.size, key)
    await asyncio.to_thread(backend.put, name, head.note + cosignature.line())


async def done(database: Database, account_id: AccountId, size: int) -> None:
    """Note that every witness has cosigned so many entries."""
    async with database.account(account_id) as connection:
        await connection.execute(_SQL.witnessed, account_id, size)
