"""Together: several requests at once, with what each came to."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused

T = TypeVar("T")


async def together(asked: Iterable[Awaitable[T]]) -> list[T | ConnectorError]:
    """Wait for all, and return answers and refusals in order. Raises what concerns more than the one request."""

    async def one(waiting: Awaitable[T]) -> T | ConnectorError:
        try:
            return await waiting
        except ConnectorError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(waiting)) for waiting in asked]
    found = [task.result() for task in tasks]
    for answer in found:
        if isinstance(answer, ConnectorError) and not isinstance(answer, BadReply | Forbidden | Gone | Refused):
            raise answer
    return found
