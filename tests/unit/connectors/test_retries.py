"""Retries are counted by whoever goes on with the work, in every task of it, and by nobody else."""

import asyncio
from collections import Counter

from connectors.retries import count, counting


async def test_the_tasks_of_one_work_count_together_and_those_of_another_apart():
    async def ask(cause: str) -> None:
        await asyncio.sleep(0)
        count(cause)

    async def work(*causes: str) -> Counter[str]:
        counter: Counter[str] = Counter()
        with counting(counter):
            await asyncio.gather(*(ask(cause) for cause in causes))
        return counter

    found = await asyncio.gather(work("answered 503", "answered 503"), work("took too long"))
    assert [{"answered 503": 2}, {"took too long": 1}] == found


def test_where_nobody_counts_nothing_happens():
    count("answered 503")


def test_causes_without_end_are_gathered():
    counter: Counter[str] = Counter()
    with counting(counter):
        for number in range(1000):
            count(f"cause {number}")

    assert (51, 1000) == (len(counter), counter.total())
