"""Dictionaries: a block of a kind whose plain bytes make its later small blocks small."""

import asyncio
from typing import Protocol

from store.backend import Backend
from store.database import Connection
from store.errors import Corrupt, NotFound, Unavailable
from store.keys import AccountKeys
from store.pack import PackCipher, object_key
from store.queries import load
from store.record import ConnectionId, Kind, PackId

_queries = load("packs")


class Dictionary(Protocol):
    """The block, wherever it is."""

    pack_no: int
    block_no: int

    async def plain(self, backend: Backend) -> bytes | None:
        """Return its plain bytes; None when they cannot be had, and then the small block does without."""
        ...

    async def pack_id(self) -> PackId:
        """Return the id of its pack, once that is in the index; Unavailable when it never will be."""
        ...


class StoredDictionary:
    """A block that an earlier cycle stored."""

    def __init__(
        self, cipher: PackCipher, *, pack_no: int, pack_id: PackId, block_no: int, offset: int, size: int
    ) -> None:
        self.pack_no = pack_no
        self.block_no = block_no
        self._cipher = cipher
        self._pack_id = pack_id
        self._offset = offset
        self._size = size
        self._plain: bytes | None = None
        self._is_lost = False

    async def plain(self, backend: Backend) -> bytes | None:
        """Fetch and open the block, once."""
        if self._plain is None and not self._is_lost:
            try:
                self._plain = await asyncio.to_thread(self._open, backend)
            except (Corrupt, NotFound):
                # Verification reports it; here it must not stop a backup.
                self._is_lost = True
        return self._plain

    async def pack_id(self) -> PackId:
        """Return it: it is known."""
        return self._pack_id

    def _open(self, backend: Backend) -> bytes:
        sealed = backend.get_range(object_key(self._pack_id), self._offset, self._size)
        return self._cipher.open_block(self.block_no, sealed)


class FreshDictionary:
    """A block that this writer has just closed."""

    def __init__(self, plain: bytes, indexed: "asyncio.Future[PackId | None]", *, pack_no: int, block_no: int) -> None:
        self.pack_no = pack_no
        self.block_no = block_no
        self._plain = plain
        self._indexed = indexed

    async def plain(self, backend: Backend) -> bytes | None:  # noqa: ARG002 - it is at hand
        """Return them: they are at hand."""
        return self._plain

    async def pack_id(self) -> PackId:
        """Wait until its pack is in the index: else a crash between the two packs leaves a hole."""
        pack_id = await asyncio.shield(self._indexed)
        if pack_id is None:
            raise Unavailable(f"pack {self.pack_no}, which this one needs, was not stored")
        return pack_id


async def read_dictionaries(
    connection: Connection, keys: AccountKeys, connection_id: ConnectionId
) -> dict[Kind, Dictionary]:
    """Return where the dictionary of each kind of a connection lies; none is fetched before it is used."""
    rows = await connection.fetch(_queries.dictionaries, keys.account_id, connection_id)
    return {
        Kind(row["kind"]): StoredDictionary(
            PackCipher(keys, row["salt"]),
            pack_no=row["pack_no"],
            pack_id=PackId(row["pack_id"]),
            block_no=row["block_no"],
            offset=row["block_offset"],
            size=row["block_size"],
        )
        for row in rows
    }
