"""Nightly: the share of every account's packs that is read back each night, and what is given up and swept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid5

from store import schedules
from store.database import Connection, Database
from store.operations import Operation
from store.record import AccountId, OperationId
from workers.queue import Queue, start_expiry, start_verification
from workers.schedule import LONGEST_WAIT, next_night
from workers.verify import ROLLING

SWEEP = timedelta(days=7)
"""How long apart the packs of an account are swept that keeps every snapshot: only broken cycles leave some."""


async def tick(database: Database, queue: Queue, clock: Callable[[], datetime]) -> list[OperationId]:
    """Start what is due and say when each is due next; returns what was started. Nothing when another scheduler leads.

    Nights that were missed are made up for at once, and once: packs that waited too long are in the next share.
    """
    async with database.system() as connection:
        if not await schedules.lead(connection):
            return []
        now = clock()
        started = [*await _verifications(connection, now), *await _expiries(connection, now)]
    for operation in started:
        await queue.wake(operation.operation_id)
    return [operation.operation_id for operation in started]


async def _verifications(connection: Connection, now: datetime) -> list[Operation]:
    started: list[Operation] = []
    for watch in [
        *await schedules.to_verify(connection, now),
        *await schedules.verifications_astray(connection, now + LONGEST_WAIT),
    ]:
        next_at = next_night(watch.time_zone, watch.account_id, now)
        await schedules.set_next_verification(connection, watch.account_id, next_at)
        if watch.is_due:
            started.append(await start_verification(connection, account_id=watch.account_id, depth=ROLLING))
    return started


async def _expiries(connection: Connection, now: datetime) -> list[Operation]:
    started: list[Operation] = []
    for clearing in await schedules.to_clear(connection, now, astray_after=now + LONGEST_WAIT + SWEEP):
        often = clearing.has_retention or not clearing.is_due
        # A place in the night of its own, or each account would do both at once.
        place = AccountId(uuid5(clearing.account_id, "expiry"))
        next_at = next_night(clearing.time_zone, place, now if often else now + SWEEP - timedelta(days=1))
        await schedules.set_next_expiry(connection, clearing.account_id, next_at)
        if clearing.is_due and not clearing.is_held:
            started.append(await start_expiry(connection, account_id=clearing.account_id))
    return started
