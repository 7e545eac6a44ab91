-- Idempotency keys: a mutation's first answer, kept for a day.

-- Whoever inserts first runs; a second caller waits for the first one's transaction, then reads its row.
-- name: claim
insert into idempotency (account_id, mutation, key, variables_sha256) values ($1, $2, $3, $4)
on conflict (account_id, mutation, key) do update set
    variables_sha256 = excluded.variables_sha256, operation_id = null, payload = null, created_at = now()
where idempotency.created_at < now() - interval '24 hours'
returning key

-- name: get
select variables_sha256, operation_id, payload from idempotency
where account_id = $1 and mutation = $2 and key = $3

-- name: settle
update idempotency set operation_id = $4, payload = $5 where account_id = $1 and mutation = $2 and key = $3

-- name: forget
delete from idempotency where account_id = $1 and mutation = $2 and key = $3
