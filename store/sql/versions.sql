-- Versions: history, as-of reads and listings. A version holds for snapshots from_seq <= seq < to_seq (null: no end).

-- name: history
select * from versions
where connection_id = $1 and kind = $2 and external_id = $3 and ($4::bigint is null or from_seq < $4)
order by from_seq desc limit $5

-- name: as_of
select * from versions
where connection_id = $1 and kind = $2 and external_id = $3 and from_seq <= $4 and (to_seq is null or to_seq > $4)
order by from_seq desc limit 1

-- name: as_of_many
select versions.* from unnest($2::text[], $3::text[]) as asked (kind, external_id)
join versions on versions.connection_id = $1 and versions.kind = asked.kind and versions.external_id = asked.external_id
where from_seq <= $4 and (to_seq is null or to_seq > $4)

-- name: records_below
-- Those below a parent, or at the top; the others are listed from the tree.
select * from versions
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
  and ($3::text is null or workspace_id = $3)
  and ($4::text[] is null or kind = any($4))
  and ($6::text is null or (parent_kind = $5 and parent_id = $6))
  and (not $7::boolean or parent_id is null)
  and ($8::text is null or (workspace_id, kind, external_id) > ($8, $9, $10))
order by workspace_id, kind, external_id limit $11

-- name: deleted_records
select * from (
    select distinct on (workspace_id, kind, external_id) * from versions
    where connection_id = $1 and from_seq <= $2 and to_seq <= $2
      and ($3::text is null or workspace_id = $3)
      and ($4::text[] is null or kind = any($4))
      and ($6::text is null or (parent_kind = $5 and parent_id = $6))
      and (not $7::boolean or parent_id is null)
      and ($8::text is null or (workspace_id, kind, external_id) > ($8, $9, $10))
      and not exists (
          select from versions as later
          where later.connection_id = versions.connection_id and later.kind = versions.kind
            and later.external_id = versions.external_id and later.from_seq > versions.from_seq
            and later.from_seq <= $2
      )
    order by workspace_id, kind, external_id, from_seq desc
) as last_versions
order by workspace_id, kind, external_id limit $11

-- name: count_living
select count(*) from (
    select from versions
    where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
      and ($3::text is null or workspace_id = $3)
      and ($4::text[] is null or kind = any($4))
      and ($6::text is null or (parent_kind = $5 and parent_id = $6))
      and (not $7::boolean or parent_id is null)
    limit $8
) as capped

-- name: contents
-- Every content of an account's records that is not erased, those of a pack side by side.
select content_id from versions
where connection_id in (select connection_id from connections where account_id = $1) and erasure_id is null
group by content_id order by min(pack_no), content_id
