"""Replace: lets new packs stand for old ones, in every row that names them, and tells whoever reads the bucket.

Snapshots are signed with the packs that they need, so that the log has to say what took a pack's place. The entry
names a list, which lies at `objects/<account>/replaced-<first 16 hex of its SHA-256>`: text, sorted, a line for each
old pack with the new one, or `-` where nothing of it stayed.

    holdfast replaced packs v1
    03ac… 9f86…
    4e07… -

What a snapshot needs is from then on what it was signed with, each old pack replaced. The next snapshot's own list of
packs (`store.objects`) still goes on from what the last one was signed with; until then `replaced_packs` remembers it.
"""

import asyncio
from collections.abc import Sequence
from hashlib import sha256

from store.backend import Backend
from store.database import Connection
from store.errors import Corrupt
from store.queries import load
from store.record import AccountId, ConnectionId, PackId
from store.repository import Repository
from store.rewrite import Replaced

HEADING = "holdfast replaced packs v1"

_SQL = load("replace")


async def replace(connection: Connection, repository: Repository, replaced: Sequence[Replaced]) -> bytes:
    """Let new packs stand for old ones, within a transaction that is `taking`; returns the list's SHA-256.

    The old packs' objects are swept later. Log the list in the same transaction. Whether anything was added meanwhile
    that needs what did not stay is the caller's to look for.
    """
    account_id = repository.account_id
    olds = [one.old_pack_no for one in replaced]
    news = [one.new_pack_no for one in replaced]
    names = {row["pack_no"]: PackId(row["pack_id"]) for row in await connection.fetch(_SQL.names, olds)}
    text = encode([(names[one.old_pack_no], one.new_pack_id) for one in replaced])
    await asyncio.to_thread(_put, repository.backend, account_id, text)
    for query in (_SQL.note_replaced, _SQL.renote_replaced, _SQL.use_others, _SQL.need_others):
        await connection.execute(query, account_id, olds, news)
    for query in (_SQL.drop_uses, _SQL.drop_chunks, _SQL.drop_dictionaries, _SQL.sweep):
        await connection.execute(query, account_id, olds)
    return sha256(text).digest()


async def is_signed_otherwise(connection: Connection, connection_id: ConnectionId) -> bool:
    """Whether a connection's newest snapshot was signed with other packs than it needs now."""
    return bool(await connection.fetchrow(_SQL.replaced, connection_id))


async def signed_with(connection: Connection, connection_id: ConnectionId, needed: Sequence[PackId]) -> set[PackId]:
    """Return what a connection's newest snapshot was signed with, given what it needs now."""
    rows = await connection.fetch(_SQL.replaced, connection_id)
    news = {PackId(row["new_pack_id"]) for row in rows if row["new_pack_id"] is not None}
    return (set(needed) - news) | {PackId(row["old_pack_id"]) for row in rows}


async def forget(connection: Connection, connection_id: ConnectionId) -> None:
    """Note that a newer snapshot is signed with what it needs."""
    await connection.execute(_SQL.forget, connection_id)


def encode(replaced: Sequence[tuple[PackId, PackId | None]]) -> bytes:
    """Write a list."""
    lines = sorted(f"{old.hex()} {new.hex() if new else '-'}" for old, new in replaced)
    return "\n".join([HEADING, *lines, ""]).encode()


def read(backend: Backend, account_id: AccountId, listed: bytes) -> dict[PackId, PackId | None]:
    """Read the list of this SHA-256; Corrupt when what lies there is another, NotFound when nothing does. Blocks."""
    name = _name(account_id, listed)
    text = backend.get(name)
    try:
        heading, *lines = text.decode("ascii").splitlines()
        pairs = [line.split(" ") for line in lines]
        stands = {PackId(bytes.fromhex(old)): None if new == "-" else PackId(bytes.fromhex(new)) for old, new in pairs}
    except ValueError:
        raise Corrupt(f"{name} is no list of packs that stand for others") from None
    if heading != HEADING or sha256(text).digest() != listed:
        raise Corrupt(f"{name} is not the list that was logged")
    return stands


def object_name(account_id: AccountId, text: bytes) -> str:
    """Say where a list lies in the bucket."""
    return _name(account_id, sha256(text).digest())


def _name(account_id: AccountId, listed: bytes) -> str:
    return f"objects/{account_id}/replaced-{listed.hex()[:16]}"


def _put(backend: Backend, account_id: AccountId, text: bytes) -> None:
    backend.put(object_name(account_id, text), text)
