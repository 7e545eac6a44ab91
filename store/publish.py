"""Publish: a log's signed head and what it covers, into the bucket, where auditors read.

Below `logs/<account>`: `tile/…` and `tile/entries/…`, written once each; then `checkpoint`, replaced, so that whoever
reads it finds every tile it needs. A proof for each snapshot lies at `proofs/<connection>/<seq>-<hash>.tlog-proof`,
named as its manifest is.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from store import events, manifest, tiles
from store.backend import Backend
from store.checkpoint import Checkpoint, TlogProof
from store.database import Connection, Database
from store.errors import NotFound
from store.events import EventKind
from store.log_tree import LogTree
from store.queries import load
from store.record import AccountId

_SQL = load("log")


class Published(NamedTuple):
    """A head that lies in the bucket."""

    size: int
    note: bytes


async def published_head(database: Database, account_id: AccountId) -> Published | None:
    """Return a log's published head; None when there is none, or another is being published."""
    async with database.account(account_id) as connection:
        row = await connection.fetchrow(_SQL.head, account_id)
    if row is None or row["checkpoint"] is None or row["published_size"] != row["signed_size"]:
        return None
    return Published(row["signed_size"], row["checkpoint"])


async def publish(database: Database, backend: Backend, account_id: AccountId) -> Checkpoint | None:
    """Bring the bucket up to the last checkpoint kept; returns it. Idempotent; one at a time for each log."""
    prefix = tiles.prefix(account_id)
    async with database.account(account_id) as connection:
        # Not the log's own row: appending need not wait for the bucket.
        await connection.execute(_SQL.lock_publishing, str(account_id))
        row = await connection.fetchrow(_SQL.head, account_id)
        if row is None or row["checkpoint"] is None:
            return None
        checkpoint = Checkpoint.read(row["checkpoint"])
        old, new = row["published_size"], row["signed_size"]
        if old < new:
            async for name, data in _tiles(connection, account_id, old, new):
                await asyncio.to_thread(backend.put, f"{prefix}/{name}", data)
            async for name, data in _proofs(connection, account_id, old, row["checkpoint"], checkpoint):
                await asyncio.to_thread(backend.put, name, data)
            await asyncio.to_thread(backend.replace, f"{prefix}/checkpoint", row["checkpoint"])
            await asyncio.to_thread(_drop_partials, backend, prefix, old, new)
            await connection.execute(_SQL.published, account_id, new)
            # In the same transaction: whoever keeps a copy of each checkpoint is told of each that is in the bucket.
            note = row["checkpoint"].decode()
            await events.put(
                connection,
                account_id=account_id,
                kind=EventKind.CHECKPOINT_PUBLISHED,
                key=note,
                data={"log": checkpoint.origin, "size": new, "checkpoint": note},
            )
    return checkpoint


def published_note(backend: Backend, account_id: AccountId) -> bytes | None:
    """Return the checkpoint as it lies in the bucket, unverified; None when there is none."""
    try:
        return backend.get(f"{tiles.prefix(account_id)}/checkpoint")
    except NotFound:
        return None


def is_published(backend: Backend, account_id: AccountId) -> bool:
    """Whether the bucket holds anything of an account's log but keys, which a crash may leave before there is one."""
    if published_note(backend, account_id) is not None:
        return True
    return next(iter(backend.list(f"{tiles.prefix(account_id)}/tile/")), None) is not None


async def _tiles(connection: Connection, account_id: AccountId, old: int, new: int) -> AsyncIterator[tuple[str, bytes]]:
    for tile in tiles.grown(old, new):
        first = tile.number * tiles.WIDTH
        end = first + tile.width
        if tile.level == 0:
            rows = await connection.fetch(_SQL.entries_between, account_id, first, end)
            yield tiles.bundle_path(tile), tiles.bundle([row["entry"] for row in rows])
        rows = await connection.fetch(_SQL.hashes_between, account_id, tile.level * tiles.HEIGHT, first, end)
        yield tiles.path(tile), b"".join([row["hash"] for row in rows])


async def _proofs(
    connection: Connection, account_id: AccountId, old: int, signed: bytes, checkpoint: Checkpoint
) -> AsyncIterator[tuple[str, bytes]]:
    tree = LogTree(connection, account_id)
    for row in await connection.fetch(_SQL.snapshots_between, account_id, old, checkpoint.size):
        path = await tree.inclusion(row["entry_no"], checkpoint.size)
        proof = TlogProof(index=row["entry_no"], path=tuple(path), checkpoint=signed, extra=row["entry"])
        name = manifest.name_of(row["connection_id"], row["seq"], row["manifest_id"])
        yield f"proofs/{name}.tlog-proof", proof.encode()


def _drop_partials(backend: Backend, prefix: str, old: int, new: int) -> None:
    """Delete the forerunners of tiles that are full now: a reader who wants one takes the full tile's beginning."""
    for tile in tiles.grown(old, new):
        if tile.width == tiles.WIDTH:
            places = [tiles.path(tile), *([tiles.bundle_path(tile)] if tile.level == 0 else [])]
            for place in places:
                backend.delete(list(backend.list(f"{prefix}/{tiles.partial_prefix(place)}")))
