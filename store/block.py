"""Blocks: chunks of one kind, compressed together."""

import threading
from enum import Enum, IntEnum

import zstandard

from store.errors import Corrupt

TARGET_BYTES = 512 * 1024
"""A block is closed when its plain bytes reach this. Larger compresses better; reading a record opens a whole block."""
SMALL_BYTES = 32 * 1024
"""Smaller blocks are compressed with a dictionary, where their kind has one; others hold enough of their own."""
MAX_PLAIN_BYTES = 32 * 1024 * 1024
"""No writer makes a block larger, so a reader need not allocate more."""

DENSE_LEVEL = 9
DENSE_RATIO = 4
"""Blocks that shrink by this much at once are done again at the dense level: what repeats itself so much is compressed
fast at any level and gains a tenth; prose would gain less and take five times as long."""


class Effort(Enum):
    """What is in a block, and so how hard to compress it."""

    RECORDS = "records"
    FILE = "file"
    """Most files are compressed already; the fast level finds out soonest."""


class Codec(IntEnum):
    """How a block's plain bytes became its body."""

    STORED = 0
    ZSTD = 1
    ZSTD_DICTIONARY = 2
    """zstd, with another block's plain bytes as raw-content dictionary."""


_FULL_BLOCK = zstandard.ZstdCompressionParameters(
    # One table of 256 KiB, which stays in a core's cache beside the block: level 3 has two. On full blocks this takes
    # two thirds of level 3's time for the same bytes (a fiftieth less for random words, a fortieth more for English).
    strategy=zstandard.STRATEGY_FAST,
    window_log=18,
    hash_log=16,
    min_match=6,
    write_content_size=True,
)
_FULL_BYTES = TARGET_BYTES // 2
_PARTIAL_LEVEL = 3
_FILE_LEVEL = 1


class _Contexts(threading.local):
    """One compressor per effort and one decompressor for each thread: making one costs more than a small block."""

    def __init__(self) -> None:
        self.full = zstandard.ZstdCompressor(compression_params=_FULL_BLOCK)
        self.partial = zstandard.ZstdCompressor(level=_PARTIAL_LEVEL, write_content_size=True)
        self.dense = zstandard.ZstdCompressor(level=DENSE_LEVEL, write_content_size=True)
        self.file = zstandard.ZstdCompressor(level=_FILE_LEVEL, write_content_size=True)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def compress(plain: bytes, *, effort: Effort = Effort.RECORDS, dictionary: bytes | None = None) -> tuple[Codec, bytes]:
    """Return the body and how it was made; the plain bytes themselves where compression does not shrink them."""
    if dictionary is not None:
        raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        compressor = zstandard.ZstdCompressor(level=_PARTIAL_LEVEL, dict_data=raw, write_content_size=True)
        codec, body = Codec.ZSTD_DICTIONARY, compressor.compress(plain)
    elif effort is Effort.FILE:
        codec, body = Codec.ZSTD, _contexts.file.compress(plain)
    else:
        usual = _contexts.full if len(plain) >= _FULL_BYTES else _contexts.partial
        codec, body = Codec.ZSTD, usual.compress(plain)
        if DENSE_RATIO * len(body) <= len(plain):
            body = _contexts.dense.compress(plain)
    if len(body) >= len(plain):
        return Codec.STORED, plain
    return codec, body


def expand(codec: int, body: bytes, *, dictionary: bytes | None = None) -> bytes:
    """Return the plain bytes; Corrupt on anything `compress` does not make."""
    if codec == Codec.STORED:
        return body
    if codec not in (Codec.ZSTD, Codec.ZSTD_DICTIONARY) or (codec == Codec.ZSTD_DICTIONARY) != (dictionary is not None):
        raise Corrupt(f"a block of codec {codec} {'with' if dictionary is not None else 'without'} a dictionary")
    try:
        # The frame says how much it expands to; believe no more than a writer may make.
        if not 0 <= zstandard.frame_content_size(body) <= MAX_PLAIN_BYTES:
            raise Corrupt("a block that expands past the largest there is")
        if dictionary is None:
            return _contexts.decompressor.decompress(body)
        raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        return zstandard.ZstdDecompressor(dict_data=raw).decompress(body)
    except zstandard.ZstdError:
        raise Corrupt("a block that does not decompress") from None
