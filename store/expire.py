"""Expire: gives up the snapshots that a retention does not keep, and logs it."""

from bisect import bisect
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from store import keeping, log_entry, retentions
from store.database import Connection
from store.log import Log
from store.queries import load
from store.record import AccountId, ConnectionId
from store.repository import Repository
from store.retention import Retention, Taken

_SQL = load("keeping")


async def expire(
    repository: Repository, connection_id: ConnectionId, retention: Retention, zone: ZoneInfo
) -> list[Taken]:
    """Give up what a retention does not keep of one connection; returns that. Held when a hold forbids it.

    One transaction: snapshots, the versions that no other one has, and the log's entries. A version that others have
    too then begins, or ends, with the first of them; two that are the same are one, once nothing lies between them.
    What only these snapshots needed is swept later (`store.sweep`).
    Idempotent. Publish the log next.
    """
    account_id = repository.account_id
    async with repository.database.account(account_id) as connection:
        # Most nights there is nothing to do, and no commit has to wait to be told so.
        if not await retentions.plan(connection, connection_id, retention, zone):
            return []
    async with repository.database.account(account_id) as connection:
        await keeping.taking(connection, account_id, connection_id)
        gone = await retentions.plan(connection, connection_id, retention, zone)
        if not gone:
            return []
        seqs = [one.seq for one in gone]
        kept = [one.seq for one in await retentions.taken(connection, connection_id) if one not in gone]
        # The newest is always kept, so that each has one behind it.
        nexts = [kept[bisect(kept, seq)] for seq in seqs]
        await connection.execute(_SQL.expire_snapshots, connection_id, seqs)
        for query in (_SQL.drop_versions, _SQL.begin_versions_later, _SQL.end_versions_later):
            await connection.execute(query, connection_id, seqs, nexts)
        await connection.execute(_SQL.join_versions, connection_id, sorted(set(nexts)))
        log = Log(repository)
        for entry in log_entry.expiries(
            repository.keys, connection_id, seqs, policy=str(retention), at=datetime.now(UTC)
        ):
            await log.append(connection, entry)
        return gone


async def uncleared(connection: Connection, account_id: AccountId) -> datetime | None:
    """Say when anything last expired whose space was not freed yet; None: all was."""
    found: datetime | None = await connection.fetchval(_SQL.uncleared, account_id)
    return found


async def cleared(connection: Connection, account_id: AccountId, until: datetime) -> None:
    """Note that the space of all that had expired until then was freed."""
    await connection.execute(_SQL.cleared, account_id, until)
