-- Events, and their way to whoever wants to be told.

-- A destination that named no kinds gets every alert. What is no alert is kept only where one asked for it by name.
-- name: put
with happened as (
    insert into events (event_id, account_id, kind, connection_id, data)
    select $1, $2::uuid, $3::text, $4, $5
    where $6::boolean
       or exists (select from destinations where account_id = $2 and not is_paused and $3 = any(kinds))
    on conflict do nothing
    returning *
), on_its_way as (
    insert into deliveries (delivery_id, account_id, event_id, destination_id)
    select gen_random_uuid(), $2, event_id, destination_id
    from destinations, happened
    where $7 and destinations.account_id = $2 and not is_paused
      and case when kinds is null then $6::boolean else $3 = any(kinds) end
)
select * from happened

-- name: some
select * from events where account_id = $1 and event_id = any($2::uuid[])

-- name: page
select * from events
where account_id = $1 and ($2::text is null or kind = $2)
  and ($3::timestamptz is null or (occurred_at, event_id) < ($3, $4))
order by occurred_at desc, event_id desc
limit $5

-- name: page_back
select * from events
where account_id = $1 and ($2::text is null or kind = $2)
  and ($3::timestamptz is null or (occurred_at, event_id) > ($3, $4))
order by occurred_at, event_id
limit $5

-- name: count
select count(*) from (
    select from events where account_id = $1 and ($2::text is null or kind = $2) limit $3
) as counted

-- name: forget_old
delete from events where occurred_at < now() - make_interval(days => $1)

-- Each is looked at once; of one that another scheduler is looking at, nothing is to be done.
-- name: to_notice
select operations.*, connections.name as connection_name, connections.app
from operations
left join connections using (connection_id)
where noticed_at is null and finished_at is not null
order by finished_at
limit $1
for update of operations skip locked

-- name: noticed
update operations set noticed_at = now() where operation_id = any($1::uuid[])

-- name: troubled
select * from connections
where status = 'needs_attention' and noticed_reason is distinct from coalesce(status_reason, '')
limit $1
for update skip locked

-- name: noticed_trouble
update connections set noticed_reason = coalesce(status_reason, '') where connection_id = any($1::uuid[])

-- name: next_trouble
select nextval('trouble_numbers')

-- Trouble that comes back after it was mended is told again.
-- name: forget_trouble
update connections set noticed_reason = null where status <> 'needs_attention' and noticed_reason is not null
