"""Publish: signs what a log has sequenced, and writes it out. What one worker could not, another does later."""

import logging

from store import log
from store.errors import Conflict, StoreError, Unavailable
from store.log import Log
from store.record import AccountId
from workers.lease import Lease
from workers.runtime import Runtime

_log = logging.getLogger(__name__)


async def cover(runtime: Runtime, lease: Lease, what: str) -> None:
    """Let a checkpoint in the bucket cover what an operation has logged: only then is it complete.

    Unavailable when that cannot be done now. What came before is done and stays, so waiting is no failed attempt: the
    operation is tried again for as long as it takes.
    """
    account_id = lease.operation.account_id
    try:
        await Log(await runtime.repository(account_id)).publish()
    except (Unavailable, Conflict) as error:
        await lease.report({"note": "waiting for a checkpoint"}, advanced=True)
        raise Unavailable(f"{what} is made, and complete once a checkpoint covers it: {error}") from error


async def publish_left(runtime: Runtime) -> list[AccountId]:
    """Publish every log that has entries no checkpoint in the bucket covers; returns those that were.

    One account's fault keeps nobody else's log from being signed: it is told, and tried again with the next sweep.
    """
    done: list[AccountId] = []
    for account_id in await log.unpublished(runtime.database):
        try:
            await Log(await runtime.repository(account_id)).publish()
        except StoreError as error:
            _log.warning("the log of account %s is not published, which is tried again: %s", account_id, error)
        else:
            done.append(account_id)
    return done
