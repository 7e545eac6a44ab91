"""Loaders: one lookup for all who ask, and none of them in another's way."""

import asyncio

import pytest

from api.loaders import Loader


async def test_who_is_cancelled_takes_no_answer_from_others():
    asked, may_answer = [], asyncio.Event()

    async def batch(keys):
        asked.append(keys)
        await may_answer.wait()
        return [key.upper() for key in keys]

    loader = Loader(batch)
    first, second = (asyncio.ensure_future(loader.load("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    third = asyncio.ensure_future(loader.load("a"))
    may_answer.set()

    assert ["A", "A"] == [await second, await third]
    assert [["a"]] == asked
