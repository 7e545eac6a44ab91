-- Exports: the layouts of archives.

-- name: put
insert into exports (operation_id, account_id, connection_id, seq, sealed_layout, finished_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (operation_id) do update set sealed_layout = excluded.sealed_layout, finished_at = excluded.finished_at

-- name: get
select * from exports where account_id = $1 and operation_id = $2

-- name: forget
delete from exports where account_id = $1 and operation_id = $2
