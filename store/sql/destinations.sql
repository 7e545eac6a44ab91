-- Destinations: where an account is told what happened.

-- name: create
insert into destinations (destination_id, account_id, channel, sealed, kinds) values ($1, $2, $3, $4, $5) returning *

-- name: get
select * from destinations where account_id = $1 and destination_id = $2

-- name: of_account
select * from destinations where account_id = $1 order by created_at, destination_id

-- name: update
update destinations set kinds = $3, is_paused = $4 where account_id = $1 and destination_id = $2 returning *

-- name: reseal
update destinations set sealed = $3 where account_id = $1 and destination_id = $2 returning *

-- name: remove
delete from destinations where account_id = $1 and destination_id = $2 returning destination_id

-- name: told
update destinations set
    arrived_at = case when $3::text is null then now() else arrived_at end,
    failing_since = case when $3::text is null then null else coalesce(failing_since, now()) end,
    reason = $3
where account_id = $1 and destination_id = $2
