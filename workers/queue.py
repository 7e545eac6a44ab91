"""Queue: typed calls that start long work. The row is written first; the message only wakes a worker."""

import asyncio
import logging
from typing import Protocol

from store import operations
from store.database import Connection
from store.operations import Operation, OperationKind
from store.record import AccountId, ConnectionId, MemberId, OperationId

_log = logging.getLogger(__name__)


class Send(Protocol):
    """Puts an operation's id on the broker."""

    def __call__(self, operation_id: str) -> object:
        """Block until the broker has it; raises whatever the broker's client raises."""
        ...


async def start_backup(
    connection: Connection,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    created_by: MemberId | None = None,
    full: bool = False,
) -> Operation:
    """Queue a backup in the caller's transaction; Conflict when one is queued or running.

    Call `Queue.wake` once that transaction has committed: a worker must find the row.
    """
    return await operations.create(
        connection,
        account_id=account_id,
        kind=OperationKind.BACKUP,
        connection_id=connection_id,
        arguments={"full": True} if full else {},
        created_by=created_by,
    )


class Queue:
    """Sends wake-ups through the broker."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def wake(self, operation_id: OperationId) -> None:
        """Wake a worker for an operation. Never raises: a wake-up that is lost is sent again by the sweeper."""
        try:
            # The brokers' clients block.
            await asyncio.to_thread(self._send, str(operation_id))
        except Exception as error:  # noqa: BLE001 - each broker's client has its own errors
            _log.warning("wake-up of operation %s was not sent: %s", operation_id, type(error).__name__)
