"""Scheduler: looks every half minute for what is due. Any number may run; one leads."""

import asyncio
import logging
from datetime import UTC, datetime

from store.database import Database
from store.errors import StoreError
from workers import drilling, drive_due, nightly
from workers.drilling import DRILL_EVERY_DAYS
from workers.queue import Queue
from workers.restoring.into import Into
from workers.schedule import FULL_EVERY_DAYS, tick

_log = logging.getLogger(__name__)

TICK_SECONDS = 30.0


async def schedule_forever(
    database: Database,
    queue: Queue,
    *,
    full_every_days: int = FULL_EVERY_DAYS,
    drill_every_days: int = DRILL_EVERY_DAYS,
    drill_into: Into = Into.MEMORY,
) -> None:
    """Tick until cancelled. A tick that fails is logged: the next one finds the same work."""
    while True:
        try:
            started = await tick(database, queue, lambda: datetime.now(UTC), full_every_days=full_every_days)
            if started:
                _log.info("started %d scheduled backups", len(started))
            if verifying := await nightly.tick(database, queue, lambda: datetime.now(UTC)):
                _log.info("started %d nightly verifications", len(verifying))
            if copying := await drive_due.tick(database, queue, lambda: datetime.now(UTC)):
                _log.info("started %d syncs to Google Drive", len(copying))
            if drills := await drilling.tick(
                database, queue, lambda: datetime.now(UTC), every_days=drill_every_days, into=drill_into
            ):
                _log.info("started %d drills", len(drills))
        except StoreError as error:
            _log.warning("a tick of the schedule failed, and is tried again: %s", error)
        except Exception:  # noqa: BLE001 - a schedule that ended would be missed only in the evening
            _log.exception("a tick of the schedule failed, and is tried again")
        await asyncio.sleep(TICK_SECONDS)
