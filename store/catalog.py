"""Catalog: what people set up in an account, sealed in the bucket, so that a lost Postgres can be made again with it.

Who the members are, what is connected and how far, what its workspaces are called: rows that no snapshot has. At
`accounts/<account>/catalog/<time>-<first 16 hex of its keyed BLAKE3>` lies a sealed secret (purpose `catalog`)
of a codec byte and a body as of a block (`store.block`), which expands to canonical JSON:

    {"v": 1, "tables": {"accounts": [row, …], "members": […], "connections": […]}, "workspaces": […]}

A row is its columns as Postgres writes them in JSON. The newest object counts; older ones are deleted once it is there.

Not in it: credentials and tokens. What opens a live app has no place in storage that may be locked for years, and a
catalog that was written yesterday would bring back what was revoked today. Whoever rebuilds authorises again.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from store import canonical, workspaces
from store.backend import Backend
from store.block import compress, expand
from store.database import Connection, Database
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys, content_id, open_secret, seal_secret
from store.record import AccountId, JsonObject

VERSION = 1
PURPOSE = "catalog"

_TABLES = ("accounts", "members", "connections", "retentions")  # each after what its rows refer to
_NAME_HEX = 16


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    tables: dict[str, list[JsonObject]]
    workspaces: list[JsonObject]


_DECODER = msgspec.json.Decoder(_Content)


class Catalog:
    """An account's catalog as it was read."""

    def __init__(self, content: _Content) -> None:
        self._content = content

    def rows(self, table: str) -> Sequence[JsonObject]:
        """Return the rows of one table."""
        return self._content.tables.get(table, [])

    async def restore(self, connection: Connection, keys: AccountKeys) -> None:
        """Insert all its rows, leaving alone those that are there; Corrupt where they do not fit."""
        for table in _TABLES:
            rows = self.rows(table)
            if any(row.get("account_id") != str(keys.account_id) for row in rows):
                raise Corrupt(f"the catalog of account {keys.account_id} has rows of another in {table}")
            await _insert(connection, table, rows)
        for row in self._content.workspaces:
            await workspaces.restore(connection, keys, row)


async def keep(database: Database, backend: Backend, keys: AccountKeys) -> bool:
    """Write an account's catalog if it is not in the bucket as it is; whether it was written. Idempotent."""
    async with database.account(keys.account_id) as connection:
        content = {
            "v": VERSION,
            "tables": {table: await _rows(connection, table, keys.account_id) for table in _TABLES},
            "workspaces": await workspaces.described(connection, keys),
        }
    return await asyncio.to_thread(_keep, backend, keys, canonical.encode(content))


async def find(backend: Backend, keys: AccountKeys) -> Catalog:
    """Read the newest catalog of an account; NotFound when there is none, Corrupt when it cannot be read."""
    return await asyncio.to_thread(_find, backend, keys)


def prefix(account_id: AccountId) -> str:
    """Return where an account's catalogs lie in the bucket."""
    return f"accounts/{account_id}/catalog/"


def _keep(backend: Backend, keys: AccountKeys, plain: bytes) -> bool:
    place = prefix(keys.account_id)
    name = content_id(keys, plain).hex()[:_NAME_HEX]
    held = sorted(backend.list(place))
    if held and held[-1].endswith(f"-{name}"):
        return False
    codec, body = compress(plain)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    backend.put(f"{place}{moment}-{name}", seal_secret(keys, bytes((codec,)) + body, PURPOSE))
    if held:
        backend.delete(held)
    return True


def _find(backend: Backend, keys: AccountKeys) -> Catalog:
    held = sorted(backend.list(prefix(keys.account_id)))
    if not held:
        raise NotFound(f"{backend.url} holds no {prefix(keys.account_id)}")
    try:
        payload = open_secret(keys, backend.get(held[-1]), PURPOSE)
        content = _DECODER.decode(expand(payload[0], payload[1:]) if payload else b"")
    except Corrupt as error:
        raise Corrupt(f"{held[-1]}: {error}") from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Corrupt(f"{held[-1]}: it opens, and is no catalog") from None
    if content.v != VERSION:
        raise Corrupt(f"{held[-1]}: a catalog of version {content.v}, which this program does not know")
    return Catalog(content)


async def _rows(connection: Connection, table: str, account_id: AccountId) -> list[Any]:
    query = f"select to_jsonb(held) as row from {table} as held where account_id = $1 order by to_jsonb(held)::text"  # noqa: S608 - a name of ours
    return [found["row"] for found in await connection.fetch(query, account_id)]


async def _insert(connection: Connection, table: str, rows: Sequence[JsonObject]) -> None:
    """Insert rows by the columns that both they and the table have: the others get their defaults."""
    query = "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped"
    known = [column["attname"] for column in await connection.fetch(query, table)]
    for row in rows:
        columns = ", ".join(column for column in known if column in row)
        statement = f"insert into {table} ({columns}) select {columns} from jsonb_populate_record(null::{table}, $1)"  # noqa: S608 - names of ours
        await connection.execute(f"{statement} on conflict do nothing", row)
