"""Actors: what a message makes a worker do. A message carries an operation's id and nothing else."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import dramatiq
from dramatiq import Broker

from store.record import OperationId
from workers.broker import PERFORM, QUEUE

Perform = Callable[[OperationId], Awaitable[None]]


def declare(broker: Broker, perform: Perform) -> None:
    """Declare the one actor on a broker. Performing is idempotent: a message may come twice, late, or never."""

    @dramatiq.actor(broker=broker, actor_name=PERFORM, queue_name=QUEUE)
    async def perform_operation(operation_id: str) -> None:
        await perform(OperationId(UUID(operation_id)))
