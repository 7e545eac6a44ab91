"""Contents: which chunk a journal means, and what is in it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.database import Connection
from store.errors import Corrupt, NotFound
from store.keys import content_id
from store.pack import PREFIX_BYTES
from store.queries import load
from store.record import ChunkId
from store.repository import Repository

_SQL = load("rebuild")
_BLOCKS_AT_ONCE = 8

Place = Any
"""A row of the query `candidates`: where one copy of a chunk lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A chunk that was found and opened."""

    chunk_id: ChunkId
    plain: bytes = field(repr=False)
    packs: tuple[int, ...]
    """The pack it lies in, then that of its block's dictionary, where it is another."""


async def find_contents(
    connection: Connection, repository: Repository, wanted: Sequence[tuple[bytes, int | None]]
) -> list[Content | Corrupt]:
    """Find and open chunks by the beginnings of their ids (6 bytes, or more) and their lengths, in order.

    Of several copies the first that opens counts. The caller bounds how many it asks for: all are returned together.
    """
    copies = await _candidates(connection, repository, wanted)
    found: dict[int, Content] = {}
    faults: dict[int, Corrupt] = {}
    while waiting := {number: places for number, places in copies.items() if places and number not in found}:
        blocks: dict[tuple[int, int], list[tuple[int, Place]]] = {}
        for number, places in waiting.items():
            place = places.pop(0)
            blocks.setdefault((place["pack_no"], place["block_no"]), []).append((number, place))
        every = list(blocks.values())
        for start in range(0, len(every), _BLOCKS_AT_ONCE):
            some = every[start : start + _BLOCKS_AT_ONCE]
            opened = await asyncio.gather(*(_open(repository, [place for _, place in block]) for block in some))
            for (number, _), content in zip(
                [each for block in some for each in block], [each for block in opened for each in block], strict=True
            ):
                if isinstance(content, Content):
                    found[number] = content
                else:
                    faults[number] = content
    none = Corrupt("no pack holds it")
    return [found.get(number) or faults.get(number, none) for number in range(len(wanted))]


async def find_places(connection: Connection, repository: Repository, chunk_ids: Iterable[ChunkId]) -> set[int] | None:
    """Say which packs hold these chunks, one of each, and their dictionaries; None when one is in no pack."""
    copies = await _candidates(connection, repository, [(chunk_id, None) for chunk_id in chunk_ids])
    if not all(copies.values()):
        return None
    return {pack_no for places in copies.values() for pack_no in _packs(places[0])}


async def keep_chunks(connection: Connection, repository: Repository, chunk_ids: Iterable[ChunkId]) -> None:
    """Insert the rows of every copy of these chunks, whose whole ids are known now."""
    await connection.execute(_SQL.keep_chunks, repository.account_id, list(chunk_ids))


async def keep_untold(repository: Repository) -> None:
    """Open the blocks whose chunks nothing has named whole, and insert the rows of those that open.

    What is left over when everything was replayed: what failed cycles stored, and content of expired snapshots. It is
    garbage, but a pack's rows must say all that its own index says.
    """
    pack_no = block_no = -1
    while True:
        async with repository.database.account(repository.account_id) as connection:
            blocks = await connection.fetch(
                _SQL.untold_blocks, repository.account_id, pack_no, block_no, _BLOCKS_AT_ONCE
            )
            for block in blocks:
                pack_no, block_no = block["pack_no"], block["block_no"]
                rows = await connection.fetch(_SQL.chunks_of_block, repository.account_id, pack_no, block_no)
                opened = await _open(repository, [{**block, **row} for row in rows])
                known = [content.chunk_id for content in opened if isinstance(content, Content)]
                await keep_chunks(connection, repository, known)
        if not blocks:
            return


async def _candidates(
    connection: Connection, repository: Repository, wanted: Sequence[tuple[bytes, int | None]]
) -> dict[int, list[Place]]:
    rows = await connection.fetch(
        _SQL.candidates,
        repository.account_id,
        [beginning[:PREFIX_BYTES] for beginning, _ in wanted],
        [beginning[:PREFIX_BYTES].ljust(PREFIX_BYTES, b"\xff") for beginning, _ in wanted],
        [size_bytes for _, size_bytes in wanted],
    )
    copies: dict[int, list[Place]] = {number: [] for number in range(len(wanted))}
    for row in rows:
        copies[row["ordinal"] - 1].append(row)
    return copies


async def _open(repository: Repository, places: Sequence[Place]) -> list[Content | Corrupt]:
    """Open chunks of one block."""
    first = places[0]
    where = f"pack {first['pack_id'].hex()} block {first['block_no']}"
    if first["dictionary_pack_id"] is not None and first["dictionary_salt"] is None:
        lacking = Corrupt(f"{where}: pack {first['dictionary_pack_id'].hex()} with its dictionary is lost")
        return [lacking for _ in places]
    try:
        plain = await repository.open_block(first)
    except (Corrupt, NotFound) as error:
        return [Corrupt(f"{where}: {error}") for _ in places]
    opened: list[Content | Corrupt] = []
    for place in places:
        chunk = plain[place["chunk_offset"] : place["chunk_offset"] + place["chunk_size"]]
        chunk_id = ChunkId(content_id(repository.keys, chunk))
        if chunk_id.startswith(place["prefix"]):
            opened.append(Content(chunk_id=chunk_id, plain=chunk, packs=_packs(place)))
        else:
            opened.append(Corrupt(f"{where}: the bytes of chunk {place['prefix'].hex()}… are not its own"))
    return opened


def _packs(place: Place) -> tuple[int, ...]:
    pack_no, dictionary_pack_no = place["pack_no"], place["dictionary_pack_no"]
    return (pack_no,) if dictionary_pack_no in (None, pack_no) else (pack_no, dictionary_pack_no)
