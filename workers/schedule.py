"""Schedule: one cycle a day per connection, in the evening of the account's time zone."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store import schedules
from store.database import Database
from store.errors import Conflict
from store.record import ConnectionId, OperationId
from workers.queue import Queue, start_backup

EVENING = time(18)
"""The window opens here and closes at midnight, local time."""


def next_evening(time_zone: str, connection_id: ConnectionId, after: datetime) -> datetime:
    """Return the first moment after `after` at which this connection's daily cycle starts, in UTC.

    Every connection has its own place in the window, spread by hash so that load is even, and keeps it. The place is
    a share of the time that really passes between 18:00 and midnight: on an evening that a change of clocks makes
    shorter or longer, the moment still lies in the window. A day that the zone leaves out has no evening.
    """
    zone = ZoneInfo(time_zone)
    share = _share(connection_id)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        window = _window(zone, day)
        if window is not None:
            opens, closes = window
            moment = opens + (closes - opens) * share
            if moment > after:
                return moment
        day += timedelta(days=1)


def _window(zone: ZoneInfo, day: date) -> tuple[datetime, datetime] | None:
    opens = datetime.combine(day, EVENING, zone).astimezone(UTC)
    closes = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    if opens.astimezone(zone).date() != day or closes <= opens:
        return None
    return opens, closes


def _share(connection_id: ConnectionId) -> float:
    digest = hashlib.sha256(connection_id.bytes).digest()
    return int.from_bytes(digest[:6]) / 2**48


async def tick(database: Database, queue: Queue, clock: Callable[[], datetime]) -> list[OperationId]:
    """Start what is due and say when each is due next; returns what was started. Nothing when another scheduler leads.

    A cycle that was missed while no scheduler ran is due at once, and once: its next turn is counted from now.
    """
    started: list[OperationId] = []
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        now = clock()
        for turn in await schedules.unscheduled(connection):
            await schedules.set_next(connection, turn, next_evening(turn.time_zone, turn.connection_id, now))
        for turn in await schedules.due(connection, now):
            await schedules.set_next(connection, turn, next_evening(turn.time_zone, turn.connection_id, now))
            if turn.is_paused:
                continue
            try:
                operation = await start_backup(connection, account_id=turn.account_id, connection_id=turn.connection_id)
            except Conflict:
                # One is running or waiting already: that one is this evening's cycle.
                continue
            await schedules.started(connection, turn.connection_id, now)
            started.append(operation.operation_id)
    for operation_id in started:
        await queue.wake(operation_id)
    return started
