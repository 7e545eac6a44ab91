-- Connections: one row for each authorised cloud app.

-- name: create
insert into connections (connection_id, account_id, app, name, scope) values ($1, $2, $3, $4, $5) returning *

-- name: get
select * from connections where account_id = $1 and connection_id = $2

-- name: some
select * from connections where account_id = $1 and connection_id = any($2::uuid[])

-- name: every
select * from connections where account_id = $1 order by created_at, connection_id

-- name: page
select * from connections
where account_id = $1 and ($2::text is null or app = $2)
  and ($3::timestamptz is null or (created_at, connection_id) > ($3, $4))
order by created_at, connection_id
limit $5

-- name: page_back
select * from connections
where account_id = $1 and ($2::text is null or app = $2)
  and ($3::timestamptz is null or (created_at, connection_id) < ($3, $4))
order by created_at desc, connection_id desc
limit $5

-- name: count
select count(*) from (
    select from connections where account_id = $1 and ($2::text is null or app = $2) limit $3
) as capped

-- name: set_scope
update connections set scope = $3 where account_id = $1 and connection_id = $2 returning *

-- name: set_name
update connections set name = $3 where account_id = $1 and connection_id = $2 returning *

-- name: set_status
update connections set status = $3, status_reason = $4 where account_id = $1 and connection_id = $2 returning *
