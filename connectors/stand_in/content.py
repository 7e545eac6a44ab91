"""Content: bytes of files that only have to be of some size, and always the same."""

import random
from collections.abc import Iterator

_BLOCK = 64 * 1024


def made_up(file_id: str, size_bytes: int) -> Iterator[bytes]:
    """Make the bytes of a file of which only id and size are known."""
    source = random.Random(file_id)  # noqa: S311 - repeatable bytes, not a secret
    for at in range(0, size_bytes, _BLOCK):
        yield source.randbytes(min(_BLOCK, size_bytes - at))
