-- Steps from version to version.

-- The newest version of each record that began before the given snapshot.
-- name: before
select asked.ordinal, earlier.*
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
    with ordinality as asked (connection_id, kind, external_id, seq, ordinal)
cross join lateral (
    select * from versions
    where versions.account_id = $5
      and versions.connection_id = asked.connection_id
      and versions.kind = asked.kind
      and versions.external_id = asked.external_id
      and versions.from_seq < asked.seq
    order by from_seq desc
    limit 1
) as earlier

-- What each snapshot given has of a record.
-- name: at
select asked.ordinal, held.*
from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
    with ordinality as asked (connection_id, kind, external_id, seq, ordinal)
cross join lateral (
    select * from versions
    where versions.account_id = $5
      and versions.connection_id = asked.connection_id
      and versions.kind = asked.kind
      and versions.external_id = asked.external_id
      and versions.from_seq <= asked.seq
      and (versions.to_seq is null or versions.to_seq > asked.seq)
    order by from_seq desc
    limit 1
) as held

-- name: forward
select * from versions
where account_id = $1 and connection_id = $2 and kind = $3 and external_id = $4 and from_seq > $5
order by from_seq
limit $6

-- name: count
select count(*) from (
    select from versions where account_id = $1 and connection_id = $2 and kind = $3 and external_id = $4 limit $5
) as capped

-- Whether a file's address still leads to something this account holds.
-- name: holds
select exists (
    select from versions
    where account_id = $1 and connection_id = $2 and kind = $3 and external_id = $4 and content_id = $5
      and erasure_id is null
)
