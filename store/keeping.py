"""Keeping: the order between what adds to an account's store and what takes from it, and the holds that forbid taking.

Whoever commits to what is stored already (a chunk that need not be stored again, a tree node) calls `adding` in the
transaction that does so; whoever takes away calls `taking` in the one that lets go of the rows. Takers wait for adders
and adders for takers, for as long as those transactions last, never for a whole cycle: what a cycle relied on and
lost, its commit finds out (`store.commit`). Objects go after the rows, in transactions that call `still_taking`, so
that a hold that is placed meanwhile stops them.

A pack's rows are inserted under locks on rows alone (`storing`): its cycle may be committing on another connection,
which waits for it, and must not in turn wait for a taker that waits for the commit.

Lock order: the account's store, its holds, packs, a connection, the log.
"""

from collections.abc import Collection

from store.database import Connection
from store.errors import Held, KeyMissing, Outdated
from store.queries import load
from store.record import AccountId, ConnectionId

_SQL = load("keeping")


async def adding(connection: Connection, account_id: AccountId) -> None:
    """Let nothing be taken away until this transaction ends. KeyMissing when the account is being erased."""
    await connection.execute(_SQL.lock_store_shared, str(account_id))
    await _need_open(connection, account_id)


async def storing(connection: Connection, account_id: AccountId, pack_nos: Collection[int]) -> None:
    """Let these packs not be taken away until this transaction ends, which inserts one that leans on them.

    Outdated when one of them is gone; KeyMissing when the account is being erased.
    """
    if not await connection.fetchval(_SQL.lock_open, account_id):
        raise _closed(account_id)
    if pack_nos and len(await connection.fetch(_SQL.lock_packs_shared, account_id, list(pack_nos))) < len(pack_nos):
        raise Outdated("a pack whose block served as a dictionary was taken away meanwhile")


async def taking(connection: Connection, account_id: AccountId, connection_id: ConnectionId | None = None) -> None:
    """Let nothing be added until this transaction ends. Held when a hold forbids taking.

    A connection's own snapshots are held by holds on it and on its account; what connections share, by any hold.
    """
    await connection.execute(_SQL.lock_store, str(account_id))
    await still_taking(connection, account_id, connection_id)


async def still_taking(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId | None = None
) -> None:
    """Let no hold be placed until this transaction ends. Held when there is one."""
    await connection.execute(_SQL.lock_holds_shared, str(account_id))
    hold_id = await connection.fetchval(_SQL.holding, account_id, connection_id)
    if hold_id is not None:
        raise Held(f"legal hold {hold_id} forbids taking anything away")


async def holding(connection: Connection, account_id: AccountId) -> None:
    """Wait until nothing is being taken away, and let nobody begin until this transaction ends.

    KeyMissing when the account is being erased: that cannot be stopped any more.
    """
    await connection.execute(_SQL.lock_holds, str(account_id))
    await _need_open(connection, account_id)


async def _need_open(connection: Connection, account_id: AccountId) -> None:
    if not await connection.fetchval(_SQL.is_open, account_id):
        raise _closed(account_id)


def _closed(account_id: AccountId) -> KeyMissing:
    return KeyMissing(f"account {account_id} is being erased, or was: nothing can be added to it")
