-- Restores: plans, their steps with the journal, the names they made, and what came of every record.

-- name: insert_plan
insert into restore_plans (plan_id, account_id, operation_id, source_connection_id, seq, target_connection_id, asked,
                           digest, summary)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: forget_plan_of
delete from restore_plans where account_id = $1 and operation_id = $2

-- name: plan
select * from restore_plans where account_id = $1 and plan_id = $2

-- name: plan_of_operation
select * from restore_plans where account_id = $1 and operation_id = $2

-- name: plan_carried_out_by
select * from restore_plans where account_id = $1 and restore_operation_id = $2

-- The same digest is planned twice where nothing has changed: the one that is still to be started, else the newest.
-- name: plan_by_digest
select * from restore_plans where account_id = $1 and digest = $2
order by (restore_operation_id is null) desc, made_at desc limit 1

-- name: start_plan
update restore_plans set restore_operation_id = $3 where account_id = $1 and plan_id = $2

-- name: set_checked
update restore_plans set checked_at = now() where account_id = $1 and plan_id = $2

-- name: set_stale
update restore_plans set stale = $3 where account_id = $1 and plan_id = $2

-- name: set_finished
update restore_plans set finished_at = $3, summary = $4 where account_id = $1 and plan_id = $2

-- name: insert_steps
insert into restore_steps (plan_id, account_id, ordinal, phase, lane, action, kind, workspace_id, external_id,
                           target_id, fields, lost, reason, calls, needs, waits, seen, brought)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: steps
select * from restore_steps where account_id = $1 and plan_id = $2 and ordinal > $3 order by ordinal limit $4

-- name: steps_of_action
select * from restore_steps
where account_id = $1 and plan_id = $2 and ordinal > $3 and ($5::text[] is null or action = any($5))
order by ordinal limit $4

-- name: begin_step
update restore_steps set begun_at = coalesce(begun_at, now()) where account_id = $1 and plan_id = $2 and ordinal = $3

-- name: end_step
update restore_steps set ended_at = now(), made_id = $4, failed = $5, lost_since = $6
where account_id = $1 and plan_id = $2 and ordinal = $3

-- name: insert_names
insert into restore_names (plan_id, account_id, kind, old, new)
select $1, $2, kind, old, new from unnest($3::text[], $4::text[], $5::text[]) as given (kind, old, new)

-- name: names
select kind, old, new from restore_names where account_id = $1 and plan_id = $2

-- name: insert_known
insert into restore_known (plan_id, account_id, kind, external_id)
select $1, $2, kind, id from unnest($3::text[], $4::text[]) as given (kind, id)
on conflict do nothing

-- name: known
select kind, external_id from restore_known where account_id = $1 and plan_id = $2

-- name: forget_known
delete from restore_known where account_id = $1 and plan_id = $2

-- name: keep_restored
insert into restored (account_id, source_connection_id, target_connection_id, kind, old, new, plan_id)
select $1, $2, $3, kind, old, new, $7 from unnest($4::text[], $5::text[], $6::text[]) as given (kind, old, new)
on conflict (target_connection_id, source_connection_id, kind, old, plan_id) do update set new = excluded.new

-- name: restored_by_plan
select kind, old, new from restored where account_id = $1 and plan_id = $2

-- What a restore made may itself be backed up and restored: old names are followed through every step of that.
-- name: restored_of
with recursive found as (
    select r.kind, r.old, r.new, r.made_at from restored as r
    join unnest($4::text[], $5::text[]) as asked (kind, old) on r.kind = asked.kind and r.old = asked.old
    where r.account_id = $1 and r.source_connection_id = $2 and r.target_connection_id = $3
    union
    select r.kind, r.old, r.new, r.made_at from restored as r
    join found on r.kind = found.kind and r.old = found.new
    where r.account_id = $1 and r.target_connection_id = $3
)
select kind, old, new from found order by kind, old, made_at desc, new

-- name: forget_restored
delete from restored where account_id = $1 and plan_id = $2

-- name: insert_findings
insert into restore_findings (plan_id, account_id, ordinal, kind, external_id, target_id, action, result, equal, lost,
                              wrong, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (plan_id, ordinal) do nothing

-- name: forget_findings
delete from restore_findings where account_id = $1 and plan_id = $2

-- name: findings
select * from restore_findings
where account_id = $1 and plan_id = $2 and ordinal > $3 and ($5::text[] is null or result = any($5))
order by ordinal limit $4

-- name: count_findings
select kind, result, count(*) as records, sum(equal) as equal,
       sum((select count(*) from jsonb_object_keys(lost))) as lost, sum(jsonb_array_length(wrong)) as wrong
from restore_findings where account_id = $1 and plan_id = $2 group by kind, result order by kind, result

-- name: subtree
with recursive found as (
    select kind, external_id from versions
    join unnest($3::text[], $4::text[]) as asked (kind, external_id) using (kind, external_id)
    where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
    union
    select below.kind, below.external_id from versions as below
    join found on below.parent_kind = found.kind and below.parent_id = found.external_id
    where below.connection_id = $1 and below.from_seq <= $2 and (below.to_seq is null or below.to_seq > $2)
)
select versions.* from versions join found using (kind, external_id)
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
order by workspace_id, kind, external_id limit $5

-- What a snapshot has and the newest one has not.
-- name: deleted_since
select * from versions
where connection_id = $1 and from_seq <= $2 and to_seq > $2 and ($3::text[] is null or workspace_id = any($3))
  and not exists (
      select from versions as now
      where now.connection_id = versions.connection_id and now.kind = versions.kind
        and now.external_id = versions.external_id and now.to_seq is null
  )
order by workspace_id, kind, external_id limit $4

-- name: above
with recursive found as (
    select parent_kind, parent_id from versions
    join unnest($3::text[], $4::text[]) as asked (kind, external_id) using (kind, external_id)
    where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
    union
    select above.parent_kind, above.parent_id from versions as above
    join found on above.kind = found.parent_kind and above.external_id = found.parent_id
    where above.connection_id = $1 and above.from_seq <= $2 and (above.to_seq is null or above.to_seq > $2)
)
select versions.* from versions join found on kind = found.parent_kind and external_id = found.parent_id
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)

-- Where records are now that a snapshot had somewhere, moved ones included.
-- name: places_now
select distinct workspace_id from versions
join unnest($2::text[], $3::text[]) as asked (kind, external_id) using (kind, external_id)
where connection_id = $1 and to_seq is null

-- name: some_records
select versions.* from versions
join unnest($3::text[], $4::text[]) as asked (kind, external_id) using (kind, external_id)
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
order by workspace_id, kind, external_id

-- name: file_of
select * from versions
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
  and kind = $3 and parent_kind = $4 and parent_id = $5
order by external_id limit 1

-- Workspaces whose own record a snapshot has.
-- name: own_records
select workspace_id, kind from versions
where connection_id = $1 and from_seq <= $2 and (to_seq is null or to_seq > $2)
  and external_id = workspace_id and kind = any($3::text[])
order by workspace_id
