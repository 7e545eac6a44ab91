"""Exports: the layouts of archives, sealed: what lies where in each, so that it can be streamed from any byte on."""

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import asyncpg

from store.database import Connection
from store.keys import AccountKeys, open_secret, seal_secret
from store.queries import load
from store.record import AccountId, ConnectionId, OperationId

_SQL = load("exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One row."""

    operation_id: OperationId
    account_id: AccountId
    connection_id: ConnectionId
    seq: int
    sealed_layout: bytes = field(repr=False)
    finished_at: datetime | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def layout(self, keys: AccountKeys) -> bytes:
        """Open what the archive is made of."""
        return zlib.decompress(open_secret(keys, self.sealed_layout, _purpose(self.operation_id)))


async def put(
    connection: Connection,
    keys: AccountKeys,
    *,
    operation_id: OperationId,
    connection_id: ConnectionId,
    seq: int,
    layout: bytes,
    finished_at: datetime | None,
) -> None:
    """Keep a layout as far as it is made; it replaces what was kept of it before."""
    sealed = seal_secret(keys, zlib.compress(layout), _purpose(operation_id))
    await connection.execute(_SQL.put, operation_id, keys.account_id, connection_id, seq, sealed, finished_at)


async def get(connection: Connection, account_id: AccountId, operation_id: OperationId) -> Export | None:
    """Return an export, finished or not."""
    row = await connection.fetchrow(_SQL.get, account_id, operation_id)
    return Export.of(row) if row else None


async def forget(connection: Connection, account_id: AccountId, operation_id: OperationId) -> None:
    """Forget one that will not be finished. Idempotent."""
    await connection.execute(_SQL.forget, account_id, operation_id)


def _purpose(operation_id: OperationId) -> str:
    return f"export layout {operation_id}"
