"""Keys: whether the bucket holds the account's wrapped keys, and the same ones as Postgres."""

import asyncio

from store.account_keys import object_prefix
from store.checks.fault import Fault, FaultCode
from store.queries import load
from store.repository import Repository

_SQL = load("keys")


async def check_keys(repository: Repository) -> list[Fault]:
    """Compare the two copies."""
    account_id, backend = repository.account_id, repository.backend
    prefix = object_prefix(account_id)
    async with repository.database.account(account_id) as connection:
        row = await connection.fetchrow(_SQL.wrapped_keys, account_id)
    copies = await asyncio.to_thread(lambda: [backend.get(name) for name in backend.list(prefix)])
    if not copies:
        return [Fault(code=FaultCode.KEYS_MISSING, where=prefix, message="the bucket holds no keys of this account")]
    if row is None or row["wrapped"] not in copies:
        message = "the bucket holds other keys than Postgres"
        return [Fault(code=FaultCode.KEYS_DIFFER, where=prefix, message=message)]
    return []
