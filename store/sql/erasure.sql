-- Erasure: of an account, and of chosen records.

-- name: begin
update accounts set erasing_at = coalesce(erasing_at, now()) where account_id = $1 returning erasing_at

-- name: stop_operations
update operations set cancel_requested = true
where account_id = $1 and operation_id <> $2 and status in ('queued', 'running')

-- name: account_counts
select (select count(*) from connections where account_id = $1) as connections,
       (select count(*) from snapshots where account_id = $1) as snapshots,
       (select count(*) from packs where account_id = $1) as packs,
       (select coalesce(sum(size_bytes), 0)::bigint from packs where account_id = $1) as stored_bytes

-- name: connection_ids
select connection_id from connections where account_id = $1

-- name: pack_ids
select pack_no, pack_id from packs where account_id = $1 and pack_no > $2 order by pack_no limit $3

-- name: turn_keys
update account_keys set master_key_id = $2, wrapped = $3, wrapped_at = now() where account_id = $1

-- name: erase_rows
select erase_rows($1, array['accounts', 'account_keys', 'logs', 'log_keys', 'log_entries', 'log_hashes'], $2)

-- name: entries
select entry_no, entry from log_entries where account_id = $1 and kind = 'erasure' order by entry_no

-- name: forget_log_keys
update log_keys set sealed = '', retired_at = coalesce(retired_at, now()) where account_id = $1

-- name: close
update logs set closed_at = now() where account_id = $1 and published_size = size returning account_id

-- name: end
update accounts set name = 'erased', time_zone = 'UTC', erased_at = now() where account_id = $1

-- name: create
insert into erasures (erasure_id, account_id, sealed_request) values ($1, $2, $3)

-- name: get
select sealed_request, erased_at from erasures where account_id = $1 and erasure_id = $2

-- name: erased
update erasures set erased_at = now(), sealed_request = $3 where account_id = $1 and erasure_id = $2

-- name: forget
delete from erasures where account_id = $1 and erasure_id = $2 and erased_at is null

-- name: records_held
-- Which of these records there are.
select asked.connection_id, asked.kind, asked.external_id
from unnest($2::uuid[], $3::text[], $4::text[]) as asked (connection_id, kind, external_id)
where exists (
    select from versions
    where account_id = $1 and versions.connection_id = asked.connection_id
      and versions.kind = asked.kind and versions.external_id = asked.external_id
)

-- name: target_records
-- Every content of these records that is not erased yet and, where asked, of all that ever belonged to them.
with recursive chosen as (
    select connection_id, kind collate "C" as kind, external_id collate "C" as external_id
    from unnest($3::uuid[], $4::text[], $5::text[]) as asked (connection_id, kind, external_id)
    union
    select versions.connection_id, versions.kind, versions.external_id
    from chosen
    join versions on $6::boolean and versions.connection_id = chosen.connection_id
        and versions.parent_kind = chosen.kind and versions.parent_id = chosen.external_id
)
insert into erasure_targets (erasure_id, account_id, connection_id, kind, external_id, content_id)
select distinct $2::uuid, $1::uuid, connection_id, kind, external_id, content_id
from chosen join versions using (connection_id, kind, external_id)
where versions.account_id = $1 and versions.erasure_id is null
on conflict do nothing

-- name: target_contents
insert into erasure_targets (erasure_id, account_id, connection_id, kind, external_id, content_id)
select distinct $2::uuid, $1::uuid, connection_id, kind, external_id, content_id from versions
where connection_id in (select connection_id from connections where account_id = $1)
  and content_id = any($3::bytea[]) and versions.erasure_id is null
on conflict do nothing

-- name: untargeted
-- Whether these records, or what belongs to them, got versions since they were looked at.
with recursive chosen as (
    select connection_id, kind collate "C" as kind, external_id collate "C" as external_id
    from unnest($3::uuid[], $4::text[], $5::text[]) as asked (connection_id, kind, external_id)
    union
    select versions.connection_id, versions.kind, versions.external_id
    from chosen
    join versions on $6::boolean and versions.connection_id = chosen.connection_id
        and versions.parent_kind = chosen.kind and versions.parent_id = chosen.external_id
)
select exists (
    select from chosen join versions using (connection_id, kind, external_id)
    where versions.account_id = $1 and versions.erasure_id is null
      and not exists (
          select from erasure_targets target
          where target.erasure_id = $2 and target.connection_id = versions.connection_id
            and target.kind = versions.kind and target.external_id = versions.external_id
            and target.content_id = versions.content_id
      )
)

-- name: target_counts
select count(distinct (connection_id, kind, external_id)) as records, count(*) as versions,
       coalesce(sum(size_bytes), 0)::bigint as size_bytes
from erasure_targets target join versions using (connection_id, kind, external_id, content_id)
where target.erasure_id = $1

-- name: first_targets
select distinct connection_id, kind, external_id from erasure_targets where erasure_id = $1
order by connection_id, kind, external_id limit $2

-- name: target_connections
select distinct connection_id from erasure_targets where erasure_id = $1

-- name: targets_in_order
-- Where each content stands among the leaves: a record that moved has a leaf in each workspace.
select distinct connection_id, versions.workspace_id, kind, external_id, content_id
from erasure_targets target join versions using (connection_id, kind, external_id, content_id)
where target.erasure_id = $1
order by connection_id, versions.workspace_id, kind, external_id, content_id

-- name: prepare_tombstones
insert into tombstones (account_id, connection_id, workspace_id, kind, external_id, content_id, commitment,
                        revision_mac, erasure_id)
select $1, connection_id, workspace_id, kind, external_id, content_id, commitment, revision_mac, $2
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[])
    as made (connection_id, workspace_id, kind, external_id, content_id, commitment, revision_mac)
on conflict (connection_id, kind, external_id, workspace_id, content_id) do update
    set erasure_id = excluded.erasure_id -- another erasure had prepared it, and never happened

-- name: unprepared
select exists (
    select from erasure_targets target join versions using (connection_id, kind, external_id, content_id)
    where target.erasure_id = $1
      and not exists (
          select from tombstones
          where tombstones.connection_id = versions.connection_id and tombstones.kind = versions.kind
            and tombstones.external_id = versions.external_id
            and tombstones.workspace_id = versions.workspace_id and tombstones.content_id = versions.content_id
      )
)

-- name: contents_to_go
-- Contents that no version has which stays.
select content_id from erasure_targets where erasure_id = $2
except
select content_id from versions
where connection_id in (select connection_id from connections where account_id = $1) and erasure_id is null
  and not exists (
      select from erasure_targets target
      where target.erasure_id = $2 and target.connection_id = versions.connection_id and target.kind = versions.kind
        and target.external_id = versions.external_id and target.content_id = versions.content_id
  )

-- name: file_contents
select distinct content_id,
       exists (
           select from erasure_targets target where target.erasure_id = $2 and target.content_id = versions.content_id
       ) as is_target
from versions
where connection_id in (select connection_id from connections where account_id = $1) and kind = $3
  and erasure_id is null

-- name: packs_of
-- Packs that hold any of these chunks, packs whose blocks were compressed with a block of those, and so on: none of
-- them could be read without the ones that go.
with recursive going as (
    select pack_no from chunks where account_id = $1 and chunk_id = any($2::bytea[])
    union
    select chunks.pack_no from going
    join chunks on chunks.account_id = $1 and chunks.dictionary_pack_no = going.pack_no
)
select pack_no from going

-- name: staying_chunks
select chunks.pack_no, chunks.chunk_id, chunk_size,
       case when known.kind is not null then known.kind when journals.chunk_id is not null then $4 else $5 end as kind
from chunks
left join (
    select distinct on (content_id) content_id, kind from versions
    where connection_id in (select connection_id from connections where account_id = $1)
) known on known.content_id = chunks.chunk_id
left join (
    select distinct chunk_id from (
        select unnest(journal) as chunk_id from expired_snapshots where account_id = $1
        union all
        select decode(substr(name, 8), 'hex') from snapshots
        cross join lateral jsonb_array_elements_text(convert_from(manifest, 'UTF8')::jsonb -> 'journal') as name
        where account_id = $1
    ) as named
) journals on journals.chunk_id = chunks.chunk_id
where chunks.account_id = $1 and chunks.pack_no = any($2::bigint[]) and chunks.chunk_id <> all($3::bytea[])
order by chunks.pack_no, block_no, chunk_offset

-- name: erase_versions
update versions set erasure_id = $1
from erasure_targets target
where target.erasure_id = $1 and versions.connection_id = target.connection_id and versions.kind = target.kind
  and versions.external_id = target.external_id and versions.content_id = target.content_id
  and versions.erasure_id is null

-- name: copies
-- How many copies of these chunks there are.
select count(*) from chunks where account_id = $1 and chunk_id = any($2::bytea[])

-- name: translate_staged
-- Cycles under way: what they saved names the new packs, and nothing that is erased.
update staged set
    pack_no = case when content_id = any($4::bytea[]) then null
                   when pack_no = any($2) then (
                       select new_no from unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no)
                       where old_no = pack_no
                   )
                   else pack_no end,
    other_pack_nos = case
        when content_id = any($4::bytea[]) then null
        when other_pack_nos && $2 then nullif(array(
            select coalesce(map.new_no, needed.pack_no)
            from unnest(other_pack_nos) as needed (pack_no)
            left join unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no) on map.old_no = needed.pack_no
            where map.old_no is null or map.new_no is not null
        ), '{}')
        else other_pack_nos end
where operation_id in (
        select operation_id from operations where account_id = $1 and status in ('queued', 'running')
    )
  and (pack_no = any($2) or other_pack_nos && $2 or content_id = any($4::bytea[]))

-- name: erased_workspaces
-- Workspaces that are erased as records.
select distinct workspaces.connection_id, workspaces.workspace_id
from erasure_targets target
join workspaces on workspaces.connection_id = target.connection_id and workspaces.kind = target.kind
    and workspaces.workspace_id = target.external_id
where target.erasure_id = $1

-- name: tombstones_of
select connection_id, workspace_id, kind, external_id, content_id, commitment, revision_mac from tombstones
where erasure_id = $1 order by connection_id, workspace_id, kind, external_id, content_id

-- name: has_tombstones
select exists (select from tombstones where account_id = $1)

-- name: which_gone
-- Which of these contents were erased, and lie in no pack, by their place in what was asked.
select asked.ordinal from unnest($2::bytea[]) with ordinality as asked (content_id, ordinal)
where exists (
        select from tombstones join erasures using (erasure_id)
        where tombstones.account_id = $1 and tombstones.content_id = asked.content_id and erased_at is not null
    )
  and not exists (select from chunks where chunks.account_id = $1 and chunks.chunk_id = asked.content_id)

-- name: mark_begun
-- Versions that began with a snapshot and whose content was erased before: of the same record, or of any, where it is
-- gone.
update versions set erasure_id = tombstones.erasure_id
from tombstones join erasures using (erasure_id)
where versions.connection_id = $2 and versions.from_seq = $3 and tombstones.account_id = $1
  and tombstones.content_id = versions.content_id and erased_at is not null
  and ((tombstones.connection_id, tombstones.kind, tombstones.external_id)
       = (versions.connection_id, versions.kind, versions.external_id)
       or not exists (select from chunks where chunks.account_id = $1 and chunks.chunk_id = versions.content_id))

-- name: erased_contents
select distinct content_id from tombstones join erasures using (erasure_id)
where tombstones.account_id = $1 and content_id = any($2::bytea[]) and erased_at is not null

-- name: tombstone
select commitment, revision_mac from tombstones join erasures using (erasure_id)
where connection_id = $1 and kind = $2 and external_id = $3 and content_id = $4 and erased_at is not null
  and ($5::text is null or workspace_id = $5)
limit 1
