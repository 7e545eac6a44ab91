-- Keeping: locks between adding and taking, holds, retentions, what is expired and what can be swept.

-- name: lock_store_shared
select pg_advisory_xact_lock_shared(hashtextextended('store ' || $1::text, 0))

-- name: lock_store
select pg_advisory_xact_lock(hashtextextended('store ' || $1::text, 0))

-- name: lock_holds_shared
select pg_advisory_xact_lock_shared(hashtextextended('holds ' || $1::text, 0))

-- name: lock_holds
select pg_advisory_xact_lock(hashtextextended('holds ' || $1::text, 0))

-- name: is_open
select exists (select from accounts where account_id = $1 and erasing_at is null)

-- name: lock_open
select true from accounts where account_id = $1 and erasing_at is null for share

-- name: lock_packs_shared
select pack_no from packs where account_id = $1 and pack_no = any($2::bigint[]) and swept_at is null for share

-- name: lock_packs
-- Waits for packs that are being inserted and lean on these.
select pack_no from packs where account_id = $1 and pack_no = any($2::bigint[]) order by pack_no for update

-- A connection's content is held by a hold on it, or on the account. Without one, any hold counts.
-- name: holding
select hold_id from holds
where account_id = $1 and lifted_at is null
  and ($2::uuid is null or connection_id is null or connection_id = $2)
order by placed_at, hold_id limit 1

-- name: holding_account
select hold_id from holds
where account_id = $1 and lifted_at is null and connection_id is null
order by placed_at, hold_id limit 1

-- name: is_connection
select exists (select from connections where account_id = $1 and connection_id = $2)

-- name: place_hold
insert into holds (hold_id, account_id, connection_id, sealed_reason, placed_by, placed_at)
values ($1, $2, $3, $4, $5, $6)

-- name: lift_hold
update holds set lifted_at = $3, lifted_by = $4, sealed_lift_reason = $5
where account_id = $1 and hold_id = $2 and lifted_at is null
returning *

-- name: hold
select * from holds where account_id = $1 and hold_id = $2

-- name: holds
select * from holds where account_id = $1 order by placed_at, hold_id

-- name: set_retention
insert into retentions (account_id, connection_id, all_days, days, weeks, months, years)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (account_id, connection_id) do update set
    all_days = excluded.all_days, days = excluded.days, weeks = excluded.weeks, months = excluded.months,
    years = excluded.years, set_at = now()

-- name: clear_retention
delete from retentions where account_id = $1 and connection_id is not distinct from $2

-- name: retentions
select connection_id, all_days, days, weeks, months, years from retentions where account_id = $1

-- name: taken
select seq, finished_at from snapshots where connection_id = $1 order by seq

-- name: expire_snapshots
-- The journal's chunks are named in the manifest, which goes with the row.
with gone as (
    delete from snapshots where connection_id = $1 and seq = any($2::bigint[]) returning *
)
insert into expired_snapshots (account_id, connection_id, seq, snapshot_id, finished_at, manifest_id, journal)
select account_id, connection_id, seq, snapshot_id, finished_at, manifest_id,
       array(select decode(substr(name, 8), 'hex')
             from jsonb_array_elements_text(convert_from(manifest, 'UTF8')::jsonb -> 'journal') as name)
from gone

-- name: uncleared
select max(expired_at) from expired_snapshots
where account_id = $1
  and expired_at > coalesce((select cleared_at from expiry_schedules where account_id = $1), '-infinity')

-- name: cleared
insert into expiry_schedules (account_id, cleared_at) values ($1, $2)
on conflict (account_id) do update set cleared_at = excluded.cleared_at

-- name: drop_versions
-- Versions that no snapshot has any more. `next`: the first snapshot that is kept behind each one given up.
delete from versions
using unnest($2::bigint[], $3::bigint[]) as gone (seq, next)
where connection_id = $1 and from_seq = gone.seq and to_seq <= gone.next

-- name: begin_versions_later
update versions set from_seq = gone.next
from unnest($2::bigint[], $3::bigint[]) as gone (seq, next)
where connection_id = $1 and from_seq = gone.seq

-- name: end_versions_later
update versions set to_seq = gone.next
from unnest($2::bigint[], $3::bigint[]) as gone (seq, next)
where connection_id = $1 and to_seq = gone.seq

-- name: join_versions
-- Where what lay between two versions is gone, and they are the same, they are one. $2: where versions begin later now.
with touched as (
    select distinct kind, external_id from versions where connection_id = $1 and from_seq = any($2::bigint[])
), held as (
    select kind, external_id, from_seq, to_seq,
           lag(to_seq) over record = from_seq
           and (lag(content_id) over record, lag(workspace_id) over record,
                lag(parent_kind) over record, lag(parent_id) over record)
               is not distinct from (content_id, workspace_id, parent_kind, parent_id) as goes_on
    from versions join touched using (kind, external_id)
    where connection_id = $1
    window record as (partition by kind, external_id order by from_seq)
), runs as (
    select *, count(*) filter (where goes_on is not true) over (partition by kind, external_id order by from_seq) as run
    from held
), joined as (
    select kind, external_id, min(from_seq) as first_seq, max(from_seq) as last_seq,
           (array_agg(to_seq order by from_seq desc))[1] as to_seq
    from runs group by kind, external_id, run having count(*) > 1
), dropped as (
    delete from versions using joined
    where connection_id = $1 and versions.kind = joined.kind and versions.external_id = joined.external_id
      and from_seq > first_seq and from_seq <= last_seq
)
update versions set to_seq = joined.to_seq from joined
where connection_id = $1 and versions.kind = joined.kind and versions.external_id = joined.external_id
  and from_seq = first_seq

-- name: lost_packs
-- Packs that a connection's newest snapshot would need, and that are there no more.
select count(*) from pack_uses
where connection_id = $1
  and not exists (select from packs where packs.pack_no = pack_uses.pack_no and swept_at is null)

-- name: unneeded_packs
-- What no version, no journal, no dictionary in use and no cycle under way needs; young ones may belong to a cycle that
-- has not staged them yet.
with mine as (
    select connection_id from connections where account_id = $1
), needed as (
    select pack_no from versions where connection_id in (select connection_id from mine)
    union
    select unnest(other_pack_nos) from versions
    where connection_id in (select connection_id from mine) and other_pack_nos is not null
    union
    select pack_no from pack_uses where connection_id in (select connection_id from mine)
    union
    select pack_no from dictionaries where connection_id in (select connection_id from mine)
    union
    select unnest(pack_no || other_pack_nos) from staged
    where operation_id in (
        select operation_id from operations where account_id = $1 and status in ('queued', 'running')
    )
)
select pack_no from packs
where account_id = $1 and swept_at is null and created_at < now() - $2::interval
  and pack_no not in (select pack_no from needed where pack_no is not null)

-- name: sweep_chunks
delete from chunks where account_id = $1 and pack_no = any($2::bigint[])

-- name: sweep_packs
update packs set swept_at = now() where account_id = $1 and pack_no = any($2::bigint[])

-- name: swept_packs
select pack_no, pack_id, size_bytes from packs
where account_id = $1 and swept_at is not null
order by pack_no limit $2

-- name: known_packs
select pack_id from packs where pack_id = any($1::bytea[])

-- name: forget_packs
delete from packs where account_id = $1 and pack_no = any($2::bigint[]) and swept_at is not null

-- name: make_reached
create temp table reached (node_id bytea primary key) on commit drop

-- name: reach
insert into reached select distinct unnest($1::bytea[]) on conflict do nothing returning node_id

-- name: roots
select distinct tree_root from snapshots where account_id = $1 and tree_root is not null

-- name: sweep_nodes
delete from nodes where account_id = $1 and not exists (select from reached where reached.node_id = nodes.node_id)
