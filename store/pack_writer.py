"""Pack writer: takes the chunks of one cycle, stores what is new, and says which packs each needs."""

import asyncio
import os
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from types import TracebackType
from typing import Self

from store import block
from store.backend import Backend
from store.database import Database
from store.dictionary import Dictionary, read_dictionaries
from store.errors import Invalid
from store.filling_pack import FillingPack, OpenBlock
from store.keys import AccountKeys
from store.pack import SealedBlock
from store.queries import load
from store.record import ChunkId, ConnectionId, Kind

FILE_BYTES = Kind("file_bytes")
"""The kind of the plain bytes of files, in every app: no record is of this kind."""
PACK_BYTES = 15 * 1024 * 1024
"""A pack is closed when its blocks, those being compressed counted at full length, reach this."""

PackNos = tuple[int, ...]

_THREADS = min(max((os.cpu_count() or 1) - 1, 1), 4)
"""One core is the loop's, which every record goes through: a thread more would only take turns with it."""
_MOST_SEALING = 2 + 2 * _THREADS
_MOST_UPLOADING = 2
_MOST_REMEMBERED = 200_000

_queries = load("packs")


class PackWriter:
    """One cycle's way into the store. Use as `async with`; nothing may be relied on before `flush` returns.

    A pack's object is durable before its rows are inserted, so a crash, a lost race or an upload made twice leaves
    garbage at most, never a row without its bytes. Memory: two packs going up, one being filled, a few blocks being
    compressed, 200,000 remembered chunk ids; `add` waits when the threads or the backend fall behind.
    """

    def __init__(
        self,
        database: Database,
        backend: Backend,
        keys: AccountKeys,
        *,
        connection_id: ConnectionId | None,
    ) -> None:
        self._database = database
        self._backend = backend
        self._keys = keys
        self._connection_id = connection_id
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="seal")
        self._turn = asyncio.Lock()
        self._dictionaries: dict[Kind, Dictionary] = {}
        self._known: dict[ChunkId, PackNos] = {}
        self._must_look_up = True
        self._pack: FillingPack | None = None
        self._sealing: set[asyncio.Future[SealedBlock]] = set()
        self._uploading: set[asyncio.Task[None]] = set()
        self._indexed: deque[list[ChunkId]] = deque()
        self._fault: BaseException | None = None
        self.pack_count = 0
        """Packs stored and indexed so far."""
        self.chunk_count = 0
        """Chunks in them."""
        self.stored_bytes = 0
        """Their length in the bucket."""

    async def __aenter__(self) -> Self:
        async with self._database.account(self._keys.account_id) as connection:
            # A new account holds nothing to look up; what this writer adds, it remembers.
            self._must_look_up = await connection.fetchval(_queries.holds_chunks, self._keys.account_id)
            if self._connection_id is not None:
                self._dictionaries = await read_dictionaries(connection, self._keys, self._connection_id)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fault = self._fault or error or Invalid("this writer is closed")
        for task in self._uploading:
            task.cancel()
        await asyncio.gather(*self._uploading, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def add(self, kind: Kind, chunks: Sequence[tuple[ChunkId, bytes]]) -> list[PackNos]:
        """Store chunks that are not held yet, and return, in order, the packs each needs.

        The first number is the pack it lies in; a second, where there is one, the pack whose block is the dictionary
        its block may be compressed with. Numbers are given before their packs are durable: they are once `flush`
        has returned. What was added before a fault is raised again by every later call.
        """
        async with self._turn:
            self._raise_fault()
            self._forget()
            known = self._known
            fresh = dict(chunks)
            for chunk_id in known.keys() & fresh.keys():
                del fresh[chunk_id]
            held = await self._held(fresh)
            for chunk_id in held:
                del fresh[chunk_id]
            await self._take(kind, list(fresh), list(fresh.values()))
            if not held:
                return [known[chunk_id] for chunk_id, _ in chunks]
            return [known.get(chunk_id) or held[chunk_id] for chunk_id, _ in chunks]

    async def _take(self, kind: Kind, chunk_ids: list[ChunkId], plains: list[bytes]) -> None:
        """Fill blocks with chunks that are new: by the slice, because each record would pay for a loop."""
        ends = list(accumulate(map(len, plains), initial=0))
        start = 0
        while start < len(plains):
            current = await self._open_block(kind)
            # A block ends with the chunk that fills it.
            full = ends[start] + block.TARGET_BYTES - current.plain_size
            end = min(bisect_left(ends, full, start), len(plains))
            current.chunk_ids += chunk_ids[start:end]
            current.chunks += plains[start:end]
            current.plain_size += ends[end] - ends[start]
            # A block that is no longer small goes without a dictionary, and its chunks without the dictionary's pack.
            needs = current.needs if current.plain_size < block.SMALL_BYTES else current.needs[:1]
            self._known.update(dict.fromkeys(chunk_ids[start:end], needs))
            if current.plain_size >= block.TARGET_BYTES:
                await self._close_block(current)
            start = end

    async def flush(self) -> None:
        """Store and index everything added so far; once it returns, all of it is durable and can be read."""
        async with self._turn:
            self._raise_fault()
            await self._close_pack()
            while self._uploading:
                await asyncio.wait(self._uploading)
            self._raise_fault()

    async def _held(self, unknown: Collection[ChunkId]) -> dict[ChunkId, PackNos]:
        if not self._must_look_up or not unknown:
            return {}
        account_id = self._keys.account_id
        async with self._database.account(account_id) as connection:
            rows = await connection.fetch(_queries.held_chunks, account_id, list(unknown))
        return {
            chunk_id: (pack_no,) if dictionary_pack_no in (None, pack_no) else (pack_no, dictionary_pack_no)
            for chunk_id, pack_no, dictionary_pack_no in rows
        }

    async def _open_block(self, kind: Kind) -> OpenBlock:
        if self._pack is not None and self._pack.size_bytes >= PACK_BYTES and kind not in self._pack.open_blocks:
            await self._close_pack()
        if self._pack is None:
            async with self._database.account(self._keys.account_id) as connection:
                pack_no = await connection.fetchval(_queries.next_pack_no)
            self._pack = FillingPack(self._keys, pack_no)
        return self._pack.open_block(kind, self._dictionaries.get(kind))

    async def _close_block(self, filled: OpenBlock) -> None:
        pack = self._pack
        assert pack is not None
        is_file = filled.kind == FILE_BYTES
        use = None
        if filled.dictionary is not None and filled.plain_size < block.SMALL_BYTES:
            use = await filled.dictionary.plain(self._backend)
        while len(self._sealing) >= _MOST_SEALING:
            await asyncio.wait(self._sealing, return_when=asyncio.FIRST_COMPLETED)
        effort = block.Effort.FILE if is_file else block.Effort.RECORDS
        sealing = pack.seal(self._threads, filled, effort=effort, dictionary=use)
        self._sealing.add(sealing)
        sealing.add_done_callback(self._sealing.discard)
        # The first block of a kind that holds enough serves the kind's later small ones.
        if filled.dictionary is None and filled.plain_size >= block.SMALL_BYTES and not is_file and self._connection_id:
            self._dictionaries.setdefault(filled.kind, pack.make_dictionary(filled))

    async def _close_pack(self) -> None:
        pack = self._pack
        if pack is None:
            return
        for filled in list(pack.open_blocks.values()):
            await self._close_block(filled)
        self._pack = None
        while len(self._uploading) >= _MOST_UPLOADING:
            await asyncio.wait(self._uploading, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._store(pack))
        self._uploading.add(task)
        task.add_done_callback(self._stored)

    async def _store(self, pack: FillingPack) -> None:
        pack_id = None
        try:
            stored = await pack.store(self._backend)
            async with self._database.account(self._keys.account_id) as connection:
                await pack.insert(connection, stored, self._connection_id)
            pack_id, size_bytes, _ = stored
        finally:
            pack.indexed.set_result(pack_id)
        self.pack_count += 1
        self.chunk_count += len(pack.chunk_ids)
        self.stored_bytes += size_bytes
        self._indexed.append(pack.chunk_ids)

    def _forget(self) -> None:
        """Let go of ids that can be looked up, when there are too many to remember."""
        while self._indexed and len(self._known) > _MOST_REMEMBERED:
            self._must_look_up = True
            for chunk_id in self._indexed.popleft():
                self._known.pop(chunk_id, None)

    def _stored(self, task: asyncio.Task[None]) -> None:
        self._uploading.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault = self._fault or error

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault
