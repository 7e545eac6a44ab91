-- Tree nodes: immutable rows, named by their content.

-- name: nodes_by_id
select node_id, body from nodes where account_id = $1 and node_id = any($2::bytea[])

-- name: keep_nodes
insert into nodes (account_id, node_id, level, body)
select $1, node_id, level, body
from unnest($2::bytea[], $3::smallint[], $4::bytea[]) as new (node_id, level, body)
on conflict do nothing
