-- Grants: one person's authorisation of a connection. Names and credentials are sealed under the account's key.

-- Somebody who authorises again replaces what they gave before.
-- name: put
insert into grants (grant_id, account_id, connection_id, method, subject, sealed_name, sealed, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (connection_id, subject) do update set
    method = excluded.method,
    sealed_name = excluded.sealed_name,
    sealed = excluded.sealed,
    expires_at = excluded.expires_at,
    status = 'working',
    status_reason = null
where grants.account_id = excluded.account_id
returning *

-- name: get
select * from grants where account_id = $1 and grant_id = $2

-- name: of_connections
select * from grants where account_id = $1 and connection_id = any($2::uuid[]) order by created_at, grant_id

-- name: set_status
update grants set status = $3, status_reason = $4 where account_id = $1 and grant_id = $2 returning *

-- What the app was asked to call about by it goes with it.
-- name: remove
delete from grants where account_id = $1 and grant_id = $2 returning *

-- name: renew
update grants set sealed = $3, expires_at = $4 where account_id = $1 and grant_id = $2 returning *

-- Whoever refreshes a grant holds this row, so that a refresh token is used once.
-- name: lock
select * from grants where account_id = $1 and grant_id = $2 for update
