-- A crash of Postgres empties the tables that it does not log, and a cycle under way may not notice: it goes on over a
-- new connection. A row of such a table says that what was staged before is still there.

create unlogged table staged_attempts (
    operation_id    uuid primary key
);
