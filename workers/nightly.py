"""Nightly: the share of every account's packs that is read back each night."""

from collections.abc import Callable
from datetime import datetime

from store import schedules
from store.database import Database
from store.record import OperationId
from workers.queue import Queue, start_verification
from workers.schedule import LONGEST_WAIT, next_night
from workers.verify import ROLLING


async def tick(database: Database, queue: Queue, clock: Callable[[], datetime]) -> list[OperationId]:
    """Start what is due and say when each is due next; returns what was started. Nothing when another scheduler leads.

    Nights that were missed are made up for at once, and once: packs that waited too long are in the next share.
    """
    started: list[OperationId] = []
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        now = clock()
        for watch in [
            *await schedules.to_verify(connection, now),
            *await schedules.verifications_astray(connection, now + LONGEST_WAIT),
        ]:
            next_at = next_night(watch.time_zone, watch.account_id, now)
            await schedules.set_next_verification(connection, watch.account_id, next_at)
            if watch.is_due:
                operation = await start_verification(connection, account_id=watch.account_id, depth=ROLLING)
                started.append(operation.operation_id)
    for operation_id in started:
        await queue.wake(operation_id)
    return started
