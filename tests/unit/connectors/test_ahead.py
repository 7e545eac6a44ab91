"""Ahead: order is kept, memory is bounded, nothing is left running."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


async def test_a_long_stream_holds_up_no_others_until_three_times_as_many_wait():
    go_on = asyncio.Event()
    begun = []

    def stream_of(number):
        async def stream():
            begun.append(number)
            if number == 0:
                await go_on.wait()
            yield number

        return stream

    async with aclosing(read_ahead([stream_of(number) for number in range(20)], width=2, depth=5)) as items:
        first = asyncio.create_task(anext(items))
        for _ in range(50):
            await asyncio.sleep(0)
        held_up = list(begun)
        go_on.set()
        given = [await first] + [item async for item in items]

    assert list(range(6)) == held_up
    assert list(range(20)) == given


async def test_what_waits_is_bounded_by_weight_and_a_heavy_item_waits_alone():
    weights = [3, 3, 3, 50, 1, 1]
    made = []

    async def first():
        yield 0
        await asyncio.sleep(0.01)

    async def second():
        for number, weight in enumerate(weights):
            yield weight
            made.append(number)

    async with aclosing(read_ahead([first, second], width=2, depth=7, weigh=lambda weight: weight)) as items:
        given = [await anext(items)]
        for _ in range(20):
            await asyncio.sleep(0)
        held = len(made)
        given += [item async for item in items]

    assert 2 == held
    assert [0, *weights] == given


@given(st.lists(st.lists(st.integers(1, 20), max_size=6), max_size=6), st.integers(1, 5), st.integers(1, 15))
async def test_whatever_the_weights_all_comes_in_order(weights, width, depth):
    def stream_of(name, given):
        async def stream():
            for number, weight in enumerate(given):
                await asyncio.sleep(0)
                yield name, number, weight

        return stream

    streams = [stream_of(name, each) for name, each in enumerate(weights)]
    expected = [(name, number, weight) for name, each in enumerate(weights) for number, weight in enumerate(each)]

    assert expected == await collect(streams, width=width, depth=depth, weigh=lambda item: item[2])


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
