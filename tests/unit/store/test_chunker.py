import random
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyfastcdc import FastCDC

from store import chunker

MIB = 1024 * 1024
SAMPLE = random.Random(5).randbytes(9 * MIB + 17)


async def sliced(data: bytes, sizes: Sequence[int]) -> AsyncIterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size
    yield data[start:]


async def cut(data: bytes, sizes: Sequence[int] = (), seed: int = 7) -> list[bytes]:
    return [chunk async for chunk in chunker.cut(sliced(data, sizes), seed)]


@pytest.mark.parametrize("size", [0, 1, 1000, 256 * 1024, 2 * MIB, 4 * MIB, 4 * MIB + 1, len(SAMPLE)])
async def test_chunks_put_together_are_the_input(size: int) -> None:
    chunks = await cut(SAMPLE[:size])

    assert SAMPLE[:size] == b"".join(chunks)
    assert all(chunker.MIN_BYTES <= len(chunk) <= chunker.MAX_BYTES for chunk in chunks[:-1])


async def test_a_small_file_is_one_chunk() -> None:
    assert [b"small"] == await cut(b"small")


async def test_an_empty_file_has_no_chunk() -> None:
    assert [] == await cut(b"")


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(0, 3 * MIB), max_size=12))
async def test_cuts_do_not_depend_on_how_the_stream_is_sliced(sizes: list[int]) -> None:
    cutter = FastCDC(chunker.AVERAGE_BYTES, min_size=chunker.MIN_BYTES, max_size=chunker.MAX_BYTES, seed=7)
    at_once = [bytes(chunk.data) for chunk in cutter.cut_buf(SAMPLE)]

    assert at_once == await cut(SAMPLE, sizes)


async def test_another_seed_cuts_elsewhere() -> None:
    here, there = await cut(SAMPLE, seed=7), await cut(SAMPLE, seed=8)

    assert list(map(len, here)) != list(map(len, there))


@pytest.mark.parametrize("place", [0, 1_000_003, 50 * MIB, 99 * MIB])
async def test_an_inserted_byte_in_100_mib_stores_less_than_4_mb(place: int) -> None:
    data = random.Random(11).randbytes(100 * MIB)
    before = set(await cut(data))
    after = set(await cut(data[:place] + b"!" + data[place:]))

    assert sum(map(len, after - before)) < 4_000_000


async def test_memory_does_not_grow_with_the_file() -> None:
    taken = given_out = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        source = random.Random(3)
        for _ in range(64):
            part = source.randbytes(MIB)
            taken += len(part)
            assert taken - given_out <= 7 * MIB
            yield part

    async for chunk in chunker.cut(endless(), 7):
        given_out += len(chunk)

    assert 64 * MIB == given_out


def test_the_native_chunker_is_at_work() -> None:
    assert "pyfastcdc.cy.fastcdc" == FastCDC.__module__
