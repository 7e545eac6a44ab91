"""Packs: one pack read back, and held against its name, its own index, and the rows that Postgres has of it."""

import asyncio
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from store.checks.fault import Depth, Fault, FaultCode
from store.errors import Corrupt, NotFound
from store.keys import content_id
from store.pack import (
    HEADER_BYTES,
    THIS_PACK,
    BlockEntry,
    BlockPlace,
    Footer,
    PackCipher,
    object_key,
    pack_id_of,
    parse_header,
    read_footer,
)
from store.queries import load
from store.record import PackId
from store.repository import Repository

_SQL = load("checks")

Row = Any
"""A row of the queries `packs` and `chunks_of_pack` in `store/sql/checks.sql`."""


async def check_pack(repository: Repository, row: Row, depth: Depth) -> list[Fault]:
    """Check one pack. Memory: the pack, and its largest block."""
    pack_id = PackId(row["pack_id"])
    name = object_key(pack_id)
    size = await asyncio.to_thread(repository.backend.size, name)
    if size is None:
        message = f"the bucket does not hold it; {row['chunk_count']} chunks lie in it"
        return [Fault(code=FaultCode.PACK_MISSING, where=name, message=message)]
    if size != row["size_bytes"] and depth is Depth.PRESENCE:
        message = f"{size} bytes long, and {row['size_bytes']} in the index"
        return [Fault(code=FaultCode.PACK_SIZE, where=name, message=message)]
    if depth is Depth.PRESENCE:
        return []
    async with repository.database.account(repository.account_id) as connection:
        chunks = await connection.fetch(_SQL.chunks_of_pack, repository.account_id, row["pack_no"])
        dictionaries = await connection.fetch(_SQL.dictionaries_of_pack, repository.account_id, row["pack_no"])
    data = await asyncio.to_thread(repository.backend.get, name)
    pack = _Pack(repository=repository, row=row, data=data, chunks=chunks, dictionaries=dictionaries)
    return await asyncio.to_thread(pack.check, depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    repository: Repository
    row: Row
    data: bytes
    chunks: list[Row]
    dictionaries: list[Row]

    @property
    def name(self) -> str:
        return object_key(PackId(self.row["pack_id"]))

    def check(self, depth: Depth) -> list[Fault]:
        try:
            cipher, footer = read_footer(self.repository.keys, self.data)
        except Corrupt as error:
            if pack_id_of(self.data) != self.row["pack_id"]:
                return [self._altered([f"its own index cannot be read: {error}"])]
            return [Fault(code=FaultCode.PACK_ALTERED, where=self.name, message=f"it was written wrong: {error}")]
        if pack_id_of(self.data) != self.row["pack_id"]:
            opened = self._open_blocks(cipher, footer) if depth is Depth.CONTENT else []
            return [self._altered([fault.message for fault in opened])]
        faults = self._check_rows(footer)
        return faults or (self._open_blocks(cipher, footer) if depth is Depth.CONTENT else [])

    def _altered(self, details: list[str]) -> Fault:
        message = "; ".join(["its bytes are not those that it is named after", *details])
        return Fault(code=FaultCode.PACK_ALTERED, where=self.name, message=message)

    def _check_rows(self, footer: Footer) -> list[Fault]:
        faults: list[Fault] = []
        if parse_header(self.data[:HEADER_BYTES]) != self.row["salt"]:
            faults.append(self._wrong(self.name, "the index has another salt for it"))
        if len(self.data) != self.row["size_bytes"]:
            faults.append(self._wrong(self.name, f"{len(self.data)} bytes long, and another length in the index"))
        listed = {
            (block.block_no, offset): (prefix, size, block)
            for block in footer.blocks
            for offset, prefix, size in zip(
                accumulate(block.chunk_sizes[:-1], initial=0), block.chunk_prefixes, block.chunk_sizes, strict=True
            )
        }
        if len(listed) != self.row["chunk_count"]:
            faults.append(self._wrong(self.name, f"it holds {len(listed)} chunks, and another number in the index"))
        rows = {(row["block_no"], row["chunk_offset"]): row for row in self.chunks}
        unmatched = set(listed) - rows.keys()
        for place, row in rows.items():
            found = listed.get(place)
            if found is None or not self._agrees(row, *found):
                unmatched -= {at for at in unmatched if listed[at][0] == row["chunk_id"][: len(listed[at][0])]}
                faults.append(
                    self._wrong(f"chunk/{row['chunk_id'].hex()}", f"it does not lie in {self.name} like that")
                )
        for place in sorted(unmatched):
            message = f"chunk {listed[place][0].hex()}… of block {place[0]} is not in the index"
            faults.append(self._wrong(self.name, message))
        for row in self.dictionaries:
            blocks = [block for block in footer.blocks if block.block_no == row["block_no"]]
            if [(row["block_offset"], row["block_size"])] != [(block.offset, block.sealed_size) for block in blocks]:
                faults.append(self._wrong(f"dictionary/{row['kind']}", f"it does not lie in {self.name} like that"))
        return faults

    def _agrees(self, row: Row, prefix: bytes, size: int, block: BlockEntry) -> bool:
        place = None
        if row["dictionary_pack_id"] is not None:
            own = row["dictionary_pack_id"] == self.row["pack_id"]
            pack_id = THIS_PACK if own else PackId(row["dictionary_pack_id"])
            place = BlockPlace(pack_id=pack_id, block_no=row["dictionary_block_no"])
        return (row["chunk_id"][: len(prefix)], row["chunk_size"]) == (prefix, size) and (
            row["block_offset"],
            row["block_size"],
            row["codec"],
            place,
        ) == (block.offset, block.sealed_size, block.codec, block.dictionary)

    def _open_blocks(self, cipher: PackCipher, footer: Footer) -> list[Fault]:
        faults: list[Fault] = []
        ids = {(row["block_no"], row["chunk_offset"]): row["chunk_id"] for row in self.chunks}
        for block in footer.blocks:
            try:
                plain = self._open(cipher, block)
            except (Corrupt, NotFound) as error:
                message = f"block {block.block_no} with {len(block.chunk_sizes)} chunks cannot be opened: {error}"
                faults.append(Fault(code=FaultCode.CHUNK_WRONG, where=self.name, message=message))
                continue
            offset = 0
            for prefix, size in zip(block.chunk_prefixes, block.chunk_sizes, strict=True):
                found = content_id(self.repository.keys, plain[offset : offset + size])
                if found != ids.get((block.block_no, offset), found) or found[: len(prefix)] != prefix:
                    message = f"the bytes of a chunk in {self.name} block {block.block_no} are not its own"
                    where = f"chunk/{ids.get((block.block_no, offset), prefix).hex()}"
                    faults.append(Fault(code=FaultCode.CHUNK_WRONG, where=where, message=message))
                offset += size
        return faults

    def _open(self, cipher: PackCipher, block: BlockEntry) -> bytes:
        dictionary = None if block.dictionary is None else self._dictionary(cipher, block.dictionary)
        sealed = self.data[block.offset : block.offset + block.sealed_size]
        return cipher.open_block(block.block_no, sealed, dictionary=dictionary)

    def _dictionary(self, cipher: PackCipher, place: BlockPlace) -> bytes:
        data = self.data
        if place.pack_id != THIS_PACK:
            data = self.repository.backend.get(object_key(place.pack_id))
        cipher, footer = read_footer(self.repository.keys, data)
        entry = footer.blocks[place.block_no]
        return cipher.open_block(entry.block_no, data[entry.offset : entry.offset + entry.sealed_size])

    @staticmethod
    def _wrong(where: str, message: str) -> Fault:
        return Fault(code=FaultCode.INDEX_WRONG, where=where, message=message)
