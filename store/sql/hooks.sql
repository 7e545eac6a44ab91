-- Hooks: where apps call about changes, and the calls that came.

-- name: by_path
select * from hooks where path_sha256 = $1

-- name: known_paths
select path_sha256 from hooks where path_sha256 = any($1::bytea[])

-- name: of_connection
select * from hooks where account_id = $1 and connection_id = $2 order by workspace_id

-- name: of_workspaces
select hooks.* from hooks
join unnest($2::uuid[], $3::text[]) as wanted (connection_id, workspace_id) using (connection_id, workspace_id)
where account_id = $1

-- Asking again takes the place of what was asked before: the app is told of a new path.
-- name: ask
insert into hooks (hook_id, account_id, connection_id, workspace_id, grant_id, base_url, path_sha256)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (connection_id, workspace_id) do update set
    grant_id = excluded.grant_id,
    base_url = excluded.base_url,
    path_sha256 = excluded.path_sha256,
    status = 'asked',
    status_reason = null,
    external_ids = '{}',
    asked_at = now(),
    listening_since = null
where hooks.account_id = excluded.account_id
returning *

-- name: set_listening
update hooks set status = 'listening', status_reason = null, external_ids = $3, listening_since = now()
where account_id = $1 and hook_id = $2

-- It calls no longer: asked anew like one that never did.
-- name: set_lost
update hooks set status = 'asked', external_ids = '{}', listening_since = null
where account_id = $1 and hook_id = any($2::uuid[])

-- name: set_refused
update hooks set status = 'refused', status_reason = $3 where account_id = $1 and hook_id = $2

-- Of connections that are not backed up by themselves any more.
-- name: of_paused
select hooks.* from hooks join connections using (connection_id)
where connections.status = 'paused'
order by connection_id
limit $1

-- name: remove
delete from hooks where account_id = $1 and hook_id = $2

-- A delivery that was heard before changes nothing. Marks are put in one order, so that two calls never wait for each
-- other; on what is known and in scope only, whatever the call names.
-- name: hear
with heard as (
    insert into hook_deliveries (account_id, hook_id, delivery_id) values ($1, $2, $3)
    on conflict do nothing
    returning hook_id
), noted as (
    update hooks set heard_at = now() from heard where hooks.hook_id = heard.hook_id
), marked as (
    insert into marks (account_id, connection_id, workspace_id)
    select $1, $4, workspace_id from workspaces, heard
    where connection_id = $4 and workspace_id = any($5::text[]) and in_scope
    order by workspace_id
    on conflict (connection_id, workspace_id) do update set
        mark_no = nextval('mark_numbers'), marked_at = now()
)
select count(*) from heard

-- name: forget_deliveries
delete from hook_deliveries using hooks
where hooks.hook_id = hook_deliveries.hook_id and hooks.account_id = $1 and hooks.connection_id = $2
  and hook_deliveries.heard_at < now() - $3::interval
