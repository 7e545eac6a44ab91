-- The log: entries, roots of perfect subtrees, checkpoints, keys.

-- name: next_entry_no
-- Takes the row until the transaction ends: two entries never share a number, and none is skipped.
update logs set size = size + 1 where account_id = $1 and closed_at is null returning size - 1 as entry_no

-- name: begin
insert into logs (account_id, origin, size) values ($1, $2, 0) on conflict do nothing returning account_id

-- name: insert_entry
insert into log_entries (account_id, entry_no, kind, snapshot_id, entry) values ($1, $2, $3, $4, $5)

-- name: insert_hashes
insert into log_hashes (account_id, level, number, hash)
select $1, * from unnest($2::smallint[], $3::bigint[], $4::bytea[])

-- name: hashes
select level, number, hash from log_hashes
join unnest($2::smallint[], $3::bigint[]) as wanted (level, number) using (level, number)
where account_id = $1

-- name: hashes_between
select hash from log_hashes where account_id = $1 and level = $2 and number >= $3 and number < $4 order by number

-- name: entries_between
select entry from log_entries where account_id = $1 and entry_no >= $2 and entry_no < $3 order by entry_no

-- name: head
select origin, size, signed_size, signed_root, checkpoint, published_size from logs where account_id = $1

-- name: head_locked
select origin, size, signed_size, signed_root, checkpoint, published_size from logs where account_id = $1 for update

-- name: keep_checkpoint
-- Only from the head that was signed last: whoever signed another meanwhile has won.
update logs set signed_size = $3, signed_root = $4, checkpoint = $5
where account_id = $1 and signed_size = $2 and size >= $3
returning account_id

-- name: lock_publishing
select pg_advisory_xact_lock(hashtextextended('publish ' || $1::text, 0))

-- name: published
update logs set published_size = $2 where account_id = $1 and published_size < $2

-- name: unpublished
select account_id from logs where published_size < size order by account_id

-- name: unstamped
-- A head that is signed and not published yet waits for the next turn.
select account_id from logs where stamped_size < published_size and published_size = signed_size order by account_id

-- name: stamped
update logs set stamped_size = $2 where account_id = $1 and stamped_size < $2

-- name: unwitnessed
select account_id from logs where witnessed_size < published_size and published_size = signed_size order by account_id

-- name: witnessed
update logs set witnessed_size = $2 where account_id = $1 and witnessed_size < $2

-- name: snapshots_between
select e.entry_no, e.entry, s.connection_id, s.seq, s.manifest_id
from log_entries e join snapshots s using (snapshot_id)
where e.account_id = $1 and e.entry_no >= $2 and e.entry_no < $3
order by e.entry_no

-- name: entry_of_snapshot
select entry_no from log_entries where account_id = $1 and snapshot_id = $2

-- name: page
select entry_no, kind, snapshot_id, entry from log_entries
where account_id = $1 and entry_no > coalesce($2, -1) order by entry_no limit $3

-- name: page_backwards
select entry_no, kind, snapshot_id, entry from log_entries
where account_id = $1 and ($2::bigint is null or entry_no < $2) order by entry_no desc limit $3

-- name: entry
select entry from log_entries where account_id = $1 and entry_no = $2

-- name: keys
select vkey, sealed, retired_at from log_keys where account_id = $1 order by created_at, vkey

-- name: insert_key
insert into log_keys (account_id, vkey, sealed) values ($1, $2, $3)

-- name: seal_key
update log_keys set sealed = $3 where account_id = $1 and vkey = $2

-- name: retire_key
update log_keys set retired_at = now() where account_id = $1 and vkey = $2 and retired_at is null returning vkey
