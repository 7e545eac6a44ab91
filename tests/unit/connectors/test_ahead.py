"""Ahead: order is kept, memory is bounded, nothing is left running."""

import asyncio
from contextlib import aclosing

import pytest

from connectors.ahead import read_ahead


async def collect(streams, **how):
    async with aclosing(read_ahead(streams, **how)) as items:
        return [item async for item in items]


def counting(first, last):
    async def stream():
        for number in range(first, last):
            await asyncio.sleep(0)
            yield number

    return stream


async def test_items_come_in_the_order_of_the_streams():
    streams = [counting(start, start + 5) for start in range(0, 50, 5)]

    assert list(range(50)) == await collect(streams, width=4, depth=2)


async def test_no_more_than_width_streams_run_and_depth_items_wait():
    begun, made = [], []

    def stream_of(name):
        async def stream():
            begun.append(name)
            for number in range(10):
                made.append((name, number))
                yield number

        return stream

    async with aclosing(read_ahead([stream_of(name) for name in "abcdef"], width=3, depth=2)) as items:
        await anext(items)
        for _ in range(20):
            await asyncio.sleep(0)

    assert ["a", "b", "c"] == begun
    assert 3 == sum(1 for name, _ in made if name == "c")


async def test_an_error_is_raised_where_its_stream_stands():
    async def broken():
        yield "first"
        raise ValueError("broken")

    given = []

    async def take() -> None:
        async with aclosing(read_ahead([counting(0, 2), broken, counting(5, 7)], width=3, depth=1)) as items:
            async for item in items:
                given.append(item)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(ValueError, match="broken"):
        await take()
    assert [0, 1, "first"] == given


async def test_leaving_early_stops_the_rest():
    stopped = asyncio.Event()

    async def endless():
        try:
            while True:
                yield 1
        finally:
            stopped.set()

    async with aclosing(read_ahead([counting(0, 3), endless], width=2, depth=1)) as items:
        await anext(items)
        await asyncio.sleep(0.01)

    assert 1 == len(asyncio.all_tasks())
