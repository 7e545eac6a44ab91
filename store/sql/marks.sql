-- Marks: workspaces to be read in the next cycle, because something said that they changed.

-- name: put
insert into marks (account_id, connection_id, workspace_id)
select $1, $2, workspace_id from unnest($3::text[]) as given (workspace_id)
order by workspace_id
on conflict (connection_id, workspace_id) do update set mark_no = nextval('mark_numbers'), marked_at = now()
returning workspace_id, mark_no

-- name: of_connection
select workspace_id, mark_no from marks where account_id = $1 and connection_id = $2

-- name: take
delete from marks using unnest($3::text[], $4::bigint[]) as heeded (workspace_id, mark_no)
where account_id = $1 and connection_id = $2
  and marks.workspace_id = heeded.workspace_id and marks.mark_no <= heeded.mark_no

-- name: drop
delete from marks where account_id = $1 and connection_id = $2 and workspace_id = any($3::text[])
