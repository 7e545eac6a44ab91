-- Operations: every change of a row is announced on the channel `holdfast_operations`, with the row's id, at commit.
-- A change that has no row to apply to (another state, another lease) returns none: the caller then knows.

-- name: create
with changed as (
    insert into operations (operation_id, account_id, connection_id, kind, arguments, created_by)
    values ($1, $2, $3, $4, $5, $6)
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- name: get
select * from operations where account_id = $1 and operation_id = $2

-- name: some
select * from operations where account_id = $1 and operation_id = any($2::uuid[])

-- name: active_backup
select * from operations
where account_id = $1 and connection_id = $2 and kind = 'backup' and status in ('queued', 'running')

-- name: active_restore
select * from operations
where account_id = $1 and connection_id = $2 and kind = 'restore' and status in ('queued', 'running')

-- name: active_drive_sync
select * from operations where account_id = $1 and kind = 'drive_sync' and status in ('queued', 'running')

-- name: page
select * from operations
where account_id = $1 and ($2::uuid is null or connection_id = $2)
  and ($3::timestamptz is null or (created_at, operation_id) < ($3, $4))
order by created_at desc, operation_id desc
limit $5

-- name: page_back
select * from operations
where account_id = $1 and ($2::uuid is null or connection_id = $2)
  and ($3::timestamptz is null or (created_at, operation_id) > ($3, $4))
order by created_at, operation_id
limit $5

-- name: count
select count(*) from (
    select from operations where account_id = $1 and ($2::uuid is null or connection_id = $2) limit $3
) as counted

-- Two claims of one account's operations are made one after the other, so that an erasure can be alone.
-- name: lock_claims
select pg_advisory_xact_lock(hashtextextended('claim ' || account_id::text, 0))
from operations where operation_id = $1

-- name: others_running
select count(*) from operations
where account_id = $1 and operation_id <> $2 and status = 'running' and lease_until >= now()

-- A row that another transaction holds is skipped, not waited for: that one is claiming it.
-- name: claim
with candidate as (
    select operation_id from operations
    where operation_id = $1
      and kind = any($4::text[])
      and run_after <= now()
      and not paused
      and (status = 'queued' or (status = 'running' and lease_until < now()))
      and not exists (
          select from operations erasure
          where erasure.account_id = operations.account_id and erasure.operation_id <> $1
            and erasure.kind = 'erasure' and erasure.status = 'running' and erasure.lease_until >= now()
      )
    for update skip locked
), changed as (
    update operations set
        status = 'running',
        attempt = attempt + 1,
        lease_owner = $2,
        lease_until = now() + $3::interval,
        started_at = coalesce(started_at, now()),
        updated_at = now()
    from candidate where operations.operation_id = candidate.operation_id
    returning operations.*
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- Silent: a heartbeat is not a change that anybody follows.
-- name: heartbeat
update operations set lease_until = now() + $3::interval
where operation_id = $1 and lease_owner = $2 and status = 'running'
returning *

-- name: report
with changed as (
    update operations set
        progress = $3,
        warnings = $4,
        warning_count = $5,
        attempt = case when $6 then 1 else attempt end,
        updated_at = now()
    where operation_id = $1 and lease_owner = $2 and status = 'running'
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- name: finish
with changed as (
    update operations set
        status = $3,
        result = $4,
        error_code = $5,
        error_message = $6,
        finished_at = now(),
        lease_owner = null,
        lease_until = null,
        updated_at = now()
    where operation_id = $1 and lease_owner = $2 and status = 'running'
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- name: release
with changed as (
    update operations set
        status = 'queued',
        attempt = case when $4::text is null then 0 else attempt end,
        run_after = now() + $3::interval,
        error_code = $4,
        error_message = $5,
        lease_owner = null,
        lease_until = null,
        updated_at = now()
    where operation_id = $1 and lease_owner = $2 and status = 'running'
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- Work that never started is cancelled at once. Other work is told: a worker stops at its next item and clears up.
-- name: request_cancel
with changed as (
    update operations set
        cancel_requested = true,
        paused = false,
        status = case when started_at is null then 'cancelled' else status end,
        finished_at = case when started_at is null then now() end,
        run_after = least(run_after, now()),
        updated_at = now()
    where account_id = $1 and operation_id = $2 and status in ('queued', 'running')
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- name: set_paused
with changed as (
    update operations set paused = $3, run_after = least(run_after, now()), updated_at = now()
    where account_id = $1 and operation_id = $2 and status in ('queued', 'running') and paused <> $3
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- One that waited for another attempt is due now, because somebody asks for it.
-- name: hasten
with changed as (
    update operations set run_after = now(), updated_at = now()
    where account_id = $1 and operation_id = $2 and status = 'queued' and run_after > now()
    returning *
)
select changed.*, pg_notify('holdfast_operations', operation_id::text) from changed

-- Marked as sent now, so that a long queue is not sent again at every sweep. One that nobody touched since it was made
-- may have been queued by a process that cannot send: it has a shorter wait of its own.
-- name: due
with candidate as (
    select operation_id from operations
    where run_after <= now()
      and not paused
      and ((status = 'queued'
            and updated_at <= now() - case when updated_at = created_at then $1::interval else $2::interval end)
           or (status = 'running' and lease_until < now()))
    order by run_after
    limit $3
    for update skip locked
)
update operations set updated_at = now()
from candidate where operations.operation_id = candidate.operation_id
returning operations.operation_id

-- Only for who holds the home's lock, and so knows that no other worker lives.
-- name: expire_leases
update operations set lease_until = now() - interval '1 second' where status = 'running'
