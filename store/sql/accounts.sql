-- Accounts: one row a tenant.

-- name: create
insert into accounts (account_id, name, time_zone) values ($1, $2, $3)
returning account_id, name, time_zone, created_at

-- name: get
select account_id, name, time_zone, created_at from accounts where account_id = $1

-- name: every
select account_id, name, time_zone, created_at from accounts where erased_at is null order by created_at, account_id

-- name: update
update accounts set name = coalesce($2, name), time_zone = coalesce($3, time_zone) where account_id = $1
returning account_id, name, time_zone, created_at
