"""Packs: many sealed blocks in one object, with a sealed index at its end. Bytes in, bytes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from struct import Struct, unpack_from
from struct import error as StructError  # noqa: N812 - struct's own name says nothing here

from store import crypto
from store.block import MAX_PLAIN_BYTES, Codec, Effort, compress, expand
from store.errors import Corrupt
from store.keys import AccountKeys
from store.record import ChunkId, PackId

MAGIC = b"HFPK\x01"
"""`HFPK` and the version."""
HEADER_BYTES = len(MAGIC) + crypto.SALT_BYTES
TRAILER = Struct(">I4s")
"""Length of the sealed footer, then `HFPE`."""
END_MAGIC = b"HFPE"
THIS_PACK = PackId(bytes(32))
"""In a footer: a dictionary that lies in the same pack, whose id is not known before it is whole."""
ID_BYTES = 32
PREFIX_BYTES = 16
"""How much of a chunk's id a footer holds. Ids do not compress, and whoever opens a chunk can tell its whole id."""

_FOOTER_NUMBER = 2**96 - 1
_HEAD = Struct(">IIH")
_NO_DICTIONARY = 0xFFFF
_LEAST_BYTES = HEADER_BYTES + crypto.TAG_BYTES + TRAILER.size


def object_key(pack_id: PackId) -> str:
    """Return where a pack lies in the bucket."""
    name = pack_id.hex()
    return f"packs/{name[:2]}/{name}"


def pack_id_of(data: bytes) -> PackId:
    """Name a pack by all its bytes. SHA-256 and no key: whoever can read the bucket can check it with sha256sum."""
    return PackId(sha256(data).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPlace:
    """Which block: by the pack it lies in and its number there."""

    pack_id: PackId
    block_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBlock:
    """A block as it lies in a pack, and what the index says of it."""

    sealed: bytes = field(repr=False)
    codec: Codec
    plain_size: int
    chunk_ids: Sequence[ChunkId] = field(repr=False)
    chunk_sizes: Sequence[int] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """One block in a footer."""

    block_no: int
    offset: int
    sealed_size: int
    plain_size: int
    codec: Codec
    dictionary: BlockPlace | None
    chunk_prefixes: Sequence[bytes] = field(repr=False)
    chunk_sizes: Sequence[int] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What a pack holds: enough to build the index again from the bucket and the keys."""

    blocks: tuple[BlockEntry, ...]


class PackCipher:
    """Seals and opens the parts of one pack. Thread-safe."""

    __slots__ = ("_bound", "_cipher", "salt")

    def __init__(self, keys: AccountKeys, salt: bytes) -> None:
        self.salt = salt
        self._cipher = crypto.Cipher(crypto.derive_pack_key(keys.data_key, salt, keys.account_id))
        self._bound = MAGIC + keys.account_id.bytes + salt

    def seal_block(
        self,
        block_no: int,
        chunks: Sequence[bytes],
        chunk_ids: Sequence[ChunkId],
        *,
        effort: Effort = Effort.RECORDS,
        dictionary: bytes | None = None,
    ) -> SealedBlock:
        """Compress chunks together and seal them as block `block_no`, which must be given once only."""
        plain = b"".join(chunks)
        codec, body = compress(plain, effort=effort, dictionary=dictionary)
        sealed = self._cipher.seal(block_no, bytes((codec,)) + body, self._bound + b"B" + block_no.to_bytes(12, "big"))
        sizes = [len(chunk) for chunk in chunks]
        return SealedBlock(sealed=sealed, codec=codec, plain_size=len(plain), chunk_ids=chunk_ids, chunk_sizes=sizes)

    def open_block(self, block_no: int, sealed: bytes, *, dictionary: bytes | None = None) -> bytes:
        """Return a block's plain bytes; Corrupt when it is not block `block_no` of this pack and account, as sealed."""
        payload = self._cipher.open_(block_no, sealed, self._bound + b"B" + block_no.to_bytes(12, "big"))
        if not payload:
            raise Corrupt("a block without a codec")
        return expand(payload[0], payload[1:], dictionary=dictionary)

    def seal_footer(self, plain: bytes) -> bytes:
        """Seal the index; its number is the last there is, so that no block can have it."""
        bound = self._bound + b"F" + _FOOTER_NUMBER.to_bytes(12, "big")
        codec, body = compress(plain)
        return self._cipher.seal(_FOOTER_NUMBER, bytes((codec,)) + body, bound)

    def open_footer(self, sealed: bytes) -> bytes:
        """Return the index's plain bytes."""
        payload = self._cipher.open_(_FOOTER_NUMBER, sealed, self._bound + b"F" + _FOOTER_NUMBER.to_bytes(12, "big"))
        if not payload:
            raise Corrupt("a footer without a codec")
        return expand(payload[0], payload[1:])


def assemble(
    cipher: PackCipher, blocks: Sequence[SealedBlock], dictionaries: Sequence[BlockPlace | None]
) -> tuple[bytes, Footer]:
    """Put a pack together from its blocks, in the order of their numbers, and the dictionary each was made with."""
    entries: list[BlockEntry] = []
    offset = HEADER_BYTES
    for block_no, (block, dictionary) in enumerate(zip(blocks, dictionaries, strict=True)):
        entries.append(
            BlockEntry(
                block_no=block_no,
                offset=offset,
                sealed_size=len(block.sealed),
                plain_size=block.plain_size,
                codec=block.codec,
                dictionary=dictionary if block.codec is Codec.ZSTD_DICTIONARY else None,
                chunk_prefixes=[chunk_id[:PREFIX_BYTES] for chunk_id in block.chunk_ids],
                chunk_sizes=block.chunk_sizes,
            )
        )
        offset += len(block.sealed)
    footer = Footer(blocks=tuple(entries))
    sealed_footer = cipher.seal_footer(_footer_bytes(footer))
    trailer = TRAILER.pack(len(sealed_footer), END_MAGIC)
    return b"".join((MAGIC, cipher.salt, *(block.sealed for block in blocks), sealed_footer, trailer)), footer


def parse_header(header: bytes) -> bytes:
    """Return the salt from a pack's first HEADER_BYTES."""
    if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
        raise Corrupt("not a pack of a version this program knows")
    return header[len(MAGIC) :]


def parse_trailer(trailer: bytes, pack_size: int) -> tuple[int, int]:
    """Return the sealed footer's offset and length from a pack's last TRAILER.size bytes and its size."""
    if len(trailer) != TRAILER.size or pack_size < _LEAST_BYTES:
        raise Corrupt("a pack cut short")
    length, magic = TRAILER.unpack(trailer)
    offset = pack_size - TRAILER.size - length
    if magic != END_MAGIC or length < crypto.TAG_BYTES or offset < HEADER_BYTES:
        raise Corrupt("a pack whose end is not a pack's end")
    return offset, length


def read_footer(keys: AccountKeys, data: bytes) -> tuple[PackCipher, Footer]:
    """Open a whole pack's index."""
    cipher = PackCipher(keys, parse_header(data[:HEADER_BYTES]))
    offset, length = parse_trailer(data[-TRAILER.size :], len(data))
    return cipher, parse_footer(cipher.open_footer(data[offset : offset + length]), footer_offset=offset)


def parse_footer(plain: bytes, *, footer_offset: int) -> Footer:
    """Read an opened index; Corrupt where its parts do not add up to the pack."""
    try:
        block_count, chunk_count, pack_count = _HEAD.unpack_from(plain)
        position = _HEAD.size
        tables: list[tuple[int, ...]] = []
        packs_at = position
        position += pack_count * ID_BYTES
        for code, count in (
            ("I", block_count),  # sealed sizes
            ("I", block_count),  # plain sizes
            ("B", block_count),  # codecs
            ("H", block_count),  # dictionaries: which pack
            ("I", block_count),  # dictionaries: which block
            ("I", block_count),  # chunks in each block
            ("I", chunk_count),  # chunk sizes
        ):
            if count > len(plain):
                raise Corrupt("an index longer than itself")
            tables.append(unpack_from(f">{count}{code}", plain, position))
            position += count * Struct(f">{code}").size
    except StructError:
        raise Corrupt("an index cut short") from None
    if position + chunk_count * PREFIX_BYTES != len(plain):
        raise Corrupt("an index that does not add up")
    packs = [PackId(_id_at(plain, packs_at, number)) for number in range(pack_count)]
    ends = range(position, len(plain), PREFIX_BYTES)
    prefixes = [plain[start : start + PREFIX_BYTES] for start in ends]
    return Footer(blocks=tuple(_entries(tables, packs, prefixes, footer_offset)))


def _entries(
    tables: list[tuple[int, ...]], packs: list[PackId], prefixes: list[bytes], footer_offset: int
) -> list[BlockEntry]:
    sealed_sizes, plain_sizes, codecs, dictionary_packs, dictionary_blocks, counts, chunk_sizes = tables
    entries: list[BlockEntry] = []
    offset, first = HEADER_BYTES, 0
    for block_no, sealed_size in enumerate(sealed_sizes):
        sizes = chunk_sizes[first : first + counts[block_no]]
        has_dictionary = codecs[block_no] == Codec.ZSTD_DICTIONARY
        pack_index = dictionary_packs[block_no]
        if (
            sum(sizes) != plain_sizes[block_no]
            or plain_sizes[block_no] > MAX_PLAIN_BYTES
            or len(sizes) != counts[block_no]
            or codecs[block_no] not in tuple(Codec)
            or (pack_index < len(packs) if has_dictionary else pack_index == _NO_DICTIONARY) is False
        ):
            raise Corrupt(f"an index whose block {block_no} does not add up")
        entries.append(
            BlockEntry(
                block_no=block_no,
                offset=offset,
                sealed_size=sealed_size,
                plain_size=plain_sizes[block_no],
                codec=Codec(codecs[block_no]),
                dictionary=BlockPlace(pack_id=packs[pack_index], block_no=dictionary_blocks[block_no])
                if has_dictionary
                else None,
                chunk_prefixes=prefixes[first : first + counts[block_no]],
                chunk_sizes=sizes,
            )
        )
        offset += sealed_size
        first += counts[block_no]
    if offset != footer_offset or first != len(prefixes):
        raise Corrupt("an index that does not cover its pack")
    return entries


def _id_at(plain: bytes, start: int, number: int) -> bytes:
    return plain[start + number * ID_BYTES : start + (number + 1) * ID_BYTES]


def _footer_bytes(footer: Footer) -> bytes:
    blocks = footer.blocks
    packs = list(dict.fromkeys(block.dictionary.pack_id for block in blocks if block.dictionary))
    numbers = {pack_id: number for number, pack_id in enumerate(packs)}
    sizes = [size for block in blocks for size in block.chunk_sizes]
    places = [block.dictionary for block in blocks]

    def table(code: str, values: Sequence[int]) -> bytes:
        return Struct(f">{len(values)}{code}").pack(*values)

    return b"".join(
        (
            _HEAD.pack(len(blocks), len(sizes), len(packs)),
            *packs,
            table("I", [block.sealed_size for block in blocks]),
            table("I", [block.plain_size for block in blocks]),
            table("B", [block.codec for block in blocks]),
            table("H", [numbers[place.pack_id] if place else _NO_DICTIONARY for place in places]),
            table("I", [place.block_no if place else 0 for place in places]),
            table("I", [len(block.chunk_sizes) for block in blocks]),
            table("I", sizes),
            *(prefix for block in blocks for prefix in block.chunk_prefixes),
        )
    )
