"""Chunker: cuts files where their content says, so that an edit moves few cuts (FastCDC, Xia et al. 2016)."""

from collections.abc import AsyncIterator

from pyfastcdc import FastCDC

MIN_BYTES = 128 * 1024
AVERAGE_BYTES = 512 * 1024
MAX_BYTES = 2 * 1024 * 1024

_ENOUGH_BYTES = 2 * MAX_BYTES


async def cut(stream: AsyncIterator[bytes], seed: int) -> AsyncIterator[bytes]:
    """Yield the stream's bytes in chunks of MIN_BYTES to MAX_BYTES (the last may be shorter; an empty stream has none).

    The same bytes and seed give the same chunks however the stream is sliced: a cut depends on at most MAX_BYTES from
    the chunk's start, and none is made before that much, or the end, is at hand. Holds about 6 MiB, plus one slice.
    """
    cutter = FastCDC(AVERAGE_BYTES, min_size=MIN_BYTES, max_size=MAX_BYTES, seed=seed)
    pending = bytearray()
    async for part in stream:
        pending += part
        while len(pending) >= _ENOUGH_BYTES:
            taken = 0
            for size_bytes in _sizes(cutter, pending[:_ENOUGH_BYTES], is_end=False):
                yield bytes(pending[taken : taken + size_bytes])
                taken += size_bytes
            del pending[:taken]
    taken = 0
    for size_bytes in _sizes(cutter, pending, is_end=True):
        yield bytes(pending[taken : taken + size_bytes])
        taken += size_bytes


def _sizes(cutter: FastCDC, data: bytearray, *, is_end: bool) -> list[int]:
    """Return the sizes of the chunks that are certain: those which more data after them could not change."""
    sizes: list[int] = []
    left = len(data)
    for chunk in cutter.cut_buf(data):
        if not is_end and left < MAX_BYTES:
            break
        sizes.append(chunk.length)
        left -= chunk.length
    return sizes
