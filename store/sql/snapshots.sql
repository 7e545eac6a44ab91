-- Snapshots by id, number and time. Row-level security limits every one to the account of the transaction.

-- name: latest
select * from snapshots where connection_id = $1 order by seq desc limit 1

-- name: by_id
select * from snapshots where snapshot_id = $1

-- name: by_ids
select * from snapshots where snapshot_id = any($1::uuid[])

-- name: by_seqs
select * from snapshots where connection_id = $1 and seq = any($2::bigint[])

-- name: befores
select asked.seq as asked_seq, earlier.*
from unnest($1::uuid[], $2::bigint[]) as asked (connection_id, seq)
cross join lateral (
    select * from snapshots
    where connection_id = asked.connection_id and snapshots.seq < asked.seq
    order by snapshots.seq desc limit 1
) as earlier

-- name: tree
select account_id, tree_root from snapshots where connection_id = $1 and seq = $2

-- name: parent_id
select manifest_id from snapshots where connection_id = $1 and seq = $2 - 1
union all
select manifest_id from expired_snapshots where connection_id = $1 and seq = $2 - 1

-- name: as_of_time
select * from snapshots where connection_id = $1 and finished_at <= $2 order by finished_at desc limit 1

-- name: newest_first
select * from snapshots
where connection_id = $1 and ($2::bigint is null or seq < $2)
order by seq desc limit $3

-- name: oldest_first
select * from snapshots where connection_id = $1 and seq > $2 order by seq limit $3

-- name: manifest
select manifest from snapshots where snapshot_id = $1

-- name: insert
insert into snapshots (account_id, manifest, snapshot_id, connection_id, seq, operation_id, started_at, finished_at,
                       tree_root, record_count, audit_root, objects_root, object_count, added, edited, moved, deleted,
                       stored_bytes, manifest_id, connector_state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
