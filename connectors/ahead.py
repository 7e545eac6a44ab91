"""Ahead: several streams read at once, given out one after the other."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
Stream = Callable[[], AsyncIterator[T]]


class _End:
    """What a stream ended with: nothing, or the error to raise in its place."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


async def read_ahead(streams: Iterable[Stream[T]], *, width: int, depth: int) -> AsyncGenerator[T, None]:
    """Give every stream's items, in the order of the streams, while the next `width - 1` are read already.

    Each of those is held `depth` items ahead at most, which bounds memory. An error is raised where its stream stands
    in the order, after all that came before it.
    """
    waiting = iter(streams)
    running: deque[tuple[asyncio.Queue[T | _End], asyncio.Task[None]]] = deque()

    def start_next() -> None:
        stream = next(waiting, None)
        if stream is not None:
            queue: asyncio.Queue[T | _End] = asyncio.Queue(maxsize=depth)
            running.append((queue, asyncio.create_task(_fill(queue, stream))))

    try:
        for _ in range(width):
            start_next()
        while running:
            queue, _ = running[0]
            while not isinstance(item := await queue.get(), _End):
                yield item
            if item.error is not None:
                raise item.error
            running.popleft()
            start_next()
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)


async def _fill(queue: "asyncio.Queue[T | _End]", stream: Stream[T]) -> None:
    try:
        async for item in stream():
            await queue.put(item)
    except Exception as error:  # noqa: BLE001 - raised again where the items are taken
        await queue.put(_End(error))
    else:
        await queue.put(_End(None))
