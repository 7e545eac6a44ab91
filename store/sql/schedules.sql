-- Schedules: when each connection's next cycle starts. Read and written by the scheduler, across accounts.

-- name: lead
select pg_try_advisory_xact_lock(hashtextextended('holdfast scheduler', 0))

-- name: unscheduled
select connections.connection_id, connections.account_id, accounts.time_zone
from connections
join accounts using (account_id)
left join schedules using (connection_id)
where schedules.connection_id is null and connections.status <> 'paused'
limit $1

-- name: due
select schedules.connection_id, schedules.account_id, accounts.time_zone, connections.status
from schedules
join accounts on accounts.account_id = schedules.account_id
join connections on connections.connection_id = schedules.connection_id
where next_at <= $1
order by next_at
limit $2
for update of schedules skip locked

-- name: set_next
insert into schedules (connection_id, account_id, next_at) values ($1, $2, $3)
on conflict (connection_id) do update set next_at = excluded.next_at

-- name: started
update schedules set last_started_at = $2 where connection_id = $1

-- name: next_of
select next_at from schedules where connection_id = $1
