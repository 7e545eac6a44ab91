-- Workspaces: the units of scope that the grants of a connection have seen.

-- One that is seen again is reachable again.
-- name: put
insert into workspaces
    (account_id, connection_id, workspace_id, kind, parent_workspace_id, sealed_name, in_scope)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (connection_id, workspace_id) do update set
    kind = excluded.kind,
    parent_workspace_id = excluded.parent_workspace_id,
    sealed_name = excluded.sealed_name,
    in_scope = excluded.in_scope,
    reachable = true,
    last_seen_at = now()
where workspaces.account_id = excluded.account_id

-- name: rename
update workspaces set sealed_name = $4 where account_id = $1 and connection_id = $2 and workspace_id = $3

-- name: set_unreachable
update workspaces set reachable = false
where account_id = $1 and connection_id = $2 and last_seen_at < $3

-- name: every
select * from workspaces where account_id = $1 order by connection_id, workspace_id

-- name: some
select workspaces.* from workspaces
join unnest($2::uuid[], $3::text[]) as wanted (connection_id, workspace_id) using (connection_id, workspace_id)
where account_id = $1

-- name: page
select * from workspaces
where account_id = $1 and connection_id = $2
  and ($3::boolean is null or in_scope = $3)
  and ($6::boolean is null or reachable = $6)
  and ($4::text is null or workspace_id > $4)
order by workspace_id
limit $5

-- name: page_back
select * from workspaces
where account_id = $1 and connection_id = $2
  and ($3::boolean is null or in_scope = $3)
  and ($6::boolean is null or reachable = $6)
  and ($4::text is null or workspace_id < $4)
order by workspace_id desc
limit $5

-- name: count
select count(*) from (
    select from workspaces
    where account_id = $1 and connection_id = $2 and ($3::boolean is null or in_scope = $3)
      and ($5::boolean is null or reachable = $5)
    limit $4
) as capped
