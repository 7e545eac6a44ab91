-- Checks: what is stored, in an order in which it can be gone through and gone on with.

-- name: packs
select pack_no, pack_id, salt, size_bytes, chunk_count, checked_at from packs
where account_id = $1 and pack_no > $2 and swept_at is null
order by pack_no limit $3

-- name: pack_dates
select pack_no, checked_at, created_at from packs where account_id = $1 and swept_at is null

-- name: checked
update packs set checked_at = now() where account_id = $1 and pack_no = $2

-- name: pack_totals
select count(*) as packs, coalesce(sum(size_bytes), 0)::bigint as bytes from packs
where account_id = $1 and swept_at is null

-- name: chunks_of_pack
select chunk_id, block_no, block_offset, block_size, chunk_offset, chunk_size, codec,
       d.pack_id as dictionary_pack_id, dictionary_block_no
from chunks
left join packs d on d.pack_no = dictionary_pack_no
where chunks.account_id = $1 and chunks.pack_no = $2
order by block_no, chunk_offset

-- name: dictionaries_of_pack
select kind, block_no, block_offset, block_size from dictionaries where account_id = $1 and pack_no = $2

-- name: next_snapshot
select * from snapshots
where account_id = $1 and ($2::uuid is null or (connection_id, seq) > ($2, $3))
order by connection_id, seq limit 1

-- name: snapshot_count
select count(*) from snapshots where account_id = $1

-- A commit of the connection waits until this transaction ends.
-- name: hold_connection
select pg_advisory_xact_lock_shared(hashtextextended($1::text, 0))

-- name: living_versions
select workspace_id, kind, external_id, content_id, size_bytes, parent_kind, parent_id from versions
where connection_id = $1 and to_seq is null
order by workspace_id, kind, external_id

-- name: begun_versions
select workspace_id, kind, external_id, content_id, size_bytes, parent_kind, parent_id from versions
where connection_id = $1 and from_seq = $2
order by workspace_id, kind, external_id

-- name: ended_versions
select workspace_id, kind, external_id, content_id, size_bytes, parent_kind, parent_id from versions
where connection_id = $1 and to_seq = $2
order by workspace_id, kind, external_id

-- name: lacking_content
select distinct on (content_id) workspace_id, kind, external_id, content_id from versions
where connection_id = $1 and erasure_id is null
  and not exists (select from chunks where chunks.account_id = $2 and chunks.chunk_id = versions.content_id)
order by content_id limit $3

-- name: packs_of_chunk
select p.pack_id from chunks c join packs p on p.pack_no = c.pack_no where c.account_id = $1 and c.chunk_id = any($2)
