-- Tree nodes: immutable rows, named by their content.

-- name: nodes_by_id
select node_id, case when leaf_hashes is null then body else body || leaf_hashes end as body
from nodes where account_id = $1 and node_id = any($2::bytea[])

-- name: leaf_hashes_by_id
select node_id, leaf_hashes from nodes where account_id = $1 and node_id = any($2::bytea[]) and leaf_hashes is not null

-- name: keep_nodes
insert into nodes (account_id, node_id, level, body, leaf_hashes)
select $1, node_id, level, body, leaf_hashes
from unnest($2::bytea[], $3::smallint[], $4::bytea[], $5::bytea[]) as new (node_id, level, body, leaf_hashes)
on conflict do nothing
