"""Database: the Postgres pool, and transactions bound to one account."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import asyncpg
import orjson

from store.errors import Unavailable
from store.migrations import migrate
from store.record import AccountId

Connection = asyncpg.pool.PoolConnectionProxy

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
_BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg says of a connection that died under a transaction: that it is used wrongly, or in a wrong state."""
_REFUSED = (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


async def _prepare(connection: asyncpg.Connection) -> None:
    """Read and write `jsonb` as Python values."""
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        schema="pg_catalog",
        format="binary",
    )


async def _leave(_: asyncpg.Connection) -> None:
    """Reset nothing, which would be one more question to Postgres after each transaction: its settings end with it."""


class Database:
    """A pool on one Postgres. Every use is a transaction that says whose rows it may see.

    Isolation between accounts is enforced twice: queries name the account, and row-level security hides every row of
    another one (`0001_the_first_snapshot.sql`). `system` lifts the second for what has no account yet: sign-in by
    token, the schedule, the sweeper.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> Self:
        """Connect; Unavailable when Postgres does not answer. Does not migrate."""
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=connections, init=_prepare, reset=_leave, command_timeout=600
            )
        except (*_LOST, *_REFUSED) as error:
            # The URL holds a password: name the kind of fault, never the address as given.
            raise Unavailable(f"Postgres does not let us in: {type(error).__name__}") from None
        return cls(pool)

    async def close(self) -> None:
        """Close every connection; running queries are given ten seconds."""
        try:
            async with asyncio.timeout(10):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()

    async def migrate(self) -> list[str]:
        """Bring the schema up to date; returns the names of the migrations that ran. Safe to call from many at once."""
        async with self.pool.acquire() as connection:
            return await migrate(connection)

    @asynccontextmanager
    async def account(self, account_id: AccountId) -> AsyncIterator[Connection]:
        """Open a transaction that sees this account only."""
        async with self._transaction("holdfast.account", str(account_id)) as connection:
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Connection]:
        """Open a transaction that sees every account: for sign-in, the schedule and the sweeper alone."""
        async with self._transaction("holdfast.system", "on") as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, setting: str, value: str) -> AsyncIterator[Connection]:
        try:
            connection = await self.pool.acquire()
        except (*_LOST, *_REFUSED, *_BROKEN) as error:
            raise Unavailable(f"Postgres does not answer: {type(error).__name__}") from error
        try:
            async with connection.transaction():
                await connection.execute("select set_config($1, $2, true)", setting, value)
                yield connection
        except (*_LOST, *_BROKEN) as error:
            raise Unavailable(f"Postgres was lost during a transaction: {type(error).__name__}") from error
        finally:
            # The pool drops one that is broken; what it says of that is no news.
            with suppress(*_LOST, *_BROKEN):
                await self.pool.release(connection)
