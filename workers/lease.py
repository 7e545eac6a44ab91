"""Lease: an operation held by this worker, renewed while it works; its progress and warnings go through here."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from store import operations
from store.database import Database
from store.errors import Unavailable
from store.operations import Operation
from store.record import JsonObject, OperationId

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long after its worker's last sign of life an operation can be claimed by another."""
HEARTBEAT_SECONDS = 15.0
MOST_ATTEMPTS = 6
"""An operation that was claimed so often without getting further fails."""
REPORT_SECONDS = 0.3
"""Progress is written no more often than this: a row's every version costs Postgres."""


class Cancelled(Exception):  # noqa: N818 - says what happened
    """Somebody asked for this operation to stop."""


class Paused(Exception):  # noqa: N818 - says what happened
    """Somebody asked for this operation to wait."""


class LeaseLost(Exception):  # noqa: N818 - says what happened
    """Another worker may have this operation now: stop without a trace."""


def new_owner() -> str:
    """Name one claim of one worker: host, process, and something that is never used twice."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:12]}"


async def claim(database: Database, operation_id: OperationId, *, kinds: Iterable[str]) -> "Lease | None":
    """Take an operation; None when there is nothing to do for this worker."""
    owner = new_owner()
    async with database.system() as connection:
        operation = await operations.claim(connection, operation_id, owner=owner, lease=LEASE, kinds=kinds)
    return None if operation is None else Lease(database, operation, owner)


class Lease:
    """Held while its `async with` runs. `check` tells when to stop."""

    def __init__(self, database: Database, operation: Operation, owner: str) -> None:
        self.operation = operation
        self._database = database
        self._owner = owner
        self._cancel_requested = operation.cancel_requested
        self._paused = operation.paused
        self.attempt = operation.attempt
        """How often it was claimed since it last advanced."""
        self._lost = False
        self._progress: JsonObject = dict(operation.progress)
        self._warnings: Sequence[JsonObject] = operation.warnings
        self._reported_at = -REPORT_SECONDS
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start renewing."""
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop renewing."""
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing

    @property
    def is_last_attempt(self) -> bool:
        """Whether the operation fails where this attempt gets no further."""
        return self.attempt >= MOST_ATTEMPTS

    def check(self) -> None:
        """Raise LeaseLost, Cancelled or Paused where the work must stop; cheap enough to call between any two items."""
        if self._lost:
            raise LeaseLost
        if self._cancel_requested:
            raise Cancelled
        if self._paused:
            raise Paused

    async def confirm(self) -> None:
        """Check against the row itself: before what cannot be undone."""
        await self._beat()
        self.check()

    async def report(
        self, progress: Mapping[str, Any], *, advanced: bool = False, warnings: Sequence[JsonObject] | None = None
    ) -> None:
        """Say how far the work is. Values that come too fast for the row are merged into the next report."""
        self._progress.update(progress)
        self._warnings = self._warnings if warnings is None else warnings
        now = time.monotonic()
        if now - self._reported_at < REPORT_SECONDS and not advanced:
            return
        self._reported_at = now
        async with self._database.account(self.operation.account_id) as connection:
            self._see(
                await operations.report(
                    connection,
                    self.operation.operation_id,
                    owner=self._owner,
                    progress=self._progress,
                    warnings=self._warnings,
                    advanced=advanced,
                )
            )

    async def succeed(self, result: JsonObject) -> None:
        """Finish, with the last progress written."""
        await self.report({}, advanced=True)
        async with self._database.account(self.operation.account_id) as connection:
            await operations.succeed(connection, self.operation.operation_id, owner=self._owner, result=result)

    async def fail(self, code: str, message: str) -> None:
        """Finish with an error."""
        async with self._database.account(self.operation.account_id) as connection:
            await operations.fail(
                connection, self.operation.operation_id, owner=self._owner, code=code, message=message
            )

    async def cancel(self) -> None:
        """Finish as asked."""
        async with self._database.account(self.operation.account_id) as connection:
            await operations.cancel(connection, self.operation.operation_id, owner=self._owner)

    async def release(self, after: timedelta, *, code: str | None = None, message: str | None = None) -> None:
        """Give the operation back to the queue."""
        async with self._database.account(self.operation.account_id) as connection:
            await operations.release(
                connection,
                self.operation.operation_id,
                owner=self._owner,
                after=after,
                code=code,
                message=message,
            )

    def _see(self, operation: Operation | None) -> None:
        if operation is None:
            self._lost = True
        else:
            self._cancel_requested, self._paused = operation.cancel_requested, operation.paused
            self.attempt = operation.attempt

    async def _beat(self) -> None:
        async with self._database.account(self.operation.account_id) as connection:
            self._see(
                await operations.heartbeat(connection, self.operation.operation_id, owner=self._owner, lease=LEASE)
            )

    async def _renew(self) -> None:
        renewed_at = time.monotonic()
        while not self._lost:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._beat()
                renewed_at = time.monotonic()
            except Unavailable:
                _log.warning("the lease of operation %s could not be renewed", self.operation.operation_id)
                # By now another worker may hold it, for all this one knows.
                self._lost = time.monotonic() - renewed_at > LEASE.total_seconds()
