"""A scheduler process that ticks twice, to be killed: first to see who is there, then when every evening has come.

Reads JSON from standard input: `database_url`; and `die`, the point at which it kills itself.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

from store.database import Database
from tests.integration.workers.dying import arm
from workers import schedule
from workers.broker import open_broker
from workers.queue import Queue


async def main() -> None:
    given = json.loads(sys.stdin.read())
    if point := given.get("die"):
        arm(point)
    database, queue = await Database.open(given["database_url"], connections=2), Queue(open_broker(None))
    now = datetime.now(UTC)
    for moment in (now, now + timedelta(days=1)):
        await schedule.tick(database, queue, lambda moment=moment: moment)
    await database.close()


asyncio.run(main())
