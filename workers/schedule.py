"""Schedule: one cycle a day per connection, in the evening of the account's time zone; by the week, a full one."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from connectors.base import FullReason
from store import schedules
from store.database import Connection, Database
from store.errors import Conflict
from store.record import AccountId, ConnectionId, OperationId
from workers.queue import Queue, start_backup

EVENING = (time(18), time(0))
"""When cycles start, local time: until midnight."""
NIGHT = (time(2), time(6))
"""When verifications start, local time."""
FULL_EVERY_DAYS = 7
LONGEST_WAIT = timedelta(days=3)
"""From one evening, or night, to the next: about two days where a zone leaves one out."""


def next_evening(time_zone: str, connection_id: ConnectionId, after: datetime) -> datetime:
    """Return the first moment after `after` at which this connection's daily cycle starts, in UTC.

    Every connection has its own place in the window, spread by hash so that load is even, and keeps it. The place is
    a share of the time that really passes between 18:00 and midnight: on an evening that a change of clocks makes
    shorter or longer, the moment still lies in the window. A day that the zone leaves out has no evening.
    """
    return _next_in(time_zone, EVENING, _share(connection_id), after)


def next_night(time_zone: str, account_id: AccountId, after: datetime) -> datetime:
    """Return the first moment after `after` at which this account's nightly verification starts, in UTC.

    Between 02:00 and 06:00, when its backups are done, at a place of its own like theirs.
    """
    return _next_in(time_zone, NIGHT, _share(account_id), after)


def next_full(connection_id: ConnectionId, after: datetime, *, every_days: int) -> datetime:
    """Return the first midnight (UTC) after `after` from which on this connection's next cycle reads everything.

    Every connection has a day of its own, spread by hash, so that of all connections as many are read in full on one
    day as on another.
    """
    day = after.astimezone(UTC).date() + timedelta(days=1)
    day += timedelta(days=(_number(connection_id) - day.toordinal()) % every_days)
    return datetime.combine(day, time(0), UTC)


def _next_in(time_zone: str, hours: tuple[time, time], share: float, after: datetime) -> datetime:
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        window = _window(zone, day, hours)
        if window is not None:
            opens, closes = window
            moment = opens + (closes - opens) * share
            if moment > after:
                return moment
        day += timedelta(days=1)


def _window(zone: ZoneInfo, day: date, hours: tuple[time, time]) -> tuple[datetime, datetime] | None:
    first, last = hours
    end = day if last > first else day + timedelta(days=1)
    opens = datetime.combine(day, first, zone).astimezone(UTC)
    closes = datetime.combine(end, last, zone).astimezone(UTC)
    if opens.astimezone(zone).date() != day or closes <= opens:
        return None
    return opens, closes


def _share(key: UUID) -> float:
    return _number(key) / 2**48


def _number(key: UUID) -> int:
    return int.from_bytes(hashlib.sha256(key.bytes).digest()[:6])


async def tick(
    database: Database, queue: Queue, clock: Callable[[], datetime], *, full_every_days: int = FULL_EVERY_DAYS
) -> list[OperationId]:
    """Start what is due and say when each is due next; returns what was started. Nothing when another scheduler leads.

    A cycle that was missed while no scheduler ran is due at once, and once: its next turn is counted from now. So is a
    turn that a clock which was wrong has put too far ahead.
    """
    started: list[OperationId] = []
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        now = clock()
        latest_full = now + timedelta(days=full_every_days + 1)
        for turn in [
            *await schedules.unscheduled(connection),
            *await schedules.astray(connection, next_after=now + LONGEST_WAIT, full_after=latest_full),
        ]:
            await schedules.set_next(connection, turn, next_evening(turn.time_zone, turn.connection_id, now))
            full_at = next_full(turn.connection_id, now, every_days=full_every_days)
            await schedules.set_next_full(connection, turn.connection_id, full_at)
        for turn in await schedules.due(connection, now):
            await schedules.set_next(connection, turn, next_evening(turn.time_zone, turn.connection_id, now))
            if turn.is_paused:
                continue
            is_full = turn.next_full_at is None or turn.next_full_at <= now
            try:
                operation = await start_backup(
                    connection,
                    account_id=turn.account_id,
                    connection_id=turn.connection_id,
                    full=FullReason.SCHEDULED if is_full else False,
                )
            except Conflict:
                # One is running or waiting already: that one is this evening's cycle.
                continue
            await schedules.started(connection, turn.connection_id, now)
            started.append(operation.operation_id)
    for operation_id in started:
        await queue.wake(operation_id)
    return started


async def reschedule(connection: Connection, account_id: AccountId, time_zone: str, now: datetime) -> None:
    """Move an account's next cycles and verification to the evenings and nights of another time zone.

    What is due already stays due.
    """
    for turn in await schedules.of_account(connection, account_id, not_before=now):
        await schedules.set_next(connection, turn, next_evening(time_zone, turn.connection_id, now))
    await schedules.move_verification(connection, account_id, next_night(time_zone, account_id, now), not_before=now)
