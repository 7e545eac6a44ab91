"""A worker process that performs one operation: `python -m tests.integration.workers.one_operation`, to be killed.

Reads JSON from standard input: `database_url`, `store_url`, `master_key`, `trello_url`, `operation_id`; and `die`, the
point at which it kills itself, where somebody else does not.
"""

import asyncio
import json
import sys
from uuid import UUID

from store import cycle
from store.record import OperationId
from tests.integration.workers.dying import arm
from workers import run
from workers.broker import open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.settings import Settings


async def main() -> None:
    given = json.loads(sys.stdin.read())
    # Each checkpoint is kept, so that the test need not wait a quarter of a minute for the first.
    cycle._SAVE_EVERY_SECONDS = 0
    if point := given.pop("die", None):
        arm(point)
    operation_id = OperationId(UUID(given.pop("operation_id")))
    runtime = await Runtime.open(Settings.load(**given, allow_private_addresses=True))
    await run.perform(runtime, Queue(open_broker(None)), operation_id)
    await runtime.close()


asyncio.run(main())
