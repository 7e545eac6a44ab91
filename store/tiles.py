"""Tiles: a log's entries and hashes as objects that never change, as c2sp.org/tlog-tiles has them. Pure.

A tile is up to 256 hashes of one level side by side, 8 levels of the tree apart from the next; a bundle is the up to
256 entries below a tile of level 0. A tile that is not full yet is another object (`….p/<width>`), so every object is
written once; only `checkpoint` is replaced.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from store.errors import Invalid
from store.record import AccountId

WIDTH = 256
HEIGHT = 8
_THOUSAND = 1000
_MAX_ENTRY = 0xFFFF


class Tile(NamedTuple):
    """Hashes `number * 256` and following, `width` of them, of the subtrees with 2^(8 * level) leaves."""

    level: int
    number: int
    width: int


def prefix(account_id: AccountId) -> str:
    """Return where an account's log lies in the bucket."""
    return f"logs/{account_id}"


def path(tile: Tile) -> str:
    """Return a tile's place below the log's prefix."""
    return f"tile/{tile.level}/{_place(tile)}"


def bundle_path(tile: Tile) -> str:
    """Return the place of the entries below a tile of level 0."""
    return f"tile/entries/{_place(tile)}"


def partial_prefix(full_path: str) -> str:
    """Return what the places of a full tile's partial forerunners start with."""
    return f"{full_path}.p/"


def grown(old_size: int, new_size: int) -> Iterator[Tile]:
    """List the tiles that a log of `new_size` has and one of `old_size` had not, level 0 first."""
    level = 0
    old, new = old_size, new_size
    while new > 0:
        for number in range(old // WIDTH, (new + WIDTH - 1) // WIDTH):
            width = min(new - number * WIDTH, WIDTH)
            if old < number * WIDTH + width:
                yield Tile(level, number, width)
        level, old, new = level + 1, old >> HEIGHT, new >> HEIGHT


def bundle(entries: Sequence[bytes]) -> bytes:
    """Put entries together: each with its length before it, 16 bits, big-endian."""
    if any(len(entry) > _MAX_ENTRY for entry in entries):
        raise Invalid("an entry too long for a bundle")
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def _place(tile: Tile) -> str:
    parts = [f"{tile.number % _THOUSAND:03d}"]
    rest = tile.number // _THOUSAND
    while rest:
        parts.append(f"x{rest % _THOUSAND:03d}")
        rest //= _THOUSAND
    whole = "/".join(reversed(parts))
    return whole if tile.width == WIDTH else f"{whole}.p/{tile.width}"
