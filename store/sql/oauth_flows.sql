-- OAuth flows: what was begun and is waiting for a person to come back from the app. Only the state's SHA-256 is kept.

-- name: begin
insert into oauth_flows (state_sha256, account_id, app, sealed, expires_at) values ($1, $2, $3, $4, now() + $5::interval)

-- name: find
select account_id from oauth_flows where state_sha256 = $1 and expires_at > now()

-- A flow is finished once.
-- name: finish
delete from oauth_flows
where account_id = $1 and state_sha256 = $2 and expires_at > now()
returning app, sealed

-- name: forget_expired
delete from oauth_flows where expires_at <= now()
