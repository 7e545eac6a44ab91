-- Schedules: when each connection's next cycle starts. Read and written by the scheduler, across accounts.

-- name: lead
select pg_try_advisory_xact_lock(hashtextextended('holdfast scheduler', 0))

-- name: unscheduled
select connections.connection_id, connections.account_id, accounts.time_zone
from connections
join accounts using (account_id)
left join schedules using (connection_id)
where schedules.connection_id is null and connections.status <> 'paused' and accounts.erasing_at is null
limit $1

-- name: due
select schedules.connection_id, schedules.account_id, accounts.time_zone, connections.status, next_full_at
from schedules
join accounts on accounts.account_id = schedules.account_id
join connections on connections.connection_id = schedules.connection_id
where next_at <= $1 and accounts.erasing_at is null
order by next_at
limit $2
for update of schedules skip locked

-- Turns so far ahead that only a clock that was wrong can have set them.
-- name: astray
select schedules.connection_id, schedules.account_id, accounts.time_zone, connections.status, next_full_at
from schedules
join accounts on accounts.account_id = schedules.account_id
join connections on connections.connection_id = schedules.connection_id
where next_at > $1 or next_full_at > $2
limit $3
for update of schedules skip locked

-- name: verifications_astray
select accounts.account_id, accounts.time_zone, verification_schedules.next_at
from verification_schedules
join accounts using (account_id)
where next_at > $1
limit $2

-- name: of_account
select schedules.connection_id, schedules.account_id, accounts.time_zone, connections.status, next_full_at
from schedules
join accounts on accounts.account_id = schedules.account_id
join connections on connections.connection_id = schedules.connection_id
where schedules.account_id = $1 and next_at > $2

-- name: move_verification
update verification_schedules set next_at = $2 where account_id = $1 and next_at > $3

-- name: set_next
insert into schedules (connection_id, account_id, next_at) values ($1, $2, $3)
on conflict (connection_id) do update set next_at = excluded.next_at

-- name: set_next_full
update schedules set next_full_at = $2 where connection_id = $1

-- Locks nothing: the rows are made by the one scheduler that leads.
-- name: accounts_to_verify
select accounts.account_id, accounts.time_zone, verification_schedules.next_at
from accounts
left join verification_schedules using (account_id)
where (next_at is null or next_at <= $1) and erasing_at is null
order by next_at nulls last
limit $2

-- name: set_next_verification
insert into verification_schedules (account_id, next_at) values ($1, $2)
on conflict (account_id) do update set next_at = excluded.next_at

-- name: accounts_to_clear
select accounts.account_id, accounts.time_zone, expiry_schedules.next_at,
       exists (select from retentions where retentions.account_id = accounts.account_id) as has_retention,
       exists (
           select from holds
           where holds.account_id = accounts.account_id and connection_id is null and lifted_at is null
       ) as is_held
from accounts
left join expiry_schedules using (account_id)
where (next_at is null or next_at <= $1 or next_at > $2) and erasing_at is null
order by next_at nulls last
limit $3

-- name: set_next_expiry
insert into expiry_schedules (account_id, next_at) values ($1, $2)
on conflict (account_id) do update set next_at = excluded.next_at

-- name: started
update schedules set last_started_at = $2 where connection_id = $1

-- name: next_of
select next_at from schedules where connection_id = $1

-- Locks nothing: the rows are made by the one scheduler that leads. A time too far ahead is one that a wrong clock set.
-- name: connections_to_drill
select connections.connection_id, connections.account_id, accounts.time_zone, connections.status, drill_schedules.next_at
from connections
join accounts using (account_id)
left join drill_schedules using (connection_id)
where (drill_schedules.next_at is null or drill_schedules.next_at <= $1 or drill_schedules.next_at > $3)
  and exists (select from snapshots where snapshots.connection_id = connections.connection_id)
order by drill_schedules.next_at nulls last
limit $2

-- name: set_next_drill
insert into drill_schedules (connection_id, account_id, next_at) values ($1, $2, $3)
on conflict (connection_id) do update set next_at = excluded.next_at
