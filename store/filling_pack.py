"""A pack being filled: its open blocks, those being sealed, and its way into the bucket and then the index."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, chain, repeat

from store import crypto, keeping
from store.backend import Backend
from store.block import Effort
from store.database import Connection
from store.dictionary import Dictionary, FreshDictionary
from store.keys import AccountKeys
from store.pack import THIS_PACK, BlockPlace, Footer, PackCipher, SealedBlock, assemble, object_key, pack_id_of
from store.queries import load
from store.record import ChunkId, ConnectionId, Kind, PackId

_queries = load("packs")


@dataclass(slots=True, kw_only=True)
class OpenBlock:
    """Chunks of one kind that wait for enough others. Mutable: the writer's loop appends to it directly."""

    kind: Kind
    dictionary: Dictionary | None
    needs: tuple[int, ...]
    chunk_ids: list[ChunkId] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    plain_size: int = 0


class FillingPack:
    """One pack from its first chunk until it is indexed. `pack_no` is taken beforehand, so that chunks can name it."""

    def __init__(self, keys: AccountKeys, pack_no: int) -> None:
        self.pack_no = pack_no
        self.open_blocks: dict[Kind, OpenBlock] = {}
        self.indexed: asyncio.Future[PackId | None] = asyncio.get_running_loop().create_future()
        """Its id, once its rows are committed; None when they never will be."""
        self.size_bytes = 0
        """Sealed length of its sealed blocks and plain length of the others: it grows to no more than this."""
        self._keys = keys
        self._cipher = PackCipher(keys, crypto.random_bytes(crypto.SALT_BYTES))
        self._sealing: list[asyncio.Future[SealedBlock]] = []
        self._used: list[Dictionary | None] = []
        self._fresh: dict[Kind, int] = {}

    def open_block(self, kind: Kind, dictionary: Dictionary | None) -> OpenBlock:
        """Return the kind's open block, a new one where it has none."""
        opened = self.open_blocks.get(kind)
        if opened is None:
            needs = {self.pack_no: None, **({dictionary.pack_no: None} if dictionary else {})}
            opened = OpenBlock(kind=kind, dictionary=dictionary, needs=tuple(needs))
            self.open_blocks[kind] = opened
        return opened

    def seal(
        self, threads: Executor, filled: OpenBlock, *, effort: Effort, dictionary: bytes | None
    ) -> "asyncio.Future[SealedBlock]":
        """Close an open block: compress and seal it in a thread."""
        del self.open_blocks[filled.kind]
        sealing = asyncio.get_running_loop().run_in_executor(
            threads,
            partial(
                self._cipher.seal_block,
                len(self._sealing),
                filled.chunks,
                filled.chunk_ids,
                effort=effort,
                dictionary=dictionary,
            ),
        )
        self._sealing.append(sealing)
        self._used.append(filled.dictionary if dictionary is not None else None)
        self.size_bytes += filled.plain_size
        sealing.add_done_callback(partial(self._sealed, filled.plain_size))
        return sealing

    def make_dictionary(self, filled: OpenBlock) -> Dictionary:
        """Let the block that was sealed last be its kind's dictionary from now on."""
        block_no = len(self._sealing) - 1
        self._fresh[filled.kind] = block_no
        return FreshDictionary(b"".join(filled.chunks), self.indexed, pack_no=self.pack_no, block_no=block_no)

    async def store(self, backend: Backend) -> tuple[PackId, int, Footer]:
        """Assemble the pack and put it into the bucket. Durable once this returns; not yet in the index."""
        blocks = await asyncio.gather(*self._sealing)
        places: list[BlockPlace | None] = []
        for used in self._used:
            if used is None:
                places.append(None)
            else:
                pack_id = THIS_PACK if used.pack_no == self.pack_no else await used.pack_id()
                places.append(BlockPlace(pack_id=pack_id, block_no=used.block_no))
        return await asyncio.to_thread(self._put, backend, blocks, places)

    async def insert(
        self, connection: Connection, stored: tuple[PackId, int, Footer], connection_id: ConnectionId | None
    ) -> None:
        """Insert the rows of a pack whose object is durable. Outdated when one it leans on was taken away meanwhile."""
        pack_id, size_bytes, footer = stored
        account_id, blocks = self._keys.account_id, footer.blocks
        others = {used.pack_no for used in self._used if used is not None} - {self.pack_no}
        await keeping.storing(connection, account_id, others)
        sealed = [sealing.result() for sealing in self._sealing]
        counts = [len(block.chunk_ids) for block in sealed]
        await connection.execute(
            _queries.insert_pack,
            self.pack_no,
            account_id,
            pack_id,
            self._cipher.salt,
            size_bytes,
            sum(counts),
        )
        used = [self._used[entry.block_no] if entry.dictionary else None for entry in blocks]
        await connection.execute(
            _queries.insert_chunks,
            account_id,
            self.pack_no,
            b"".join(chain.from_iterable(block.chunk_ids for block in sealed)),
            _array(chain.from_iterable(map(repeat, (entry.block_no for entry in blocks), counts))),
            _array(offset for entry in blocks for offset in accumulate(entry.chunk_sizes[:-1], initial=0)),
            _array(chain.from_iterable(entry.chunk_sizes for entry in blocks)),
            [entry.block_no for entry in blocks],
            [entry.offset for entry in blocks],
            [entry.sealed_size for entry in blocks],
            [int(entry.codec) for entry in blocks],
            [dictionary.pack_no if dictionary else None for dictionary in used],
            [dictionary.block_no if dictionary else None for dictionary in used],
        )
        if self._fresh and connection_id is not None:
            fresh = [blocks[block_no] for block_no in self._fresh.values()]
            await connection.execute(
                _queries.insert_dictionaries,
                account_id,
                connection_id,
                self.pack_no,
                list(self._fresh),
                [entry.block_no for entry in fresh],
                [entry.offset for entry in fresh],
                [entry.sealed_size for entry in fresh],
            )

    @property
    def chunk_ids(self) -> list[ChunkId]:
        """The ids of all its chunks, once it is stored."""
        return [chunk_id for sealing in self._sealing for chunk_id in sealing.result().chunk_ids]

    def _sealed(self, plain_size: int, sealing: "asyncio.Future[SealedBlock]") -> None:
        if not sealing.cancelled() and sealing.exception() is None:
            self.size_bytes += len(sealing.result().sealed) - plain_size

    def _put(
        self, backend: Backend, blocks: list[SealedBlock], places: list[BlockPlace | None]
    ) -> tuple[PackId, int, Footer]:
        data, footer = assemble(self._cipher, blocks, places)
        pack_id = pack_id_of(data)
        backend.put(object_key(pack_id), data)
        return pack_id, len(data), footer


def _array(numbers: Iterable[int]) -> str:
    """Write an array as Postgres reads it: for many numbers half the time of the driver's own way."""
    return f"{{{','.join(map(str, numbers))}}}"
