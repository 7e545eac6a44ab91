"""Rewrite: packs written anew, without the chunks that are to go.

What stays is opened, checked, and compressed and sealed again, kind by kind. A pack's remains go whole into one new
pack, so that what replaced what takes one line to tell (`store.replace`). No block of a new pack needs another pack's
dictionary.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from store import block, pack_writer
from store.filling_pack import FillingPack
from store.pack_writer import FILE_BYTES
from store.queries import load
from store.record import ChunkId, Kind, PackId
from store.repository import Repository

_SQL = load("packs")
_BYTES_AT_ONCE = 4 * 1024 * 1024


class Staying(NamedTuple):
    """A chunk that stays."""

    chunk_id: ChunkId
    kind: Kind
    size_bytes: int


class Replaced(NamedTuple):
    """A pack, and the one that holds what stays of it; None where nothing does."""

    old_pack_no: int
    new_pack_no: int | None
    new_pack_id: PackId | None


async def rewrite(repository: Repository, staying: Mapping[int, Sequence[Staying]]) -> list[Replaced]:
    """Write what stays of each pack, in the order of its blocks, into new ones; returns what holds what.

    The new packs are durable and indexed when this returns, and nothing needs them yet: a crash leaves garbage. The
    old ones are as they were. Corrupt when a chunk that is to stay cannot be read. Memory: a pack, and some blocks.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="rewrite") as threads:
        writing = _Writing(repository, threads)
        for pack_no, chunks in staying.items():
            await writing.take(pack_no, chunks)
        await writing.close()
    return writing.replaced


class _Writing:
    def __init__(self, repository: Repository, threads: ThreadPoolExecutor) -> None:
        self.replaced: list[Replaced] = []
        self._repository = repository
        self._threads = threads
        self._pack: FillingPack | None = None
        self._within: set[ChunkId] = set()
        self._waiting: list[int] = []

    async def take(self, pack_no: int, chunks: Sequence[Staying]) -> None:
        """Put what stays of one pack into the pack being filled."""
        if not chunks:
            self.replaced.append(Replaced(pack_no, None, None))
            return
        if self._pack is not None and self._pack.size_bytes >= pack_writer.PACK_BYTES:
            await self.close()
        self._waiting.append(pack_no)
        async for chunk, plain in self._read(chunks):
            # Two of the old packs may hold the same.
            if chunk.chunk_id not in self._within:
                self._within.add(chunk.chunk_id)
                await self._add(chunk, plain)

    async def close(self) -> None:
        """Store and index the pack being filled."""
        pack = self._pack
        if pack is None:
            return
        for opened in list(pack.open_blocks.values()):
            await self._seal(pack, opened.kind)
        stored = await pack.store(self._repository.backend)
        async with self._repository.database.account(self._repository.account_id) as connection:
            await pack.insert(connection, stored, None)
        self.replaced += [Replaced(old, pack.pack_no, stored[0]) for old in self._waiting]
        self._pack, self._within, self._waiting = None, set(), []

    async def _read(self, chunks: Sequence[Staying]) -> AsyncIterator[tuple[Staying, bytes]]:
        some: list[Staying] = []
        size_bytes = 0
        for chunk in chunks:
            some.append(chunk)
            size_bytes += chunk.size_bytes
            if size_bytes >= _BYTES_AT_ONCE:
                found = await self._repository.read_many([one.chunk_id for one in some])
                for one in some:
                    yield one, found[one.chunk_id]
                some, size_bytes = [], 0
        found = await self._repository.read_many([one.chunk_id for one in some])
        for one in some:
            yield one, found[one.chunk_id]

    async def _add(self, chunk: Staying, plain: bytes) -> None:
        if self._pack is None:
            async with self._repository.database.account(self._repository.account_id) as connection:
                pack_no = await connection.fetchval(_SQL.next_pack_no)
            self._pack = FillingPack(self._repository.keys, pack_no)
        opened = self._pack.open_block(chunk.kind, None)
        opened.chunk_ids.append(chunk.chunk_id)
        opened.chunks.append(plain)
        opened.plain_size += len(plain)
        if opened.plain_size >= block.TARGET_BYTES:
            await self._seal(self._pack, chunk.kind)

    async def _seal(self, pack: FillingPack, kind: Kind) -> None:
        effort = block.Effort.FILE if kind == FILE_BYTES else block.Effort.RECORDS
        # One after the other: a rewrite is in no hurry, and takes no core from those who are.
        await pack.seal(self._threads, pack.open_blocks[kind], effort=effort, dictionary=None)
