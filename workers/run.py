"""Run: claim an operation, do what its kind says, and finish its row, whatever happens."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from store.operations import OperationKind
from store.record import JsonObject, OperationId
from workers import capture, drive_sync, erase, expire, verify
from workers.exporting import perform as exporting
from workers.faults import Fault, FaultCode, WorkerLost, explain
from workers.lease import MOST_ATTEMPTS, Cancelled, Lease, LeaseLost, Paused, claim
from workers.queue import Queue
from workers.restoring import drill, planning
from workers.restoring import perform as restoring
from workers.runtime import Runtime
from workers.turn import TurnOver

_log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one kind of operation does."""

    perform: Callable[[Runtime, Lease], Awaitable[JsonObject]]
    """Asks the lease whether to stop, first and again and again, until what it does cannot be undone any more."""
    forget: Callable[[Runtime, Lease], Awaitable[None]]
    """Clears up after what was cancelled or failed for good."""


WORK: Mapping[str, Work] = {
    OperationKind.BACKUP: Work(perform=capture.perform, forget=capture.forget),
    OperationKind.VERIFICATION: Work(perform=verify.perform, forget=verify.forget),
    OperationKind.RESTORE_PLAN: Work(perform=planning.perform, forget=planning.forget),
    OperationKind.RESTORE: Work(perform=restoring.perform, forget=restoring.forget),
    OperationKind.EXPORT: Work(perform=exporting.perform, forget=exporting.forget),
    OperationKind.DRILL: Work(perform=drill.perform, forget=drill.forget),
    OperationKind.DRIVE_SYNC: Work(perform=drive_sync.perform, forget=drive_sync.forget),
    OperationKind.EXPIRY: Work(perform=expire.perform, forget=expire.forget),
    OperationKind.ERASURE: Work(perform=erase.perform, forget=erase.forget),
}


async def perform(runtime: Runtime, queue: Queue, operation_id: OperationId) -> None:
    """Do an operation, or nothing when it is not this worker's to do. Idempotent; safe in many workers at once."""
    lease = await claim(runtime.database, operation_id, kinds=WORK)
    if lease is None:
        return
    work = WORK[lease.operation.kind]
    async with lease:
        try:
            _check(lease)
            await lease.succeed(await work.perform(runtime, lease))
        except Cancelled:
            await work.forget(runtime, lease)
            await lease.cancel()
        except LeaseLost:
            _log.warning("operation %s is somebody else's now", operation_id)
        except Paused:
            await lease.release(timedelta(0))
        except TurnOver:
            await lease.release(timedelta(0))
            await queue.wake(operation_id)
        except asyncio.CancelledError:
            # The worker stops. Another one, or this one when it is back, goes on from the last checkpoint.
            await asyncio.shield(lease.release(timedelta(0)))
            raise
        except Exception as error:  # noqa: BLE001 - the row must say what happened, whatever it was
            await _end_badly(runtime, queue, lease, error)


def _check(lease: Lease) -> None:
    if lease.attempt > MOST_ATTEMPTS:
        raise WorkerLost


async def _end_badly(runtime: Runtime, queue: Queue, lease: Lease, error: Exception) -> None:
    """Try again later where that may help and has not been tried often enough; else the operation has failed."""
    fault = explain(error)
    if fault.code is FaultCode.INTERNAL:
        _log.error("operation %s failed", lease.operation.operation_id, exc_info=error)
    if fault.retry_after is None or lease.is_last_attempt:
        await WORK[lease.operation.kind].forget(runtime, lease)
        await lease.fail(fault.code, fault.message)
        return
    await lease.release(_wait(fault, lease), code=fault.code, message=fault.message)
    if not fault.retry_after:
        await queue.wake(lease.operation.operation_id)


def _wait(fault: Fault, lease: Lease) -> timedelta:
    """Twice as long after each attempt that got no further; never less than the app asks for, be it until midnight."""
    assert fault.retry_after is not None
    doubled = min(fault.retry_after * (1 << (lease.attempt - 1)), LONGEST_WAIT)
    return max(fault.retry_after, doubled)
