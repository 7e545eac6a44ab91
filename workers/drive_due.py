"""Drive due: starts a sync wherever a backup has left the copy behind."""

from collections.abc import Callable
from datetime import datetime

from store import drive, schedules
from store.database import Database
from store.errors import Conflict
from store.record import OperationId
from workers.queue import Queue, start_drive_sync


async def tick(database: Database, queue: Queue, clock: Callable[[], datetime]) -> list[OperationId]:
    """Start what is due; returns what was started. Nothing when another scheduler leads.

    What is due is asked of the snapshots themselves, so that no backup's end has to be heard for its copy to be made.
    """
    started: list[OperationId] = []
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        for account_id in await drive.due(connection, clock()):
            try:
                operation = await start_drive_sync(connection, account_id=account_id)
            except Conflict:
                # Somebody has just asked for one: that one does it.
                continue
            started.append(operation.operation_id)
    for operation_id in started:
        await queue.wake(operation_id)
    return started
