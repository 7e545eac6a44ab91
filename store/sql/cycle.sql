-- One cycle: what was read is staged, then compared with what is held, then committed as a snapshot.

-- name: restore
select cursor, ledger, ordinal from staged_cursors where operation_id = $1

-- name: forget_after
delete from staged where operation_id = $1 and ordinal > $2

-- name: begin_attempt
insert into staged_attempts (operation_id) values ($1) on conflict do nothing

-- name: is_whole
select exists (select from staged_attempts where operation_id = $1)

-- name: save
insert into staged_cursors (operation_id, cursor, ledger, ordinal) values ($1, $2, $3, $4)
on conflict (operation_id) do update set cursor = excluded.cursor, ledger = excluded.ledger, ordinal = excluded.ordinal

-- name: scope_complete
insert into staged_scopes (operation_id, ordinal, workspace_id, kind) select $1, $2, $3, unnest($4::text[])

-- name: scope_gone
insert into staged_scopes (operation_id, ordinal, workspace_id, kind) values ($1, $2, $3, null)

-- name: subtrees
insert into staged_subtrees (operation_id, ordinal, workspace_id, kind, external_id, below, gone)
select $1, $2, $3, $4, unnest($5::text[]), $6, $7

-- name: forget_subtrees_after
delete from staged_subtrees where operation_id = $1 and ordinal > $2

-- name: forget_scopes_after
delete from staged_scopes where operation_id = $1 and ordinal > $2

-- name: forget_workspaces
delete from staged where operation_id = $1 and workspace_id = any($2::text[])

-- name: forget_workspace_scopes
delete from staged_scopes where operation_id = $1 and workspace_id = any($2::text[])

-- name: forget_workspace_subtrees
delete from staged_subtrees where operation_id = $1 and workspace_id = any($2::text[])

-- name: clear_rows
delete from staged where operation_id = $1

-- name: clear_scopes
delete from staged_scopes where operation_id = $1

-- name: clear_subtrees
delete from staged_subtrees where operation_id = $1

-- name: clear_attempt
delete from staged_attempts where operation_id = $1

-- name: clear_cursor
delete from staged_cursors where operation_id = $1

-- name: lock_connection
select pg_advisory_xact_lock(hashtextextended($1::text, 0))

-- name: sort_in_memory
select set_config('work_mem', '96MB', true)

-- name: scopes
select distinct workspace_id, kind from staged_scopes where operation_id = $1

-- name: clear_held
delete from staged_held where operation_id = $1

-- name: clear_changes
delete from staged_changes where operation_id = $1

-- name: clear_additions
delete from staged_additions where operation_id = $1

-- name: any_repeated
select exists (select from staged where operation_id = $1 group by kind, external_id having count(*) > 1)

-- name: all_are_additions
insert into staged_additions (operation_id) values ($1)

-- name: find_changes
-- The last state staged of each record against the held one; and what is deleted: what a complete listing no longer
-- has, what was named, and what hangs below that. An empty content id means "keep what is held": the record was seen,
-- but could not be read. Laterals, because the planner has no statistics of tables filled a moment ago and must not
-- get to choose a scan.
with recursive latest as materialized (
    select distinct on (kind, external_id) * from staged where operation_id = $1
    order by kind, external_id, ordinal desc
), subtrees as materialized (
    select staged.kind, staged.external_id, staged.below, staged.gone, held.workspace_id, held.from_seq,
           held.pack_no, held.other_pack_nos
    from (
        select distinct workspace_id, kind, external_id, below, gone from staged_subtrees where operation_id = $1
    ) as staged
    left join lateral (
        select * from versions
        where connection_id = $2 and kind = staged.kind and external_id = staged.external_id
          and workspace_id = staged.workspace_id and to_seq is null
        limit 1
    ) as held on true
    where held.kind is not null or not staged.gone
), below as (
    select null::text collate "C" as workspace_id, kind, external_id, below as kinds, null::bigint as from_seq,
           null::bigint as pack_no, null::bigint[] as other_pack_nos
    from subtrees
    union
    select held.workspace_id, held.kind, held.external_id, below.kinds, held.from_seq, held.pack_no,
           held.other_pack_nos
    from below
    cross join lateral (
        select * from versions
        where connection_id = $2 and parent_kind = below.kind and parent_id = below.external_id
          and kind = any(below.kinds) and to_seq is null
        offset 0
    ) as held
), ended as (
    select held.workspace_id, held.kind, held.external_id, held.from_seq, held.pack_no, held.other_pack_nos
    from staged_held
    cross join lateral (
        select * from versions
        where connection_id = $2 and kind = staged_held.kind and external_id = staged_held.external_id
          and to_seq is null
        limit 1
    ) as held
    where staged_held.operation_id = $1 and not exists (
        select from latest where latest.kind = staged_held.kind and latest.external_id = staged_held.external_id
    )
    union
    select workspace_id, kind, external_id, from_seq, pack_no, other_pack_nos
    from subtrees
    where gone and not exists (
        select from latest where latest.kind = subtrees.kind and latest.external_id = subtrees.external_id
    )
    union
    select workspace_id, kind, external_id, from_seq, pack_no, other_pack_nos
    from below
    where from_seq is not null and not exists (
        select from latest where latest.kind = below.kind and latest.external_id = below.external_id
    )
)
insert into staged_changes
select $1, latest.workspace_id, latest.kind, latest.external_id, latest.parent_kind, latest.parent_id,
       latest.content_id, latest.leaf_hash, latest.size_bytes, latest.pack_no, latest.other_pack_nos,
       latest.changed_at, latest.changed_by,
       case when held.kind is null then 'added'
            when held.workspace_id <> latest.workspace_id then 'moved' else 'edited' end,
       held.workspace_id, held.from_seq, held.pack_no, held.other_pack_nos
from latest
left join lateral (
    select * from versions
    where connection_id = $2 and kind = latest.kind and external_id = latest.external_id and to_seq is null
    limit 1
) as held on true
where latest.content_id <> ''::bytea
  and (held.kind is null or held.content_id <> latest.content_id or held.workspace_id <> latest.workspace_id
       or (held.parent_kind, held.parent_id) is distinct from (latest.parent_kind, latest.parent_id))
union all
select $1, workspace_id, kind, external_id, null, null, null, null, null, null, null, null, null, 'deleted',
       workspace_id, from_seq, pack_no, other_pack_nos
from ended

-- name: count_changes
select change, count(*) as records from changes where operation_id = $1 group by change

-- name: changes_within
-- What differs in these workspaces; a record that came from elsewhere, or went there, is no matter of theirs alone.
select workspace_id, kind, change, count(*) as records,
       (array_agg(external_id order by external_id))[1:$3] as external_ids
from changes
where operation_id = $1 and workspace_id = any($2::text[])
  and (held_workspace_id is null or held_workspace_id = any($2::text[]))
group by workspace_id, kind, change
order by workspace_id, kind, change

-- name: steps_within
-- How many more records of each kind there will be once the changes are committed, or how many fewer.
with steps as (
    select workspace_id, kind, 1 as step from changes
    where operation_id = $1 and workspace_id = any($2::text[]) and change in ('added', 'moved')
    union all
    select held_workspace_id, kind, -1 from changes
    where operation_id = $1 and held_workspace_id = any($2::text[]) and change in ('deleted', 'moved')
)
select workspace_id, kind, sum(step)::bigint as step from steps group by workspace_id, kind

-- name: changes_in_key_order
select workspace_id, kind, external_id, parent_kind, parent_id, content_id, size_bytes, change, changed_at, changed_by,
       leaf_hash
from changes where operation_id = $1 and change <> 'deleted'
union all
select held_workspace_id, kind, external_id, null, null, null, null,
       case change when 'moved' then 'left' else change end, null, null, null
from changes where operation_id = $1 and change in ('deleted', 'moved')
order by workspace_id, kind, external_id

-- name: end_versions
update versions set to_seq = $3
from (
    select held.place from changes
    cross join lateral (
        select ctid as place from versions
        where connection_id = $2 and kind = changes.kind and external_id = changes.external_id
          and to_seq is null
        limit 1
    ) as held
    where operation_id = $1 and held_from_seq is not null
) as ended
where versions.ctid = ended.place

-- name: begin_versions
insert into versions (account_id, connection_id, kind, external_id, from_seq, to_seq, change, workspace_id,
                      parent_kind, parent_id, content_id, size_bytes, pack_no, other_pack_nos, changed_at, changed_by)
select $2, $3, kind, external_id, $4, null, change, workspace_id, parent_kind, parent_id, content_id, size_bytes,
       pack_no, other_pack_nos, changed_at, changed_by
from changes where operation_id = $1 and change <> 'deleted'

-- name: count_pack_uses
-- Most records need the same few packs, so that each set of packs is counted first.
with uses as (
    select pack_no, other_pack_nos, count(*) as step from changes
    where operation_id = $1 and change <> 'deleted' group by pack_no, other_pack_nos
    union all
    select held_pack_no, held_other_pack_nos, -count(*) from changes
    where operation_id = $1 and held_from_seq is not null group by held_pack_no, held_other_pack_nos
)
insert into pack_uses as held (account_id, connection_id, pack_no, live)
select $2, $3, pack_no, sum(step) from (
    select pack_no, step from uses where pack_no is not null
    union all
    select unnest(other_pack_nos), step from uses
) as steps group by pack_no
on conflict (connection_id, pack_no) do update set live = held.live + excluded.live

-- name: add_pack_uses
insert into pack_uses as held (account_id, connection_id, pack_no, live)
select $1, $2, pack_no, step from unnest($3::bigint[], $4::bigint[]) as uses (pack_no, step)
on conflict (connection_id, pack_no) do update set live = held.live + excluded.live

-- name: drop_unused_packs
delete from pack_uses where connection_id = $1 and live = 0

-- name: needed_packs
select pack_id from packs
where pack_no in (select pack_no from pack_uses where connection_id = $1)
order by pack_id

-- name: connected
select app, name from connections where connection_id = $1

-- name: held
select workspace_id, kind, external_id, parent_kind, parent_id, content_id, size_bytes, pack_no,
       other_pack_nos, erasure_id
from versions
where connection_id = $1 and kind = $2 and external_id = $3 and to_seq is null
