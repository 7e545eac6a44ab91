"""Sweep: wakes operations whose wake-up was lost and those whose worker died."""

from datetime import timedelta

from store import operations
from store.database import Database
from store.record import OperationId
from workers.queue import Queue

IDLE = timedelta(seconds=30)
"""How long a queued operation may wait before its wake-up is held for lost."""


async def sweep(
    database: Database, queue: Queue, *, idle: timedelta = IDLE, new_idle: timedelta | None = None
) -> list[OperationId]:
    """Send every operation that should be running and is not; returns what was sent.

    A message too many does no harm: an operation is claimed once.
    """
    async with database.system() as connection:
        waiting = await operations.due(connection, idle=idle, new_idle=new_idle)
    for operation_id in waiting:
        await queue.wake(operation_id)
    return waiting
