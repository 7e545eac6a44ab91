-- Usage: how much an account holds.

-- name: usage
select
    (select count(*) from snapshots where account_id = $1) as snapshots,
    (select count(*) from packs where account_id = $1) as packs,
    (select count(distinct chunk_id) from chunks where account_id = $1) as chunks,
    (select coalesce(sum(size_bytes), 0)::bigint from packs where account_id = $1) as stored_bytes
