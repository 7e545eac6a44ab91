"""Plans: what Postgres looks records up by, for a connection that it has no statistics of yet."""

from uuid import uuid4

from store.database import Database
from store.queries import load

OLD = """
insert into versions (account_id, connection_id, kind, external_id, from_seq, change, workspace_id, parent_kind,
                      parent_id, content_id, size_bytes, pack_no)
select $1, $2, 'card', number::text, 1, 'added', 'board', 'list', (number % 97)::text, ''::bytea, 1, 1
from generate_series(1, 20000) as number
"""


async def test_a_connection_newer_than_the_statistics_is_looked_up_by_the_whole_key(database: Database) -> None:
    cycle = load("cycle")
    async with database.system() as connection:
        account_id, new = uuid4(), uuid4()
        await connection.execute(
            "insert into accounts (account_id, name, time_zone) values ($1, '', 'UTC')", account_id
        )
        for connection_id in (uuid4(), uuid4()):
            await connection.execute(OLD, account_id, connection_id)
        await connection.execute("analyze versions")
        await connection.execute(cycle.keep_to_given_orders)
        for query, more, lookups in ((cycle.find_changes, (), 2), (cycle.end_versions, (2,), 1)):
            rows = await connection.fetch(f"explain {query}", uuid4(), new, *more)
            lines = [line for (line,) in rows]
            assert lookups == sum("Index Cond" in line and "external_id = " in line for line in lines), "\n".join(lines)
