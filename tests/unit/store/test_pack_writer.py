import asyncio
import random
from pathlib import Path

import pytest

from store import block, pack_writer
from store.backends.folder import FolderBackend
from store.block import Codec
from store.database import Database
from store.errors import Corrupt, Invalid, NotFound, Unavailable
from store.files import Recipe
from store.keys import content_id
from store.pack import object_key
from store.pack_writer import FILE_BYTES
from store.record import ChunkId, Kind, PackId
from store.repository import Repository
from tests.unit.store.sample_store import CARD, LIST, Store, new_store, texts


@pytest.fixture
async def store(database: Database, tmp_path: Path) -> Store:
    return await new_store(database, tmp_path / "store")


async def test_what_is_written_reads_back(store: Store) -> None:
    cards, lists = texts(3000, 1), texts(50, 2)
    async with store.repository.writer(store.connection_id) as writer:
        await writer.add(CARD, store.named(cards[:1500]))
        await writer.add(LIST, store.named(lists))
        await writer.add(CARD, store.named(cards[1500:]))
        await writer.flush()

    found = await store.reopened().read_many(name for name, _ in store.named(cards + lists))
    assert dict(store.named(cards + lists)) == found
    assert (1, 3050) == (writer.pack_count, writer.chunk_count)
    assert sum(store.backend.size(name) or 0 for name in store.packs()) == writer.stored_bytes
    await store.check()


async def test_one_record_opens_one_block(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = texts(3000)
    await store.write(CARD, cards)
    ranges: list[tuple[str, int, int]] = []
    real = store.backend.get_range
    monkeypatch.setattr(store.backend, "get_range", lambda *place: (ranges.append(place), real(*place))[1])
    repository = store.reopened()

    for plain in (cards[7], cards[8]):
        assert plain == await repository.read(content_id(store.keys, plain))
    assert 1 == len(ranges)


async def test_numbers_are_given_before_packs_are_stored(store: Store) -> None:
    async with store.repository.writer(store.connection_id) as writer:
        needs = await writer.add(CARD, store.named(texts(10)))
        assert [] == await store.rows("select * from packs")
        await writer.flush()

    (row,) = await store.rows("select pack_no from packs")
    assert [(row["pack_no"],)] * 10 == needs


async def test_a_chunk_is_stored_once_by_one_writer(store: Store) -> None:
    named = store.named(texts(10))
    async with store.repository.writer(store.connection_id) as writer:
        first = await writer.add(CARD, [*named, *named])
        second = await writer.add(LIST, named)
        await writer.flush()

    assert first == second * 2
    assert 10 == writer.chunk_count


async def test_what_is_held_is_not_stored_again(store: Store) -> None:
    cards = texts(1000)
    before = await store.write(CARD, cards)
    packs = store.packs()

    assert before == await store.write(CARD, cards)
    assert packs == store.packs()
    await store.write(CARD, [*cards, b"new"])
    assert len(packs) + 1 == len(store.packs())
    assert 1001 == len(await store.rows("select * from chunks"))


async def test_an_account_does_not_see_anothers_chunks(store: Store, database: Database, tmp_path: Path) -> None:
    other = await new_store(database, tmp_path / "store")
    await store.write(CARD, texts(10))
    await other.write(CARD, texts(10))

    with pytest.raises(NotFound):
        await other.repository.read(content_id(store.keys, texts(10)[0]))
    assert 2 == len(store.packs())


async def test_a_long_cycle_fills_many_packs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 600_000)
    monkeypatch.setattr(pack_writer, "_MOST_REMEMBERED", 500)
    cards = texts(8000)
    async with store.repository.writer(store.connection_id) as writer:
        for start in range(0, len(cards), 250):
            await writer.add(CARD, store.named(cards[start : start + 250]))
        for start in range(0, len(cards), 1000):  # forgotten meanwhile, and looked up
            await writer.add(CARD, store.named(cards[start : start + 1000]))
        await writer.flush()

    assert len(cards) == writer.chunk_count == len(await store.rows("select * from chunks"))
    assert 3 < writer.pack_count == len(store.packs())
    await store.check()


async def test_many_kinds_share_packs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 300_000)
    async with store.repository.writer(store.connection_id) as writer:
        for number in range(40):
            await writer.add(Kind(f"kind_{number % 7}"), store.named(texts(100, number)))
        await writer.flush()

    assert 4000 == writer.chunk_count
    await store.check()


async def test_small_blocks_of_later_cycles_use_a_dictionary(store: Store) -> None:
    await store.write(CARD, texts(400))
    ((needed,),) = set(await store.write(CARD, texts(400)))
    (late,) = set(await store.write(CARD, texts(5, seed=9)))

    assert needed == late[1]
    (row,) = await store.rows(f"select distinct codec, dictionary_pack_no from chunks where pack_no = {late[0]}")
    assert (Codec.ZSTD_DICTIONARY, needed) == tuple(row)
    assert texts(5, seed=9)[3] == await store.reopened().read(content_id(store.keys, texts(5, seed=9)[3]))
    await store.check()


async def test_chunks_of_a_full_block_do_not_need_the_dictionarys_pack(store: Store) -> None:
    await store.write(CARD, texts(400))
    count = 2 * block.TARGET_BYTES // len(texts(1)[0])
    needs = await store.write(CARD, texts(count, seed=9))

    rows = await store.rows("select distinct pack_no, dictionary_pack_no from chunks where codec = 2")
    assert {1} == {len(packs) for packs in needs[: count // 2]}
    assert all((row["pack_no"], row["dictionary_pack_no"]) in needs for row in rows)


async def test_a_dictionary_may_lie_in_the_same_pack(store: Store) -> None:
    count = 2 * block.TARGET_BYTES // len(texts(1)[0])
    await store.write(CARD, texts(count)[: count // 2 + 20])

    rows = await store.rows(
        "select distinct block_no, pack_no, codec, dictionary_pack_no from chunks order by block_no"
    )
    assert [Codec.ZSTD, Codec.ZSTD_DICTIONARY] == [row["codec"] for row in rows]
    assert rows[1]["pack_no"] == rows[1]["dictionary_pack_no"]
    await store.check()


async def test_a_dictionary_may_lie_in_a_pack_that_is_going_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 100_000)
    async with store.repository.writer(store.connection_id) as writer:
        await writer.add(CARD, store.named(texts(1800)))
        await writer.add(LIST, store.named(texts(1200, 3)))
        await writer.add(CARD, store.named(texts(5, 4)))
        await writer.flush()

    rows = await store.rows("select distinct pack_no, dictionary_pack_no from chunks where codec = 2")
    assert any(row["pack_no"] != row["dictionary_pack_no"] for row in rows)
    await store.check()


async def test_a_dictionary_that_cannot_be_read_does_not_stop_a_backup(store: Store) -> None:
    await store.write(CARD, texts(400))
    for name in store.packs():
        store.backend.delete([name])

    late = texts(5, seed=9)
    await store.write(CARD, late)
    assert late[0] == await store.reopened().read(content_id(store.keys, late[0]))


async def test_files_are_stored_without_dictionary(store: Store) -> None:
    data = random.Random(1).randbytes(1_500_000)
    parts = [data[:700_000], data[700_000:]]
    await store.write(FILE_BYTES, parts)
    await store.write(FILE_BYTES, [b"small file"])

    assert [] == await store.rows("select * from dictionaries")
    assert {Codec.STORED} == {row["codec"] for row in await store.rows("select codec from chunks")}
    await store.check()


async def test_two_writers_at_once_leave_garbage_at_most(store: Store) -> None:
    cards = texts(2000)

    async def write() -> None:
        async with store.repository.writer(store.connection_id) as writer:
            for start in range(0, len(cards), 100):
                await writer.add(CARD, store.named(cards[start : start + 100]))
                await asyncio.sleep(0)
            await writer.flush()

    await asyncio.gather(write(), write(), write())

    found = await store.reopened().read_many(name for name, _ in store.named(cards))
    assert dict(store.named(cards)) == found
    await store.check()


async def test_tasks_may_share_a_writer(store: Store) -> None:
    async with store.repository.writer(store.connection_id) as writer:
        await asyncio.gather(*(writer.add(CARD, store.named(texts(300, seed))) for seed in range(6)))
        await writer.flush()

    assert 1800 == writer.chunk_count
    await store.check()


class FailingFolder(FolderBackend):
    """A folder that takes so many objects and no more."""

    left = 0

    def put(self, key: str, data: bytes) -> bool:
        if self.left == 0:
            raise Unavailable("the disk is full")
        self.left -= 1
        return super().put(key, data)


@pytest.mark.parametrize("left", [0, 1, 2])
async def test_a_fault_is_raised_and_nothing_half_stored_is_indexed(
    store: Store, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 200_000)
    failing = FailingFolder(store.backend.folder)
    failing.left = left
    repository = Repository(store.database, failing, store.keys)

    async def write() -> None:
        async with repository.writer(store.connection_id) as writer:
            for seed in range(30):
                await writer.add(CARD, store.named(texts(200, seed)))
            await writer.flush()

    with pytest.raises(Unavailable):
        await write()
    assert left >= len(await store.rows("select * from packs"))
    await store.check()


async def test_a_writer_that_failed_stays_failed(store: Store) -> None:
    repository = Repository(store.database, FailingFolder(store.backend.folder), store.keys)
    async with repository.writer(store.connection_id) as writer:
        await writer.add(CARD, store.named(texts(3)))
        for _ in range(2):
            with pytest.raises(Unavailable):
                await writer.flush()
        with pytest.raises(Unavailable):
            await writer.add(CARD, store.named(texts(3)))


async def test_a_closed_writer_takes_nothing(store: Store) -> None:
    async with store.repository.writer(store.connection_id) as writer:
        await writer.add(CARD, store.named(texts(3)))

    with pytest.raises(Invalid):
        await writer.add(CARD, store.named(texts(3)))
    assert [] == store.packs()


async def test_flushing_nothing_writes_nothing(store: Store) -> None:
    async with store.repository.writer(store.connection_id) as writer:
        await writer.add(CARD, [])
        await writer.flush()

    assert [] == store.packs()
    assert 0 == writer.stored_bytes


async def test_missing_chunks_are_named(store: Store) -> None:
    await store.write(CARD, texts(3))
    missing = ChunkId(content_id(store.keys, b"never stored"))

    with pytest.raises(NotFound, match=missing.hex()):
        await store.repository.read_many([missing, store.named(texts(3))[0][0]])


async def damage(store: Store, chunk_id: ChunkId, nth: int) -> None:
    """Alter the block that holds the nth copy of a chunk."""
    async with store.database.account(store.keys.account_id) as connection:
        rows = await connection.fetch(
            "select * from chunks join packs using (pack_no) where chunk_id = $1 order by pack_no", chunk_id
        )
    path = store.backend.folder / object_key(PackId(rows[nth]["pack_id"]))
    data = bytearray(path.read_bytes())
    data[rows[nth]["block_offset"] + 5] ^= 1
    path.write_bytes(data)


async def test_a_damaged_block_is_corrupt_and_named(store: Store) -> None:
    await store.write(CARD, texts(10))
    ((chunk_id, _), *_) = store.named(texts(1))
    await damage(store, chunk_id, 0)

    pack_id = store.packs()[0][-64:]
    with pytest.raises(Corrupt, match=f"pack {pack_id} block 0"):
        await store.reopened().read(chunk_id)


async def test_a_missing_pack_is_corrupt_and_named(store: Store) -> None:
    await store.write(CARD, texts(10))
    name = store.packs()[0]
    store.backend.delete([name])

    with pytest.raises(Corrupt, match=name[-64:]):
        await store.reopened().read(store.named(texts(1))[0][0])


@pytest.mark.parametrize("damaged", [0, 1])
async def test_another_copy_is_read_where_one_is_damaged(store: Store, damaged: int) -> None:
    async with (
        store.repository.writer(store.connection_id) as one,
        store.repository.writer(store.connection_id) as other,
    ):
        for writer in (one, other):
            await writer.add(CARD, store.named(texts(10)))
        await one.flush()
        await other.flush()
    await damage(store, store.named(texts(1))[0][0], damaged)

    found = await store.reopened().read_many(name for name, _ in store.named(texts(10)))
    assert dict(store.named(texts(10))) == found


async def test_an_index_that_lies_is_noticed(store: Store) -> None:
    await store.write(CARD, texts(10))
    async with store.database.account(store.keys.account_id) as connection:
        await connection.execute("update chunks set chunk_offset = chunk_offset + 1 where chunk_offset > 0")

    with pytest.raises(Corrupt, match="block 0"):
        await store.reopened().read_many(name for name, _ in store.named(texts(10)))


async def test_memory_of_opened_blocks_is_bounded(store: Store) -> None:
    cards = texts(3000)
    await store.write(CARD, cards)
    repository = Repository(store.database, store.backend, store.keys, cache_bytes=300_000)
    for plain in cards[::100]:
        await repository.read(content_id(store.keys, plain))

    assert repository._blocks._held_bytes <= 300_000


@pytest.fixture
async def file(store: Store) -> tuple[bytes, Recipe]:
    data = random.Random(2).randbytes(5_000_000)
    parts = [data[start : start + 900_000] for start in range(0, len(data), 900_000)]
    await store.write(FILE_BYTES, parts)
    return data, Recipe(
        name="file",
        media_type=None,
        revision="1",
        size_bytes=len(data),
        sha256="",
        chunks=tuple((name, len(part)) for name, part in store.named(parts)),
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, None), (0, 0), (0, 1), (899_999, 900_001), (1_000_000, 4_999_999), (4_999_999, None), (5_000_000, None)],
)
async def test_a_file_streams_from_anywhere(
    store: Store, file: tuple[bytes, Recipe], start: int, end: int | None
) -> None:
    data, recipe = file
    parts = [part async for part in store.reopened().stream_file(recipe, start, end)]

    assert data[start:end] == b"".join(parts)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (0, 5_000_001), (2, 1), (5_000_001, None)])
async def test_a_range_that_a_file_has_not_is_invalid(
    store: Store, file: tuple[bytes, Recipe], start: int, end: int | None
) -> None:
    with pytest.raises(Invalid):
        _ = [part async for part in store.repository.stream_file(file[1], start, end)]


async def test_a_chunk_of_another_length_than_the_recipe_says_is_corrupt(
    store: Store, file: tuple[bytes, Recipe]
) -> None:
    _, recipe = file
    (first, size), (second, _), *rest = recipe.chunks
    lying = Recipe(
        name="file",
        media_type=None,
        revision="1",
        size_bytes=recipe.size_bytes,
        sha256="",
        chunks=((first, size + 1), (second, size - 1), *rest),
    )

    with pytest.raises(Corrupt):
        _ = [part async for part in store.repository.stream_file(lying)]
