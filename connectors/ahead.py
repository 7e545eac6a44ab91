"""Ahead: several streams read at once, given out one after the other."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Stream = Callable[[], AsyncIterator[T]]
_WAITING = 3


class _End:
    """What a stream ended with: nothing, or the error to raise in its place."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Lane(Generic[T]):
    """What was read ahead of one stream. One side puts, the other takes; what waits weighs no more than the depth.

    A single item may weigh more than that: it waits alone.
    """

    def __init__(self, depth: int, weigh: Callable[[T], int]) -> None:
        self._depth = depth
        self._weigh = weigh
        self._items: deque[tuple[T | _End, int]] = deque()
        self._weight = 0
        self._moved = asyncio.Event()

    async def put(self, item: T) -> None:
        weight = self._weigh(item)
        while self._items and self._weight + weight > self._depth:
            await self._wait()
        self._append(item, weight)

    def end(self, error: BaseException | None) -> None:
        self._append(_End(error), 0)

    async def take(self) -> T | _End:
        while not self._items:
            await self._wait()
        item, weight = self._items.popleft()
        self._weight -= weight
        self._moved.set()
        return item

    def _append(self, item: T | _End, weight: int) -> None:
        self._items.append((item, weight))
        self._weight += weight
        self._moved.set()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()


async def read_ahead(
    streams: Iterable[Stream[T]], *, width: int, depth: int, weigh: Callable[[T], int] = lambda _: 1
) -> AsyncGenerator[T, None]:
    """Give every stream's items, in the order of the streams, while those behind them are read already.

    So many are read at once as `width` says. One that was read to its end makes room for the next, so that a long
    stream holds up no others, until `_WAITING` times as many wait. Of each, items of `depth` in weight wait at most, or
    one that is heavier: that bounds memory. An error is raised where its stream stands in the order, after all that
    came before it.
    """
    lanes = _Lanes(iter(streams), width, lambda: _Lane(depth, weigh))
    try:
        lanes.fill()
        while lanes.lanes:
            lane, _ = lanes.lanes[0]
            while not isinstance(item := await lane.take(), _End):
                yield item
            if item.error is not None:
                raise item.error
            lanes.lanes.popleft()
            lanes.fill()
    finally:
        await lanes.close()


class _Lanes(Generic[T]):
    """The streams that are being read, and those that were and still wait to be given out."""

    def __init__(self, streams: Iterator[Stream[T]], width: int, make: Callable[[], _Lane[T]]) -> None:
        self._streams = streams
        self._width = width
        self._make = make
        self._is_closed = False
        self.lanes: deque[tuple[_Lane[T], asyncio.Task[None]]] = deque()

    def fill(self, _: object = None) -> None:
        """Begin as many more as there is room for."""
        while not self._is_closed and self._has_room():
            stream = next(self._streams, None)
            if stream is None:
                return
            lane = self._make()
            task = asyncio.create_task(_fill(lane, stream))
            task.add_done_callback(self.fill)
            self.lanes.append((lane, task))

    async def close(self) -> None:
        """Leave nothing running."""
        self._is_closed = True
        for _, task in self.lanes:
            task.cancel()
        await asyncio.gather(*(task for _, task in self.lanes), return_exceptions=True)

    def _has_room(self) -> bool:
        reading = sum(not task.done() for _, task in self.lanes)
        return reading < self._width and len(self.lanes) < self._width * _WAITING


async def _fill(lane: _Lane[T], stream: Stream[T]) -> None:
    try:
        async for item in stream():
            await lane.put(item)
    except Exception as error:  # noqa: BLE001 - raised again where the items are taken
        lane.end(error)
    else:
        lane.end(None)
