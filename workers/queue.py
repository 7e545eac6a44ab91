"""Queue: typed calls that start long work. The row is written first; the message only wakes a worker."""

import asyncio
import logging
from collections.abc import Sequence

from dramatiq import Broker, Message

from connectors.base import FullReason
from store import erasures, holds, keeping, operations, restores
from store.database import Connection
from store.keys import AccountKeys
from store.operations import Operation, OperationKind
from store.record import AccountId, ConnectionId, ExternalId, Kind, MemberId, OperationId, WorkspaceId
from store.restores import RestorePlan
from workers.broker import PERFORM, QUEUE
from workers.restoring.asked import Asked
from workers.restoring.into import Into

_log = logging.getLogger(__name__)


async def start_backup(
    connection: Connection,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    created_by: MemberId | None = None,
    full: bool | FullReason = False,
) -> Operation:
    """Queue a backup in the caller's transaction; Conflict when one is queued or running. `full` reads everything.

    Call `Queue.wake` once that transaction has committed: a worker must find the row.
    """
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.BACKUP,
        connection_id=connection_id,
        arguments={"full": full if isinstance(full, FullReason) else FullReason.ASKED} if full else {},
        created_by=created_by,
    )


async def start_verification(
    connection: Connection, *, account_id: AccountId, depth: str, created_by: MemberId | None = None
) -> Operation:
    """Queue a verification of all that an account stores, in the caller's transaction. Wake it like a backup."""
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.VERIFICATION,
        connection_id=None,
        arguments={"depth": depth},
        created_by=created_by,
    )


async def start_drive_sync(
    connection: Connection, *, account_id: AccountId, created_by: MemberId | None = None, repair: bool = False
) -> Operation:
    """Queue a sync of an account's Google Drive in the caller's transaction; Conflict when one is queued or running.

    `repair` puts back what people changed in the copy. Wake it like a backup.
    """
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.DRIVE_SYNC,
        connection_id=None,
        arguments={"repair": True} if repair else {},
        created_by=created_by,
    )


async def plan_restore(
    connection: Connection, *, account_id: AccountId, asked: Asked, created_by: MemberId | None = None
) -> Operation:
    """Queue the planning of a restore, in the caller's transaction. Wake it like a backup."""
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.RESTORE_PLAN,
        connection_id=asked.target_connection_id,
        arguments=asked.encode(),
        created_by=created_by,
    )


async def start_restore(connection: Connection, plan: RestorePlan, *, created_by: MemberId | None = None) -> Operation:
    """Queue the carrying out of a plan; Conflict when a restore into its connection is queued or running."""
    operation = await operations.create(
        connection,
        account_id=plan.account_id,
        kind=OperationKind.RESTORE,
        connection_id=plan.target_connection_id,
        arguments={"plan_id": str(plan.plan_id), "digest": plan.digest.hex()},
        created_by=created_by,
    )
    await restores.start(connection, plan.account_id, plan.plan_id, operation.operation_id)
    return operation


async def start_expiry(
    connection: Connection, *, account_id: AccountId, created_by: MemberId | None = None
) -> Operation:
    """Queue giving up what an account's retention does not keep, in the caller's transaction. Wake it like a backup."""
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.EXPIRY,
        connection_id=None,
        arguments={},
        created_by=created_by,
    )


async def start_account_erasure(
    connection: Connection, *, account_id: AccountId, reason: str, by: str, created_by: MemberId | None = None
) -> Operation:
    """Queue erasing all that an account stores, in the caller's transaction. Wake it like a backup.

    Held when a legal hold lies on it or on a connection of it.
    """
    await keeping.still_taking(connection, account_id)
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.ERASURE,
        connection_id=None,
        arguments={"scope": "account", "reason": holds.valid_reason(reason), "by": by},
        created_by=created_by,
    )


async def start_record_erasure(
    connection: Connection,
    keys: AccountKeys,
    request: erasures.Request,
    *,
    dry_run: bool,
    created_by: MemberId | None = None,
) -> Operation:
    """Queue erasing chosen records, in the caller's transaction. Wake it like a backup.

    Held when a legal hold lies on the account or a connection of it; Invalid and NotFound as `store.erasures.create`.
    """
    await keeping.still_taking(connection, keys.account_id)
    erasure_id = await erasures.create(connection, keys, request)
    return await operations.create(
        connection,
        account_id=keys.account_id,
        kind=OperationKind.ERASURE,
        connection_id=None,
        arguments={"scope": "records", "erasure_id": str(erasure_id), "dry_run": dry_run},
        created_by=created_by,
    )


async def start_drill(
    connection: Connection,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    into: Into,
    created_by: MemberId | None = None,
) -> Operation:
    """Queue a drill: a sample of a connection restored, compared and thrown away. Wake it like a backup."""
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.DRILL,
        connection_id=connection_id,
        arguments={"into": into.value},
        created_by=created_by,
    )


async def start_export(
    connection: Connection,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    seq: int,
    workspaces: Sequence[WorkspaceId] = (),
    records: Sequence[tuple[Kind, ExternalId]] = (),
    created_by: MemberId | None = None,
) -> Operation:
    """Queue the measuring of an export: of a whole snapshot unless told which workspaces, or which records."""
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.EXPORT,
        connection_id=connection_id,
        arguments={"seq": seq, "workspaces": list(workspaces), "records": [list(key) for key in records]},
        created_by=created_by,
    )


class Queue:
    """Sends wake-ups through the broker."""

    def __init__(self, broker: Broker) -> None:
        broker.declare_queue(QUEUE)
        self._broker = broker

    async def wake(self, operation_id: OperationId) -> None:
        """Wake a worker for an operation. Never raises: a wake-up that is lost is sent again by the sweeper."""
        message: Message[None] = Message(
            queue_name=QUEUE, actor_name=PERFORM, args=(str(operation_id),), kwargs={}, options={}
        )
        try:
            # The brokers' clients block.
            await asyncio.to_thread(self._broker.enqueue, message)
        except Exception as error:  # noqa: BLE001 - each broker's client has its own errors
            _log.warning("wake-up of operation %s was not sent: %s", operation_id, type(error).__name__)
