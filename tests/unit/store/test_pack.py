import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import block, pack
from store.block import Codec
from store.errors import Corrupt
from store.keys import PLAIN_BYTES, AccountKeys, content_id
from store.pack import BlockEntry, BlockPlace, Footer, PackCipher, SealedBlock
from store.record import AccountId, ChunkId, PackId

ACCOUNT = AccountId(UUID("00000000-0000-4000-8000-000000000001"))
OTHER = AccountId(UUID("00000000-0000-4000-8000-000000000002"))
KEYS = AccountKeys.from_plain(ACCOUNT, bytes(range(PLAIN_BYTES)))
SALT = bytes(range(32))
TEXTS = [b'{"name":"%d","text":"%s"}' % (number, b"word " * number) for number in range(1, 12)]
DICTIONARY = b"".join(TEXTS)
ELSEWHERE = BlockPlace(pack_id=PackId(b"\x05" * 32), block_no=3)
HERE = BlockPlace(pack_id=pack.THIS_PACK, block_no=0)


def seal(
    number: int, chunks: list[bytes], *, keys: AccountKeys = KEYS, salt: bytes = SALT, dictionary: bytes | None = None
) -> SealedBlock:
    ids = [ChunkId(content_id(keys, chunk)) for chunk in chunks]
    return PackCipher(keys, salt).seal_block(number, chunks, ids, dictionary=dictionary)


def make(blocks: list[SealedBlock], places: list[BlockPlace | None]) -> tuple[bytes, Footer]:
    return pack.assemble(PackCipher(KEYS, SALT), blocks, places)


def sample() -> tuple[bytes, Footer]:
    blocks = [
        seal(0, TEXTS),
        seal(1, [b"\x00\xff\x01"]),
        seal(2, [b'{"name":"word word"}' * 3], dictionary=DICTIONARY),
        seal(3, [b'{"name":"text word"}' * 3], dictionary=DICTIONARY),
    ]
    return make(blocks, [None, None, HERE, ELSEWHERE])


def read_all(data: bytes, dictionary: bytes = DICTIONARY) -> list[bytes]:
    """Everything a pack holds, each chunk checked against its id, as a rebuild would."""
    cipher, footer = pack.read_footer(KEYS, data)
    chunks: list[bytes] = []
    for entry in footer.blocks:
        sealed = data[entry.offset : entry.offset + entry.sealed_size]
        plain = cipher.open_block(entry.block_no, sealed, dictionary=dictionary if entry.dictionary else None)
        start = 0
        for prefix, size in zip(entry.chunk_prefixes, entry.chunk_sizes, strict=True):
            chunks.append(plain[start : start + size])
            start += size
            if not content_id(KEYS, chunks[-1]).startswith(prefix):
                raise Corrupt("a chunk that is not its id's")
    return chunks


def test_a_pack_gives_back_its_chunks() -> None:
    data, _ = sample()

    assert [*TEXTS, b"\x00\xff\x01", b'{"name":"word word"}' * 3, b'{"name":"text word"}' * 3] == read_all(data)


def test_the_footer_read_is_the_footer_written() -> None:
    data, footer = sample()

    _, read = pack.read_footer(KEYS, data)

    codecs = [entry.codec for entry in read.blocks]
    assert [Codec.ZSTD, Codec.STORED, Codec.ZSTD_DICTIONARY, Codec.ZSTD_DICTIONARY] == codecs
    for expected, actual in zip(footer.blocks, read.blocks, strict=True):
        assert list(expected.chunk_prefixes) == list(actual.chunk_prefixes)
        assert list(expected.chunk_sizes) == list(actual.chunk_sizes)
        for name in ("block_no", "offset", "sealed_size", "plain_size", "codec", "dictionary"):
            assert getattr(expected, name) == getattr(actual, name)


def test_every_altered_byte_of_a_pack_is_noticed() -> None:
    data, _ = sample()

    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << place % 8
        assert pack.pack_id_of(data) != pack.pack_id_of(bytes(altered))
        with pytest.raises(Corrupt):
            read_all(bytes(altered))


def test_every_shortened_pack_is_noticed() -> None:
    data, _ = sample()

    for length in range(len(data)):
        with pytest.raises(Corrupt):
            read_all(data[:length])


def test_blocks_cannot_be_swapped_within_a_pack() -> None:
    first, second = seal(0, [b"a" * 50]), seal(1, [b"b" * 50])
    data, _ = make([second, first], [None, None])

    with pytest.raises(Corrupt):
        read_all(data)


def test_a_block_opens_in_its_own_pack_only() -> None:
    stranger = seal(0, TEXTS, salt=bytes(32))

    with pytest.raises(Corrupt):
        PackCipher(KEYS, SALT).open_block(0, stranger.sealed)


def test_a_block_opens_for_its_own_account_only() -> None:
    stranger = AccountKeys.from_plain(OTHER, KEYS.to_plain())
    data, _ = sample()

    with pytest.raises(Corrupt):
        pack.read_footer(stranger, data)


def test_a_footer_is_not_taken_for_a_block() -> None:
    cipher = PackCipher(KEYS, SALT)
    footer = cipher.seal_footer(b"index" * 10)

    with pytest.raises(Corrupt):
        cipher.open_block(2**96 - 1, footer)


def test_a_wrong_dictionary_is_noticed() -> None:
    data, _ = sample()

    with pytest.raises(Corrupt):
        read_all(data, dictionary=DICTIONARY[::-1])


def test_an_index_of_another_block_is_noticed() -> None:
    lying = seal(0, TEXTS)
    other = SealedBlock(
        sealed=lying.sealed,
        codec=lying.codec,
        plain_size=lying.plain_size,
        chunk_ids=list(reversed(lying.chunk_ids)),
        chunk_sizes=lying.chunk_sizes,
    )
    data, _ = make([other], [None])

    with pytest.raises(Corrupt):
        read_all(data)


def test_anyone_can_check_a_pack_without_a_key() -> None:
    data, _ = sample()
    name = pack.object_key(pack.pack_id_of(data))

    assert f"packs/{name[6:8]}/" == name[:9]
    assert pack.pack_id_of(data).hex() == name[9:]


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda junk: pack.MAGIC + SALT + junk + b"\0\0\0\x20HFPE"))
def test_junk_is_corrupt(junk: bytes) -> None:
    with pytest.raises(Corrupt):
        pack.read_footer(KEYS, junk)


@given(st.binary(max_size=200), st.integers(0, 500))
def test_a_junk_index_is_corrupt(junk: bytes, offset: int) -> None:
    try:
        footer = pack.parse_footer(junk, footer_offset=offset)
    except Corrupt:
        return

    assert offset == pack.HEADER_BYTES + sum(entry.sealed_size for entry in footer.blocks)


@given(data=st.data())
def test_an_altered_index_adds_up_or_is_corrupt(data: st.DataObject) -> None:
    written, footer = sample()
    offset = footer.blocks[-1].offset + footer.blocks[-1].sealed_size
    plain = bytearray(pack._footer_bytes(footer))
    place = data.draw(st.integers(0, len(plain) - 1))
    plain[place] ^= data.draw(st.integers(1, 255))
    try:
        altered = pack.parse_footer(bytes(plain), footer_offset=offset)
    except Corrupt:
        return

    assert all(isinstance(entry, BlockEntry) for entry in altered.blocks)
    assert len(written) > offset


@given(codec=st.integers(0, 255), body=st.binary(max_size=200), has_dictionary=st.booleans())
def test_a_junk_block_is_corrupt_or_stored(codec: int, body: bytes, has_dictionary: bool) -> None:
    try:
        plain = block.expand(codec, body, dictionary=DICTIONARY if has_dictionary else None)
    except Corrupt:
        return

    assert (Codec.STORED, body) == (codec, plain) or codec in (Codec.ZSTD, Codec.ZSTD_DICTIONARY)


@settings(max_examples=50)
@given(chunks=st.lists(st.binary(max_size=500), min_size=1), effort=st.sampled_from(block.Effort))
def test_what_is_compressed_expands(chunks: list[bytes], effort: block.Effort) -> None:
    plain = b"".join(chunks)
    codec, body = block.compress(plain, effort=effort)

    assert plain == block.expand(codec, body)
    assert len(body) <= len(plain)


@pytest.mark.parametrize("size_bytes", [block.TARGET_BYTES // 2, block.TARGET_BYTES, 3 * block.TARGET_BYTES])
def test_a_full_block_expands(size_bytes: int) -> None:
    words = random.Random(3).choices([b"card", b"list", b"board", b"due", b"closed", b"member"], k=size_bytes)
    plain = b" ".join(words)[:size_bytes]
    codec, body = block.compress(plain)

    assert plain == block.expand(codec, body)
    assert 2 * len(body) < len(plain)


def test_a_bomb_is_refused() -> None:
    codec, body = block.compress(bytes(block.MAX_PLAIN_BYTES + 1))

    with pytest.raises(Corrupt):
        block.expand(codec, body)


def test_random_bytes_are_stored_as_they_are() -> None:
    plain = random.Random(1).randbytes(10_000)

    assert (Codec.STORED, plain) == block.compress(plain, effort=block.Effort.FILE)


def test_a_small_block_shrinks_by_its_dictionary() -> None:
    plain = b'{"id":"5f1a","name":"word word word","text":"word"}'
    _, alone = block.compress(plain)
    codec, body = block.compress(plain, dictionary=DICTIONARY)

    assert Codec.ZSTD_DICTIONARY == codec
    assert len(body) < len(alone)
    assert plain == block.expand(codec, body, dictionary=DICTIONARY)
