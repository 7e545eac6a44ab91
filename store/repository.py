"""Repository: one account's content, by id."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice
from typing import Any

from store.backend import Backend
from store.block_cache import BlockCache
from store.database import Database
from store.errors import Corrupt, Erased, Invalid, NotFound
from store.files import Recipe
from store.keys import AccountKeys, content_id
from store.pack import TRAILER, PackCipher, object_key, parse_footer, parse_trailer
from store.pack_writer import PackWriter
from store.queries import load
from store.record import AccountId, ChunkId, ConnectionId, ContentId, PackId

CACHE_BYTES = 32 * 1024 * 1024

_BLOCKS_AT_ONCE = 8
_CHUNKS_AHEAD = 4
_NAMED_AT_MOST = 3

_queries = load("packs")
_erasure = load("erasure")

Place = Any
"""A row of the query `places`: where one copy of a chunk lies."""


class Repository:
    """Reads and writes one account's chunks. Keep it as long as the account is in use: it remembers opened blocks."""

    def __init__(
        self, database: Database, backend: Backend, keys: AccountKeys, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self.database = database
        self.backend = backend
        self.keys = keys
        self._blocks = BlockCache(cache_bytes)
        self._opening = asyncio.Semaphore(_BLOCKS_AT_ONCE)

    @property
    def account_id(self) -> AccountId:
        """Whose content it is."""
        return self.keys.account_id

    def writer(self, connection_id: ConnectionId | None = None) -> PackWriter:
        """Return a writer for one cycle of a connection. Use it as `async with`."""
        return PackWriter(self.database, self.backend, self.keys, connection_id=connection_id)

    async def read(self, chunk_id: ContentId | ChunkId) -> bytes:
        """Return one record's canonical bytes, or one chunk of a file."""
        return (await self.read_many((chunk_id,)))[ChunkId(chunk_id)]

    async def read_many(self, chunk_ids: Iterable[ContentId | ChunkId]) -> dict[ChunkId, bytes]:
        """Return many, opening each block once. The caller bounds how many it asks for: all are returned together.

        Every chunk is checked against its id. A copy that cannot be read is passed over where another pack holds
        one. Erased names ids whose content was erased, NotFound ids that no pack holds; Corrupt names the pack and
        block of what no copy could give.
        """
        wanted = {ChunkId(chunk_id) for chunk_id in chunk_ids}
        async with self.database.account(self.account_id) as connection:
            rows = await connection.fetch(_queries.places, self.account_id, list(wanted))
        copies: dict[ChunkId, list[Place]] = {chunk_id: [] for chunk_id in wanted}
        for row in rows:
            copies[row["chunk_id"]].append(row)
        missing = [chunk_id for chunk_id, places in copies.items() if not places]
        if missing:
            names = ", ".join(chunk_id.hex() for chunk_id in islice(missing, _NAMED_AT_MOST))
            if len(await self._erased(missing)) == len(missing):
                raise Erased(f"account {self.account_id} had content {names} erased ({len(missing)} in all)")
            raise NotFound(f"account {self.account_id} holds no chunk {names} ({len(missing)} missing)")
        found: dict[ChunkId, bytes] = {}
        while copies:
            blocks: dict[tuple[int, int], list[Place]] = {}
            for places in copies.values():
                blocks.setdefault((places[0]["pack_no"], places[0]["block_no"]), []).append(places.pop(0))
            for chunks, fault in await asyncio.gather(*map(self._open_chunks, blocks.values())):
                found |= chunks
                for chunk_id in chunks:
                    del copies[chunk_id]
                if fault is not None and any(not places for places in copies.values()):
                    raise fault
        return found

    async def read_kept(self, content_ids: Iterable[ContentId]) -> dict[ContentId, bytes]:
        """Return many as `read_many` does, but leave out those whose content was erased."""
        wanted = set(content_ids)
        try:
            found = await self.read_many(wanted)
        except Erased:
            kept = wanted - await self._erased(list(wanted))
            found = await self.read_many(kept)
        return {ContentId(name): content for name, content in found.items()}

    async def _erased(self, content_ids: Sequence[ContentId | ChunkId]) -> set[ContentId]:
        async with self.database.account(self.account_id) as connection:
            rows = await connection.fetch(_erasure.erased_contents, self.account_id, list(content_ids))
        return {ContentId(row["content_id"]) for row in rows}

    async def stream_file(self, recipe: Recipe, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield a file's bytes from `start` up to, not including, `end`. Each chunk is checked before it is yielded."""
        end = recipe.size_bytes if end is None else end
        if not 0 <= start <= end <= recipe.size_bytes:
            raise Invalid(f"bytes {start} to {end} of a file of {recipe.size_bytes}")
        needed: list[tuple[ChunkId, int, int, int]] = []
        offset = 0
        for chunk_id, size in recipe.chunks:
            first, last = max(start - offset, 0), min(end - offset, size)
            if first < last:
                needed.append((chunk_id, size, first, last))
            offset += size
        for number in range(0, len(needed), _CHUNKS_AHEAD):
            ahead = needed[number : number + _CHUNKS_AHEAD]
            plains = await self.read_many(chunk_id for chunk_id, _, _, _ in ahead)
            for chunk_id, size, first, last in ahead:
                if len(plains[chunk_id]) != size:
                    raise Corrupt(f"chunk {chunk_id.hex()} has another length than the file's recipe says")
                yield plains[chunk_id][first:last]

    async def _open_chunks(self, places: Sequence[Place]) -> tuple[dict[ChunkId, bytes], Corrupt | None]:
        """Return the chunks of one block that are what they should be, and what is wrong if not all are."""
        first = places[0]
        where = f"pack {first['pack_id'].hex()} block {first['block_no']}"
        try:
            plain = await self.open_block(first)
        except (Corrupt, NotFound) as error:
            return {}, Corrupt(f"{where}: {error}")
        chunks: dict[ChunkId, bytes] = {}
        fault = None
        for place in places:
            chunk = plain[place["chunk_offset"] : place["chunk_offset"] + place["chunk_size"]]
            if content_id(self.keys, chunk) == place["chunk_id"]:
                chunks[place["chunk_id"]] = chunk
            else:
                fault = Corrupt(f"{where}: the bytes of chunk {place['chunk_id'].hex()} are not its own")
        return chunks, fault

    async def open_block(self, place: Place) -> bytes:
        """Return the plain bytes of the block that a row of `places` names; Corrupt or NotFound when it has none."""
        key = (place["pack_no"], place["block_no"])
        plain = self._blocks.get(key)
        if plain is None:
            dictionary = None if place["dictionary_pack_id"] is None else await self._dictionary(place)
            cipher = PackCipher(self.keys, place["salt"])
            async with self._opening:
                plain = await asyncio.to_thread(self._fetch, cipher, place, dictionary)
            self._blocks.put(key, plain)
        return plain

    def _fetch(self, cipher: PackCipher, place: Place, dictionary: bytes | None) -> bytes:
        sealed = self.backend.get_range(
            object_key(PackId(place["pack_id"])), place["block_offset"], place["block_size"]
        )
        return cipher.open_block(place["block_no"], sealed, dictionary=dictionary)

    async def _dictionary(self, place: Place) -> bytes:
        key = (place["dictionary_pack_no"], place["dictionary_block_no"])
        plain = self._blocks.get(key)
        if plain is None:
            cipher = PackCipher(self.keys, place["dictionary_salt"])
            async with self._opening:
                plain = await asyncio.to_thread(
                    self._fetch_by_footer, cipher, PackId(place["dictionary_pack_id"]), place["dictionary_block_no"]
                )
            self._blocks.put(key, plain)
        return plain

    def _fetch_by_footer(self, cipher: PackCipher, pack_id: PackId, block_no: int) -> bytes:
        """Find a block by its pack's own index: the database knows where chunks are, and a dictionary is a block."""
        name = object_key(pack_id)
        size = self.backend.size(name)
        if size is None:
            raise NotFound(f"{self.backend.url} holds no {name}")
        trailer = self.backend.get_range(name, max(size - TRAILER.size, 0), TRAILER.size)
        offset, length = parse_trailer(trailer, size)
        sealed = self.backend.get_range(name, offset, length)
        blocks = parse_footer(cipher.open_footer(sealed), footer_offset=offset).blocks
        if block_no >= len(blocks):
            raise Corrupt(f"{name} has no block {block_no}")
        entry = blocks[block_no]
        return cipher.open_block(block_no, self.backend.get_range(name, entry.offset, entry.sealed_size))
