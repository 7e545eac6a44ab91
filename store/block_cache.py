"""Block cache: the opened blocks read last, up to so many bytes."""

from collections import OrderedDict

BlockKey = tuple[int, int]
"""Pack number, block number."""


class BlockCache:
    """Least recently used goes first. Not thread-safe: for the event loop."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._blocks: OrderedDict[BlockKey, bytes] = OrderedDict()

    def get(self, key: BlockKey) -> bytes | None:
        """Return a block's plain bytes if they are held."""
        plain = self._blocks.get(key)
        if plain is not None:
            self._blocks.move_to_end(key)
        return plain

    def put(self, key: BlockKey, plain: bytes) -> None:
        """Hold a block, in the place of older ones. One larger than the whole cache is not held."""
        if key in self._blocks or len(plain) > self._most_bytes:
            return
        self._blocks[key] = plain
        self._held_bytes += len(plain)
        while self._held_bytes > self._most_bytes:
            _, oldest = self._blocks.popitem(last=False)
            self._held_bytes -= len(oldest)
