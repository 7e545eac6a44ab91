"""Idempotency keys: the same key with the same variables gives the first answer again, for a day."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from store import queries
from store.database import Connection
from store.errors import Conflict
from store.record import AccountId, JsonObject, OperationId

_SQL = queries.load("idempotency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the key stands for already."""

    operation_id: OperationId | None
    payload: JsonObject | None


async def claim(
    connection: Connection, account_id: AccountId, mutation: str, key: str, variables: Any
) -> Answered | None:
    """Take a key, in the transaction that does the work; None: go ahead, then `settle`.

    Answered when the key was used with these variables; Conflict when it was used with others. A second caller waits
    until the first one's transaction ends, so the work is done once.
    """
    digest = hashlib.sha256(orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)).digest()
    if await connection.fetchval(_SQL.claim, account_id, mutation, key, digest) is not None:
        return None
    row = await connection.fetchrow(_SQL.get, account_id, mutation, key)
    if row is None or row["variables_sha256"] != digest:
        raise Conflict("this idempotency key was used with other variables")
    return Answered(operation_id=row["operation_id"], payload=row["payload"])


async def settle(
    connection: Connection,
    account_id: AccountId,
    mutation: str,
    key: str,
    *,
    operation_id: OperationId | None = None,
    payload: JsonObject | None = None,
) -> None:
    """Keep the answer under a key just claimed."""
    await connection.execute(_SQL.settle, account_id, mutation, key, operation_id, payload)


async def forget(connection: Connection, account_id: AccountId, mutation: str, key: str) -> None:
    """Give a key back: nothing was done under it."""
    await connection.execute(_SQL.forget, account_id, mutation, key)
