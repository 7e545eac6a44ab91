"""One account's store for tests: its packs, its rows, and a check that both say the same."""

import random
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from store.backends.folder import FolderBackend
from store.database import Database
from store.keys import AccountKeys, content_id
from store.pack import object_key, pack_id_of, read_footer
from store.record import AccountId, ChunkId, ConnectionId, Kind, PackId
from store.repository import Repository

CARD, LIST = Kind("card"), Kind("list")


class Store:
    """One account with one connection, and what tests ask of it."""

    def __init__(self, database: Database, backend: FolderBackend, keys: AccountKeys, connection: ConnectionId) -> None:
        self.database = database
        self.backend = backend
        self.keys = keys
        self.connection_id = connection
        self.repository = self.reopened()

    def reopened(self) -> Repository:
        return Repository(self.database, self.backend, self.keys)

    def named(self, plains: Sequence[bytes]) -> list[tuple[ChunkId, bytes]]:
        return [(ChunkId(content_id(self.keys, plain)), plain) for plain in plains]

    async def write(self, kind: Kind, plains: Sequence[bytes]) -> list[tuple[int, ...]]:
        async with self.repository.writer(self.connection_id) as writer:
            needs = await writer.add(kind, self.named(plains))
            await writer.flush()
        return needs

    async def rows(self, query: str) -> list:
        async with self.database.account(self.keys.account_id) as connection:
            return await connection.fetch(query)

    def packs(self) -> list[str]:
        return list(self.backend.list("packs/"))

    async def check(self) -> None:
        """Every indexed chunk opens; every indexed pack is there, is its id's, and says itself what the index says."""
        chunks = [ChunkId(row["chunk_id"]) for row in await self.rows("select distinct chunk_id from chunks")]
        for start in range(0, len(chunks), 500):
            found = await self.reopened().read_many(chunks[start : start + 500])
            assert all(content_id(self.keys, plain) == chunk_id for chunk_id, plain in found.items())
        for row in await self.rows("select * from packs"):
            data = self.backend.get(object_key(PackId(row["pack_id"])))
            assert row["pack_id"] == pack_id_of(data)
            assert row["size_bytes"] == len(data)
            _, footer = read_footer(self.keys, data)
            held = await self.rows(
                f"select * from chunks where pack_no = {row['pack_no']} order by block_no, chunk_offset"
            )
            listed = [
                (entry, place)
                for entry in footer.blocks
                for place in zip(entry.chunk_prefixes, entry.chunk_sizes, strict=True)
            ]
            assert row["chunk_count"] == len(held) == len(listed)
            for chunk, (entry, (prefix, size)) in zip(held, listed, strict=True):
                assert (prefix, size) == (chunk["chunk_id"][:16], chunk["chunk_size"])
                assert (entry.block_no, entry.offset, entry.sealed_size, entry.codec) == (
                    chunk["block_no"],
                    chunk["block_offset"],
                    chunk["block_size"],
                    chunk["codec"],
                )


async def new_store(database: Database, folder: Path) -> Store:
    account_id, connection_id = AccountId(uuid4()), ConnectionId(uuid4())
    async with database.account(account_id) as connection:
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, 'A', 'UTC')", account_id
        )
        await connection.execute(
            "insert into connections (connection_id, account_id, app, name) values ($1, $2, 'trello', 'T')",
            connection_id,
            account_id,
        )
    return Store(database, FolderBackend(folder), AccountKeys.generate(account_id), connection_id)


def texts(count: int, seed: int = 1, words: int = 60) -> list[bytes]:
    source = random.Random(seed)
    vocabulary = [source.randbytes(4).hex() for _ in range(500)]
    return [
        b'{"id":%d,"text":"%s"}' % (seed * 1_000_000 + number, " ".join(source.choices(vocabulary, k=words)).encode())
        for number in range(count)
    ]
