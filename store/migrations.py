"""Migrations: numbered SQL files, run once each, in order, by one process at a time."""

import hashlib
import re
from pathlib import Path

import asyncpg

from store.errors import Conflict

FOLDER = Path(__file__).parent / "sql" / "migrations"
_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_LOCK = 0x686F6C6466617374  # "holdfast": the advisory lock of whoever migrates

_TABLE = """
create table if not exists migrations (
    number      integer primary key,
    name        text not null,
    sha256      bytea not null,
    applied_at  timestamptz not null default now()
)
"""


def migration_files(folder: Path = FOLDER) -> list[tuple[int, str, str]]:
    """List (number, name, text) in order. Conflict when two files share a number."""
    found: dict[int, tuple[str, str]] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.match(path.name)
        if match is None or int(match[1]) in found:
            raise Conflict(f"migration file {path.name!r} is misnamed or its number is taken")
        found[int(match[1])] = (match[2], path.read_text(encoding="utf-8"))
    return [(number, name, text) for number, (name, text) in sorted(found.items())]


async def migrate(connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> list[str]:
    """Apply what is missing; return the names applied.

    Each file and its row in `migrations` are one transaction, under an advisory lock: concurrent callers wait, then
    find nothing to do. Conflict when a file that was applied has since been edited: the database is not what the
    code believes.
    """
    applied: list[str] = []
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(_TABLE)
        rows = await connection.fetch("select number, sha256 from migrations")
        done = {row["number"]: row["sha256"] for row in rows}
        for number, name, text in migration_files():
            digest = hashlib.sha256(text.encode()).digest()
            if number in done:
                if done[number] != digest:
                    raise Conflict(f"migration {number:04d}_{name} was edited after it had been applied")
                continue
            async with connection.transaction():
                await connection.execute(text)
                await connection.execute(
                    "insert into migrations (number, name, sha256) values ($1, $2, $3)", number, name, digest
                )
            applied.append(f"{number:04d}_{name}")
    finally:
        await connection.execute("select pg_advisory_unlock($1)", _LOCK)
    return applied
