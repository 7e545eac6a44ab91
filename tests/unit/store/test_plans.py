"""Plans: what Postgres looks things up by, for a connection or a destination that it has no statistics of yet."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from store.database import Connection, Database
from store.queries import load

VERSIONS = """
insert into versions (account_id, connection_id, kind, external_id, from_seq, change, workspace_id, parent_kind,
                      parent_id, content_id, size_bytes, pack_no)
select $1, $2, 'card', number::text, 1, 'added', 'board', 'list', (number % 97)::text, ''::bytea, 1, 1
from generate_series(1, 20000) as number
"""
LINKS = """
insert into drive_links (account_id, destination_id, key, role, file_id, is_made)
select $1, $2, sha256(number::text::bytea), 'file', 'file-' || number, true
from generate_series(1, 20000) as number
"""
ACCOUNT, NEW = uuid4(), uuid4()
SOME = (["card"], ["1"])
WHOLE_KEY = ("connection_id", "external_id", "kind")


@pytest.mark.parametrize(
    ("queries", "name", "arguments", "lookups"),
    [
        ("cycle", "find_changes", (uuid4(), NEW), 3),
        ("cycle", "end_versions", (uuid4(), NEW, 2), 1),
        ("cycle", "held", (NEW, "card", "1"), 1),
        ("versions", "history", (NEW, "card", "1", None, 10), 1),
        ("versions", "as_of", (NEW, "card", "1", 1), 1),
        ("versions", "as_of_many", (NEW, *SOME, 1), 1),
        ("version_steps", "before", ([NEW], *SOME, [2], ACCOUNT), 1),
        ("version_steps", "at", ([NEW], *SOME, [2], ACCOUNT), 1),
        ("version_steps", "forward", (ACCOUNT, NEW, "card", "1", 0, 10), 1),
        ("version_steps", "count", (ACCOUNT, NEW, "card", "1", 10), 1),
        ("version_steps", "holds", (ACCOUNT, NEW, "card", "1", b""), 1),
        ("restores", "some_records", (NEW, 1, *SOME), 1),
        ("restores", "places_now", (NEW, *SOME), 1),
    ],
)
async def test_a_connection_newer_than_the_statistics_is_looked_up_by_the_whole_key(
    database: Database, queries: str, name: str, arguments: Sequence[object], lookups: int
) -> None:
    async with database.system() as connection:
        await _add_account(connection)
        for _ in range(2):
            await connection.execute(VERSIONS, ACCOUNT, uuid4())
        await connection.execute("analyze versions")
        plan = await _plan(connection, getattr(load(queries), name), arguments)
    assert lookups == sum(all(column in line for column in WHOLE_KEY) for line in plan), "\n".join(plan)


@pytest.mark.parametrize(
    ("name", "column", "value"), [("links", "key", [b"key"]), ("links_of_files", "file_id", ["file-1"])]
)
async def test_a_destination_newer_than_the_statistics_is_looked_up_by_the_whole_key(
    database: Database, name: str, column: str, value: object
) -> None:
    async with database.system() as connection:
        await _add_account(connection)
        old = uuid4()
        await connection.execute(
            "insert into drive_destinations (destination_id, account_id, subject, sealed_name, sealed)"
            " values ($1, $2, '', '', '')",
            old,
            ACCOUNT,
        )
        await connection.execute(LINKS, ACCOUNT, old)
        await connection.execute("analyze drive_links")
        plan = await _plan(connection, getattr(load("drive"), name), (uuid4(), value))
    assert any("destination_id" in line and column in line for line in plan), "\n".join(plan)


async def _plan(connection: Connection, query: str, arguments: Sequence[object]) -> list[str]:
    """Return the conditions by which indexes are read."""
    lines = [line for (line,) in await connection.fetch(f"explain {query}", *arguments)]
    return [line for line in lines if "Index Cond" in line]


async def _add_account(connection: Connection) -> None:
    await connection.execute("insert into accounts (account_id, name, time_zone) values ($1, '', 'UTC')", ACCOUNT)
