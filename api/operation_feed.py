"""Operation feed: who follows which operation, woken by Postgres's notifications.

A notification is a hint that a row changed. The row is the truth: followers read it again, and also every few seconds
without a hint, so a lost one only costs time.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from store.database import Database
from store.errors import StoreError
from store.operations import CHANNEL
from store.record import OperationId

_log = logging.getLogger(__name__)

RECONNECT_SECONDS = 2.0


class OperationFeed:
    """Keeps one connection listening, for all followers in this process."""

    def __init__(self) -> None:
        self._followers: dict[UUID, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, database: Database) -> None:
        """Begin to listen, in the background."""
        self._task = asyncio.create_task(self._listen(database), name="operation feed")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @asynccontextmanager
    async def follow(self, operation_id: OperationId) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the operation may have changed; the follower clears it."""
        event = asyncio.Event()
        followers = self._followers.setdefault(operation_id, set())
        followers.add(event)
        try:
            yield event
        finally:
            followers.discard(event)
            if not followers:
                self._followers.pop(operation_id, None)

    async def _listen(self, database: Database) -> None:
        while True:
            try:
                await self._listen_once(database)
            except (StoreError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("not listening for operations: %s; again in a moment", type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self, database: Database) -> None:
        lost = asyncio.Event()
        async with database.pool.acquire() as connection:
            connection.add_termination_listener(lambda *_: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._wake_all()  # whatever was announced while nobody listened
            try:
                await lost.wait()
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, self._heard)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        with contextlib.suppress(ValueError):
            for event in self._followers.get(UUID(str(payload)), ()):
                event.set()

    def _wake_all(self) -> None:
        for events in self._followers.values():
            for event in events:
                event.set()
