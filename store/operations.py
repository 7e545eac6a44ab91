"""Operations: long work, whose row in Postgres is the truth; a broker message only carries the wake-up.

States, and what moves an operation from one to the next:

    queued ──claim──▶ running ──finish──▶ succeeded | failed | cancelled
      ▲  └─request_cancel─▶ cancelled (only what never started)
      └──────release──────┘     (a passing fault, or a long cycle giving others their turn)

A paused operation is queued, or goes there at its next step, and is not claimed until it is resumed.

A running operation is leased to one worker at a time. A worker that dies stops renewing its lease, and once that has
passed the operation can be claimed again. Whoever lost a lease can no longer change the row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

import asyncpg

from store import queries
from store.database import Connection
from store.errors import Conflict, NotFound
from store.record import AccountId, ConnectionId, JsonObject, MemberId, OperationId

CHANNEL = "holdfast_operations"
"""Where every change is announced (`listen holdfast_operations`); the payload is the operation's id."""

WARNINGS_KEPT = 100
"""How many warnings lie on the row. All are counted, and all are in the snapshot's ledger."""

_SQL = queries.load("operations")


class OperationKind(StrEnum):
    """What is being done."""

    BACKUP = "backup"
    VERIFICATION = "verification"
    RESTORE_PLAN = "restore_plan"
    RESTORE = "restore"
    DRILL = "drill"
    EXPORT = "export"
    DRIVE_SYNC = "drive_sync"
    EXPIRY = "expiry"
    ERASURE = "erasure"


class OperationStatus(StrEnum):
    """Where it stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return not _NEXT[self]

    def may_become(self, other: "OperationStatus") -> bool:
        """Whether an operation in this state can move to the other."""
        return other in _NEXT[self]


_NEXT: Mapping[OperationStatus, frozenset[OperationStatus]] = {
    OperationStatus.QUEUED: frozenset({OperationStatus.RUNNING, OperationStatus.CANCELLED}),
    OperationStatus.RUNNING: frozenset(
        {
            OperationStatus.RUNNING,  # the lease passed, and another worker took over
            OperationStatus.QUEUED,
            OperationStatus.SUCCEEDED,
            OperationStatus.FAILED,
            OperationStatus.CANCELLED,
        }
    ),
    OperationStatus.SUCCEEDED: frozenset(),
    OperationStatus.FAILED: frozenset(),
    OperationStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row. `progress` is `{"done", "total", "note", "records", "files", "bytes"}`, of which any may be absent."""

    operation_id: OperationId
    account_id: AccountId
    connection_id: ConnectionId | None
    kind: str
    status: OperationStatus
    arguments: JsonObject
    progress: JsonObject
    warnings: list[JsonObject]
    """The first of them: `{"code", "where", "message"}`."""
    warning_count: int
    error_code: str | None
    """Why it failed, or, on a queued one, why the last attempt did not succeed."""
    error_message: str | None
    result: JsonObject | None
    cancel_requested: bool
    paused: bool
    """Whether somebody asked it to wait."""
    attempt: int
    """How often it was claimed since it last advanced: an operation that kills its workers must end."""
    lease_owner: str | None
    lease_until: datetime | None
    run_after: datetime
    created_by: MemberId | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime


async def create(
    connection: Connection,
    *,
    account_id: AccountId,
    kind: OperationKind,
    connection_id: ConnectionId | None,
    arguments: JsonObject,
    created_by: MemberId | None,
) -> Operation:
    """Add a queued operation; Conflict when the connection has a backup or a restore, or the account a Drive sync.

    That is: one that is queued or running.

    Send its wake-up after the transaction commits. One that is lost is sent again by the sweeper.
    """
    operation_id = OperationId(uuid4())
    try:
        # A savepoint, so that the caller's transaction survives the conflict and can read who was first.
        async with connection.transaction():
            row = await connection.fetchrow(
                _SQL.create, operation_id, account_id, connection_id, kind, arguments, created_by
            )
    except asyncpg.UniqueViolationError:
        whose = "account" if kind is OperationKind.DRIVE_SYNC else "connection"
        raise Conflict(f"this {whose} already has a {kind.value} queued or running") from None
    return _one(row)


async def get(connection: Connection, account_id: AccountId, operation_id: OperationId) -> Operation:
    """Read one; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.get, account_id, operation_id)
    if row is None:
        raise NotFound(f"no operation {operation_id}")
    return _one(row)


async def some(
    connection: Connection, account_id: AccountId, operation_ids: Iterable[OperationId]
) -> dict[OperationId, Operation]:
    """Read those of the ids that this account has."""
    rows = await connection.fetch(_SQL.some, account_id, list(operation_ids))
    return {row["operation_id"]: _one(row) for row in rows}


async def active_backup(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> Operation | None:
    """Return the connection's queued or running backup: there is at most one."""
    return _maybe(await connection.fetchrow(_SQL.active_backup, account_id, connection_id))


async def active_restore(
    connection: Connection, account_id: AccountId, connection_id: ConnectionId
) -> Operation | None:
    """Return the queued or running restore into a connection: there is at most one."""
    return _maybe(await connection.fetchrow(_SQL.active_restore, account_id, connection_id))


async def active_drive_sync(connection: Connection, account_id: AccountId) -> Operation | None:
    """Return the account's queued or running Drive sync: there is at most one."""
    return _maybe(await connection.fetchrow(_SQL.active_drive_sync, account_id))


async def page(
    connection: Connection,
    account_id: AccountId,
    *,
    connection_id: ConnectionId | None = None,
    beyond: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[Operation]:
    """List operations, newest first (`backwards`: oldest first), beyond the given `(created_at, operation_id)`."""
    created_at, operation_id = beyond or (None, None)
    query = _SQL.page_back if backwards else _SQL.page
    rows = await connection.fetch(query, account_id, connection_id, created_at, operation_id, limit)
    return [_one(row) for row in rows]


async def count(
    connection: Connection, account_id: AccountId, *, connection_id: ConnectionId | None = None, limit: int
) -> int:
    """Count them, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, connection_id, limit))


async def claim(
    connection: Connection,
    operation_id: OperationId,
    *,
    owner: str,
    lease: timedelta,
    kinds: Iterable[str] = tuple(OperationKind),
) -> Operation | None:
    """Take an operation for this worker; None when it is finished, not due, or somebody else's.

    While an erasure runs, no other operation of its account is given out. One of a kind that the worker does not know
    waits for a newer worker.
    """
    await connection.execute(_SQL.lock_claims, operation_id)
    return _maybe(await connection.fetchrow(_SQL.claim, operation_id, owner, lease, list(kinds)))


async def others_running(connection: Connection, account_id: AccountId, operation_id: OperationId) -> int:
    """Count the account's other operations that a living worker has."""
    return int(await connection.fetchval(_SQL.others_running, account_id, operation_id))


async def heartbeat(
    connection: Connection, operation_id: OperationId, *, owner: str, lease: timedelta
) -> Operation | None:
    """Renew the lease, and see whether it was asked to stop; None when the lease was lost."""
    return _maybe(await connection.fetchrow(_SQL.heartbeat, operation_id, owner, lease))


async def report(
    connection: Connection,
    operation_id: OperationId,
    *,
    owner: str,
    progress: JsonObject,
    warnings: Sequence[JsonObject] = (),
    advanced: bool = False,
) -> Operation | None:
    """Say how far it is, and all it warned of so far; None when the lease was lost.

    `advanced`: what is done up to here will not be done again.
    """
    kept = list(warnings[:WARNINGS_KEPT])
    return _maybe(await connection.fetchrow(_SQL.report, operation_id, owner, progress, kept, len(warnings), advanced))


async def succeed(
    connection: Connection, operation_id: OperationId, *, owner: str, result: JsonObject
) -> Operation | None:
    """Finish with a result; None when the lease was lost."""
    return await _finish(connection, operation_id, owner, OperationStatus.SUCCEEDED, result=result)


async def fail(
    connection: Connection, operation_id: OperationId, *, owner: str, code: str, message: str
) -> Operation | None:
    """Finish with one typed error; None when the lease was lost."""
    return await _finish(connection, operation_id, owner, OperationStatus.FAILED, code=code, message=message)


async def cancel(connection: Connection, operation_id: OperationId, *, owner: str) -> Operation | None:
    """Finish as was asked by `request_cancel`; None when the lease was lost."""
    return await _finish(connection, operation_id, owner, OperationStatus.CANCELLED)


async def release(
    connection: Connection,
    operation_id: OperationId,
    *,
    owner: str,
    after: timedelta,
    code: str | None = None,
    message: str | None = None,
) -> Operation | None:
    """Give a running operation back to the queue, to be claimed again after a while; None when the lease was lost.

    With a code this was a failed attempt; without, the worker merely stopped.
    """
    return _maybe(await connection.fetchrow(_SQL.release, operation_id, owner, after, code, message))


async def request_cancel(connection: Connection, account_id: AccountId, operation_id: OperationId) -> Operation:
    """Ask it to stop: at once where it never started, else when a worker next looks; wake one.

    A finished one stays as it is. NotFound when this account has none of that id.
    """
    row = await connection.fetchrow(_SQL.request_cancel, account_id, operation_id)
    return await get(connection, account_id, operation_id) if row is None else _one(row)


async def set_paused(
    connection: Connection, account_id: AccountId, operation_id: OperationId, *, paused: bool
) -> Operation:
    """Let it wait at its next step, or go on; wake a worker for what goes on. A finished one stays as it is.

    NotFound when this account has none of that id.
    """
    row = await connection.fetchrow(_SQL.set_paused, account_id, operation_id, paused)
    return await get(connection, account_id, operation_id) if row is None else _one(row)


async def hasten(connection: Connection, account_id: AccountId, operation_id: OperationId) -> None:
    """Let an operation that waits for another attempt be claimed now. Others stay as they are."""
    await connection.execute(_SQL.hasten, account_id, operation_id)


async def due(
    connection: Connection, *, idle: timedelta, new_idle: timedelta | None = None, limit: int = 1000
) -> list[OperationId]:
    """Return what should be running and is not: queued and untouched for a while, or leased by a worker that died.

    `new_idle`, where given, is how long one may wait that nothing has happened to since it was made.
    """
    rows = await connection.fetch(_SQL.due, idle if new_idle is None else new_idle, idle, limit)
    return [OperationId(row["operation_id"]) for row in rows]


async def expire_leases(connection: Connection) -> None:
    """Let everything that is running be claimed again. Only for who knows that no worker is alive."""
    await connection.execute(_SQL.expire_leases)


async def _finish(
    connection: Connection,
    operation_id: OperationId,
    owner: str,
    status: OperationStatus,
    *,
    result: JsonObject | None = None,
    code: str | None = None,
    message: str | None = None,
) -> Operation | None:
    return _maybe(await connection.fetchrow(_SQL.finish, operation_id, owner, status, result, code, message))


def _maybe(row: asyncpg.Record | None) -> Operation | None:
    return None if row is None else _one(row)


def _one(row: asyncpg.Record | None) -> Operation:
    assert row is not None
    fields = {name: row[name] for name in Operation.__dataclass_fields__}
    return Operation(**fields | {"status": OperationStatus(row["status"])})
