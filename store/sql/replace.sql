-- Replace: rows that name old packs name new ones. $2 and $3 are old and new pack numbers, side by side; new may be null.

-- name: names
select pack_no, pack_id from packs where pack_no = any($1::bigint[])

-- name: note_replaced
-- For each connection whose newest snapshot needs an old pack: what it was signed with. A pack that itself replaced
-- another since then is not what it was signed with.
insert into replaced_packs (account_id, connection_id, old_pack_id, new_pack_id)
select $1, uses.connection_id, old.pack_id, new.pack_id
from unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no)
join pack_uses uses on uses.account_id = $1 and uses.pack_no = map.old_no
join packs old on old.pack_no = map.old_no
left join packs new on new.pack_no = map.new_no
where not exists (
    select from replaced_packs before
    where before.connection_id = uses.connection_id and before.new_pack_id = old.pack_id
)

-- name: renote_replaced
update replaced_packs set new_pack_id = new.pack_id
from unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no)
join packs old on old.pack_no = map.old_no
left join packs new on new.pack_no = map.new_no
where replaced_packs.account_id = $1 and replaced_packs.new_pack_id = old.pack_id

-- name: use_others
insert into pack_uses as held (account_id, connection_id, pack_no, live)
select $1, uses.connection_id, map.new_no, sum(uses.live)
from unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no)
join pack_uses uses on uses.account_id = $1 and uses.pack_no = map.old_no
where map.new_no is not null
group by uses.connection_id, map.new_no
on conflict (connection_id, pack_no) do update set live = held.live + excluded.live

-- name: need_others
-- A pack that is named twice afterwards stays so: it was counted twice in pack_uses, too.
with map as (
    select * from unnest($2::bigint[], $3::bigint[]) as map (old_no, new_no)
)
update versions set
    pack_no = case
        when pack_no = any($2) then (select new_no from map where old_no = pack_no) else pack_no
    end,
    other_pack_nos = case
        when other_pack_nos && $2 then nullif(array(
            select coalesce(map.new_no, needed.pack_no)
            from unnest(other_pack_nos) as needed (pack_no)
            left join map on map.old_no = needed.pack_no
            where map.old_no is null or map.new_no is not null
        ), '{}')
        else other_pack_nos
    end
where connection_id in (select connection_id from connections where account_id = $1)
  and (pack_no = any($2) or other_pack_nos && $2)

-- name: drop_uses
delete from pack_uses where account_id = $1 and pack_no = any($2::bigint[])

-- name: drop_chunks
delete from chunks where account_id = $1 and pack_no = any($2::bigint[])

-- name: drop_dictionaries
delete from dictionaries where account_id = $1 and pack_no = any($2::bigint[])

-- name: sweep
update packs set swept_at = now() where account_id = $1 and pack_no = any($2::bigint[])

-- name: replaced
select old_pack_id, new_pack_id from replaced_packs where connection_id = $1

-- name: forget
delete from replaced_packs where connection_id = $1

-- name: newest
-- Where each connection stands, to tell afterwards what was committed since.
select connection_id, max(seq) as seq from snapshots where account_id = $1 group by connection_id

-- name: needed_since
-- Old packs that snapshots need which were committed since, or cycles under way.
select needed.pack_no from (
    select unnest(versions.pack_no || versions.other_pack_nos) as pack_no from versions
    join connections using (connection_id)
    left join unnest($3::uuid[], $4::bigint[]) as before (connection_id, seq) using (connection_id)
    where connections.account_id = $1 and versions.from_seq > coalesce(before.seq, 0)
    union all
    select unnest(pack_no || other_pack_nos) from staged
    where operation_id in (
        select operation_id from operations where account_id = $1 and status in ('queued', 'running')
    )
) as needed
where needed.pack_no = any($2::bigint[])

-- name: leant_on
-- Packs whose blocks other packs were compressed with, but for those other packs that are to go themselves.
select distinct dictionary_pack_no as pack_no from chunks
where account_id = $1 and dictionary_pack_no = any($2::bigint[]) and pack_no <> all($2::bigint[])

-- name: make_live
create temp table live (chunk_id bytea primary key, kind text not null) on commit drop

-- name: live_records
insert into live select distinct on (content_id) content_id, kind from versions
where connection_id in (select connection_id from connections where account_id = $1)
on conflict do nothing

-- name: live_journals
insert into live
select distinct chunk_id, $2 from (
    select unnest(journal) as chunk_id from expired_snapshots where account_id = $1
    union all
    select decode(substr(name, 8), 'hex') from snapshots
    cross join lateral jsonb_array_elements_text(convert_from(manifest, 'UTF8')::jsonb -> 'journal') as name
    where account_id = $1
) as named
on conflict do nothing

-- name: live_others
insert into live select distinct unnest($1::bytea[]), $2 on conflict do nothing

-- name: file_contents
select distinct content_id from versions
where connection_id in (select connection_id from connections where account_id = $1) and kind = $2

-- name: mostly_dead
-- Packs of which less than half is needed, the largest waste first.
select pack_no, plain_bytes - live_bytes as dead_bytes from (
    select chunks.pack_no, sum(chunk_size) as plain_bytes,
           coalesce(sum(chunk_size) filter (where live.chunk_id is not null), 0) as live_bytes
    from chunks
    left join live using (chunk_id)
    where chunks.account_id = $1
    group by chunks.pack_no
) as counted
join packs using (pack_no)
where 2 * live_bytes < plain_bytes and packs.swept_at is null and packs.created_at < now() - $2::interval
  and pack_no not in (select pack_no from dictionaries where account_id = $1)
order by dead_bytes desc, pack_no
limit $3

-- name: live_chunks_of
select pack_no, chunk_id, chunk_size, kind from chunks
join live using (chunk_id)
where account_id = $1 and pack_no = any($2::bigint[])
order by pack_no, block_no, chunk_offset
