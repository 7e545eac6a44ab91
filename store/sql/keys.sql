-- Account keys, wrapped by a master key.

-- name: wrapped_keys
select wrapped from account_keys where account_id = $1

-- name: wrapped_keys_locked
select wrapped from account_keys where account_id = $1 for update

-- name: insert_wrapped_keys
insert into account_keys (account_id, master_key_id, wrapped) values ($1, $2, $3)
on conflict do nothing
returning account_id

-- name: wrapped_otherwise
select account_id from account_keys where master_key_id <> $1 order by account_id

-- name: wrapped_now
select account_id from account_keys where master_key_id = $1 order by account_id

-- name: update_wrapped_keys
update account_keys set master_key_id = $2, wrapped = $3, wrapped_at = now() where account_id = $1

-- name: delete_wrapped_keys
delete from account_keys where account_id = $1
