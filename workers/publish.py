"""Publish: signs and writes out what a commit left unsigned, because the bucket did not answer or a worker died."""

import logging

from store import log
from store.errors import StoreError
from store.log import Log
from store.record import AccountId
from workers.runtime import Runtime

_log = logging.getLogger(__name__)


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
