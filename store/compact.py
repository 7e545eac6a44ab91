"""Compact: writes packs anew of which little is needed any more, so that what was given up frees its space.

A cycle's pack holds what it changed, and its journal, which every later snapshot needs; so hardly any pack is ever
needed by nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from store import keeping, log_entry
from store.database import Connection
from store.files import decode_recipe
from store.grow import JOURNAL_KIND
from store.log import Log
from store.pack_writer import FILE_BYTES
from store.queries import load
from store.record import FILE_KIND, ChunkId, ConnectionId, ContentId, Kind
from store.replace import replace
from store.repository import Repository
from store.rewrite import Replaced, Staying, rewrite
from store.sweep import YOUNG

_SQL = load("replace")
_KEEPING = load("keeping")
MOST_PACKS = 200
"""How many packs are written anew in one go, under one entry of the log."""
_RECIPES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What was written anew."""

    packs: int
    """That others stand for now, and that a sweep deletes. As many as `MOST_PACKS`: there may be more to do."""
    new_packs: int


async def compact(repository: Repository, *, young: timedelta | None = None) -> Compacted:
    """Write the packs anew, the largest waste first, of which less than half is needed; log what replaced what.

    Held when any hold lies on the account or a connection of it. A pack that a snapshot which was committed meanwhile
    needs, or a cycle under way, stays as it is. Idempotent; what a crash leaves is swept. Publish the log, then sweep.
    """
    account_id = repository.account_id
    async with repository.database.account(account_id) as connection:
        await keeping.still_taking(connection, account_id)
        before = await connection.fetch(_SQL.newest, account_id)
        await _find_live(connection, repository)
        pack_nos = await _wasteful(connection, repository, YOUNG if young is None else young)
        staying = await _staying(connection, repository, pack_nos)
    if not staying:
        return Compacted(packs=0, new_packs=0)
    written = await rewrite(repository, staying)
    async with repository.database.account(account_id) as connection:
        await keeping.taking(connection, account_id)
        seen = ([ConnectionId(row["connection_id"]) for row in before], [row["seq"] for row in before])
        replaced = await _unneeded_since(connection, repository, written, seen)
        if not replaced:
            return Compacted(packs=0, new_packs=0)
        listed = await replace(connection, repository, replaced)
        entry = log_entry.replacement(listed, packs=len(replaced), at=datetime.now(UTC))
        await Log(repository).append(connection, entry)
    return Compacted(packs=len(replaced), new_packs=len({one.new_pack_no for one in replaced} - {None}))


async def _find_live(connection: Connection, repository: Repository) -> None:
    """Note every chunk that anything needs, with its kind, in a table of this transaction's own."""
    account_id = repository.account_id
    await connection.execute(_SQL.make_live)
    await connection.execute(_SQL.live_records, account_id)
    await connection.execute(_SQL.live_journals, account_id, JOURNAL_KIND)
    rows = await connection.fetch(_SQL.file_contents, account_id, FILE_KIND)
    recipes = [ContentId(row["content_id"]) for row in rows]
    for start in range(0, len(recipes), _RECIPES_AT_ONCE):
        contents = await repository.read_many(recipes[start : start + _RECIPES_AT_ONCE])
        chunks = [chunk_id for content in contents.values() for chunk_id, _ in decode_recipe(content).chunks]
        await connection.execute(_SQL.live_others, chunks, FILE_BYTES)


async def _wasteful(connection: Connection, repository: Repository, young: timedelta) -> list[int]:
    rows = await connection.fetch(_SQL.mostly_dead, repository.account_id, young, MOST_PACKS)
    return await _not_leant_on(connection, repository, [row["pack_no"] for row in rows])


async def _not_leant_on(connection: Connection, repository: Repository, pack_nos: Sequence[int]) -> list[int]:
    """Leave out packs that stay needed for their dictionaries, and then those that these lean on, and so on."""
    found = list(pack_nos)
    while True:
        rows = await connection.fetch(_SQL.leant_on, repository.account_id, found)
        if not rows:
            return found
        leant_on = {row["pack_no"] for row in rows}
        found = [pack_no for pack_no in found if pack_no not in leant_on]


async def _staying(connection: Connection, repository: Repository, pack_nos: Sequence[int]) -> dict[int, list[Staying]]:
    staying: dict[int, list[Staying]] = {pack_no: [] for pack_no in pack_nos}
    rows = await connection.fetch(_SQL.live_chunks_of, repository.account_id, pack_nos)
    for pack_no, chunks in groupby(rows, key=lambda row: row["pack_no"]):
        staying[pack_no] = [Staying(ChunkId(row["chunk_id"]), Kind(row["kind"]), row["chunk_size"]) for row in chunks]
    return staying


async def _unneeded_since(
    connection: Connection,
    repository: Repository,
    written: Sequence[Replaced],
    seen: tuple[Sequence[ConnectionId], Sequence[int]],
) -> list[Replaced]:
    """Leave out what somebody has relied on since it was looked at, in ways that nobody looked at."""
    account_id, olds = repository.account_id, [one.old_pack_no for one in written]
    await connection.execute(_KEEPING.lock_packs, account_id, olds)
    rows = await connection.fetch(_SQL.needed_since, account_id, olds, *seen)
    needed = {row["pack_no"] for row in rows}
    free = await _not_leant_on(connection, repository, [old for old in olds if old not in needed])
    return [one for one in written if one.old_pack_no in set(free)]
