"""Footers: every pack in the bucket by its own sealed index, as the rows that Postgres lost.

A footer tells half of each chunk's id. The rows wait in `rebuild_chunks`, without row-level security as the stage is,
until the rest is told: a record's by its bytes, a file's by its recipe.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from store.backend import Backend
from store.database import Database
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys
from store.pack import (
    HEADER_BYTES,
    THIS_PACK,
    TRAILER,
    BlockEntry,
    Footer,
    PackCipher,
    object_key,
    parse_footer,
    parse_header,
    parse_trailer,
)
from store.queries import load
from store.rebuild.found import Found, LossCode
from store.record import AccountId, PackId

_SQL = load("rebuild")
_NAME = re.compile(r"packs/[0-9a-f]{2}/([0-9a-f]{64})\Z")
_AT_ONCE = 16
_TAIL_BYTES = 256 * 1024
"""Read from a pack's end at once: most footers fit."""
_COLUMNS = (
    "account_id",
    "prefix",
    "pack_no",
    "block_no",
    "block_offset",
    "block_size",
    "chunk_offset",
    "chunk_size",
    "codec",
    "dictionary_pack_id",
    "dictionary_block_no",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    account_id: AccountId
    pack_id: PackId
    salt: bytes
    size_bytes: int
    footer: Footer


class Keyring:
    """The accounts' keys. A pack does not say whose it is: the lists of packs do, and where not, each is tried.

    `is_complete` says that there are no other accounts, so that a pack which opens with none of the keys is damaged.
    """

    def __init__(
        self, keys: Mapping[AccountId, AccountKeys], owners: Mapping[PackId, AccountId], *, is_complete: bool
    ) -> None:
        self._keys = keys
        self._owners = owners
        self.is_complete = is_complete

    def likeliest_first(self, pack_id: PackId) -> Iterator[AccountKeys]:
        """Give all keys, those first that should open this pack."""
        owner = self._owners.get(pack_id)
        if owner is not None:
            yield self._keys[owner]
        yield from (keys for account_id, keys in self._keys.items() if account_id != owner)


async def index_packs(database: Database, backend: Backend, keyring: Keyring, found: Found) -> None:
    """Insert a row for each pack that one of the keys opens, and rows of its chunks to `rebuild_chunks`."""
    async for batch in _batches(backend):
        for name, read in zip(batch, await _read_all(backend, batch, keyring), strict=True):
            if isinstance(read, _Read):
                await _insert(database, read)
                found.packs += 1
            elif read is not None:
                found.lost(LossCode.PACK_LOST, name, read)
        found.tell(f"{found.packs:,} packs indexed")


async def _batches(backend: Backend) -> AsyncIterator[list[str]]:
    names = iter(backend.list("packs/"))
    while batch := await asyncio.to_thread(lambda: list(islice(names, _AT_ONCE))):
        yield batch


async def _read_all(
    backend: Backend, names: Sequence[str], keyring: Keyring
) -> list[_Read | Corrupt | NotFound | None]:
    async def read(name: str) -> _Read | Corrupt | NotFound | None:
        try:
            return await asyncio.to_thread(_read, backend, name, keyring)
        except (Corrupt, NotFound) as error:
            return error

    return await asyncio.gather(*map(read, names))


def _read(backend: Backend, name: str, keyring: Keyring) -> _Read | None:
    """Read one pack's index; None when it may be that of an account whose keys are not here."""
    matched = _NAME.match(name)
    if matched is None or name != object_key(PackId(bytes.fromhex(matched[1]))):
        raise Corrupt("not the name of a pack")
    size_bytes = backend.size(name)
    if size_bytes is None:
        raise NotFound("gone while it was looked for")
    salt = parse_header(backend.get_range(name, 0, min(HEADER_BYTES, size_bytes)))
    tail_at = max(size_bytes - _TAIL_BYTES, 0)
    tail = backend.get_range(name, tail_at, size_bytes - tail_at)
    offset, length = parse_trailer(tail[-TRAILER.size :], size_bytes)
    sealed = tail[offset - tail_at :][:length] if offset >= tail_at else backend.get_range(name, offset, length)
    pack_id = PackId(bytes.fromhex(matched[1]))
    for keys in keyring.likeliest_first(pack_id):
        try:
            plain = PackCipher(keys, salt).open_footer(sealed)
        except Corrupt:
            continue
        return _Read(
            account_id=keys.account_id,
            pack_id=pack_id,
            salt=salt,
            size_bytes=size_bytes,
            footer=parse_footer(plain, footer_offset=offset),
        )
    if keyring.is_complete:
        raise Corrupt("its index opens with no account's keys")
    return None


async def _insert(database: Database, read: _Read) -> None:
    chunk_count = sum(len(block.chunk_sizes) for block in read.footer.blocks)
    async with database.account(read.account_id) as connection:
        pack_no = await connection.fetchval(
            _SQL.insert_pack, read.account_id, read.pack_id, read.salt, read.size_bytes, chunk_count
        )
        rows = [row for block in read.footer.blocks for row in _rows(read, pack_no, block)]
        await connection.copy_records_to_table("rebuild_chunks", records=rows, columns=_COLUMNS)


def _rows(read: _Read, pack_no: int, block: BlockEntry) -> list[tuple[object, ...]]:
    place = block.dictionary
    dictionary_pack_id = None if place is None else read.pack_id if place.pack_id == THIS_PACK else place.pack_id
    dictionary_block_no = None if place is None else place.block_no
    offsets = accumulate(block.chunk_sizes[:-1], initial=0)
    return [
        (
            read.account_id,
            prefix,
            pack_no,
            block.block_no,
            block.offset,
            block.sealed_size,
            offset,
            size,
            int(block.codec),
            dictionary_pack_id,
            dictionary_block_no,
        )
        for prefix, offset, size in zip(block.chunk_prefixes, offsets, block.chunk_sizes, strict=False)
    ]
