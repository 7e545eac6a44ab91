"""Drilling: a drill of every connection, once in so many days, at night."""

from collections.abc import Callable
from datetime import datetime, timedelta

from store import schedules
from store.database import Database
from store.record import OperationId
from workers.queue import Queue, start_drill
from workers.restoring.into import Into
from workers.schedule import next_full, next_night

DRILL_EVERY_DAYS = 30


async def tick(
    database: Database, queue: Queue, clock: Callable[[], datetime], *, every_days: int, into: Into
) -> list[OperationId]:
    """Start what is due and say when each is due next; returns what was started. Nothing when another scheduler leads.

    Each connection has a day of its own, so that of all connections as many are drilled on one day as on another.
    """
    started: list[OperationId] = []
    if every_days == 0:
        return started
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        now = clock()
        for turn, is_due in await schedules.to_drill(connection, now, now + timedelta(days=every_days + 2)):
            day = next_full(turn.connection_id, now, every_days=every_days)
            await schedules.set_next_drill(connection, turn, next_night(turn.time_zone, turn.account_id, day))
            if is_due and not turn.is_paused:
                operation = await start_drill(
                    connection, account_id=turn.account_id, connection_id=turn.connection_id, into=into
                )
                started.append(operation.operation_id)
    for operation_id in started:
        await queue.wake(operation_id)
    return started
