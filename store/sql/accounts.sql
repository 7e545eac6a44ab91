-- Accounts: one row a tenant.

-- name: create
insert into accounts (account_id, name, time_zone) values ($1, $2, $3) returning *

-- name: get
select * from accounts where account_id = $1

-- name: every
select * from accounts order by created_at, account_id

-- name: update
update accounts set name = coalesce($2, name), time_zone = coalesce($3, time_zone) where account_id = $1 returning *
