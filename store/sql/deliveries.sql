-- Deliveries: events on their way to destinations.

-- An attempt counts when it begins: one whose worker dies in it must end some day, too. A destination that is paused
-- keeps what waits for it.
-- name: claim_webhooks
with due as (
    select delivery_id from deliveries
    join destinations using (destination_id)
    where status = 'waiting' and next_at <= now() and channel = 'webhook' and not is_paused
    order by next_at
    limit $2
    for update of deliveries skip locked
)
update deliveries set attempts = attempts + 1, next_at = now() + $1::interval
from due where deliveries.delivery_id = due.delivery_id
returning deliveries.*

-- The destination is locked, so that of two who look at once one makes the mail.
-- name: claim_mail
with due as (
    select destination_id from destinations
    where channel = 'email' and not is_paused
      and exists (
          select from deliveries
          where deliveries.destination_id = destinations.destination_id and status = 'waiting' and next_at <= now()
            and (is_urgent or (deliveries.created_at <= now() - $1::interval
                               and (arrived_at is null or arrived_at <= now() - $2::interval))))
    limit $4
    for update skip locked
)
update deliveries set attempts = attempts + 1, next_at = now() + $3::interval
from due where deliveries.destination_id = due.destination_id and status = 'waiting' and next_at <= now()
returning deliveries.*

-- name: delivered
update deliveries set status = 'delivered', reason = null, delivered_at = now()
where account_id = $1 and delivery_id = any($2::uuid[])

-- name: postponed
update deliveries set next_at = now() + $3::interval, reason = $4
where account_id = $1 and delivery_id = any($2::uuid[]) and status = 'waiting'

-- name: given_up
update deliveries set status = 'failed', reason = $3
where account_id = $1 and delivery_id = any($2::uuid[]) and status = 'waiting'

-- name: send_again
update deliveries set
    status = 'waiting', is_urgent = true, attempts = 0, next_at = now(), reason = null, delivered_at = null
where account_id = $1 and delivery_id = $2
returning *

-- name: send_now
insert into deliveries (delivery_id, account_id, event_id, destination_id, is_urgent)
values (gen_random_uuid(), $1, $2, $3, true)
returning *

-- name: get
select * from deliveries where account_id = $1 and delivery_id = $2

-- name: page
select * from deliveries
where account_id = $1 and destination_id = $2
  and ($3::timestamptz is null or (created_at, delivery_id) < ($3, $4))
order by created_at desc, delivery_id desc
limit $5

-- name: page_back
select * from deliveries
where account_id = $1 and destination_id = $2
  and ($3::timestamptz is null or (created_at, delivery_id) > ($3, $4))
order by created_at, delivery_id
limit $5

-- name: count
select count(*) from (
    select from deliveries where account_id = $1 and destination_id = $2 limit $3
) as counted
