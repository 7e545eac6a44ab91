-- Drive: an account's destination, its positions, and the links between what is held and what lies in Drive.

-- Somebody who connects again replaces the credentials; another person's Drive is another destination.
-- name: put_destination
insert into drive_destinations (destination_id, account_id, subject, sealed_name, sealed)
values ($1, $2, $3, $4, $5)
on conflict (destination_id) do update set
    sealed_name = excluded.sealed_name,
    sealed = excluded.sealed,
    status = 'working',
    status_reason = null,
    parked_until = null,
    change_token = null
where drive_destinations.account_id = excluded.account_id
returning *

-- name: drop_others
delete from drive_destinations where account_id = $1 and destination_id <> $2

-- name: destination
select * from drive_destinations where account_id = $1

-- name: lock_destination
select * from drive_destinations where account_id = $1 and destination_id = $2 for update

-- name: renew
update drive_destinations set sealed = $3 where account_id = $1 and destination_id = $2

-- name: set_status
update drive_destinations set status = $3, status_reason = $4, parked_until = $5
where account_id = $1 and destination_id = $2
returning *

-- name: set_settings
update drive_destinations set repairs = $3, after_backup = $4, only_connections = $5
where account_id = $1 and destination_id = $2
returning *

-- name: set_feed
update drive_destinations set change_token = $3, listed_at = coalesce($4, listed_at)
where account_id = $1 and destination_id = $2

-- name: drop_destination
delete from drive_destinations where account_id = $1 and destination_id = $2

-- Where a sync has something to do: a snapshot that the copy does not show yet, and nothing in the way.
-- name: due
select drive_destinations.account_id
from drive_destinations
where after_backup
  and (status = 'working' or (status = 'parked' and parked_until <= $1))
  and exists (
      select from connections
      join lateral (
          select seq from snapshots where snapshots.connection_id = connections.connection_id order by seq desc limit 1
      ) as newest on true
      left join drive_positions on drive_positions.connection_id = connections.connection_id
          and drive_positions.destination_id = drive_destinations.destination_id
      where connections.account_id = drive_destinations.account_id
        and (only_connections is null or connections.connection_id = any(only_connections))
        and (drive_positions.seq is null or drive_positions.seq < newest.seq)
  )
  and not exists (
      select from operations
      where operations.account_id = drive_destinations.account_id and kind = 'drive_sync'
        and (status in ('queued', 'running') or (status = 'failed' and finished_at > $1 - interval '1 hour'))
  )
limit $2

-- name: positions
select * from drive_positions where destination_id = $1 order by connection_id

-- name: set_position
insert into drive_positions (account_id, destination_id, connection_id, seq, layout, synced_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (destination_id, connection_id) do update set
    seq = excluded.seq, layout = excluded.layout, synced_at = excluded.synced_at

-- name: drop_position
delete from drive_positions where destination_id = $1 and connection_id = $2

-- name: links
select * from drive_links where destination_id = $1 and key = any($2::bytea[])

-- name: links_of_files
select * from drive_links where destination_id = $1 and file_id = any($2::text[])

-- name: links_of_connection
select * from drive_links where destination_id = $1 and connection_id = $2 and role = any($3::text[])

-- name: links_of_workspaces
select * from drive_links where destination_id = $1 and connection_id = $2 and workspace_id = any($3::text[])

-- name: links_page
select * from drive_links where destination_id = $1 and ($2::bytea is null or key > $2) order by key limit $3

-- What the sync has to look at although no record changed: unfinished, or seen otherwise than it was sent.
-- name: unsettled
select distinct connection_id, workspace_id from drive_links
where destination_id = $1 and connection_id is not null
  and (not is_made or is_unsure or session_source is not null
       or seen_bin <> 'out'
       or seen_name_hash is distinct from name_hash
       or seen_parent_id is distinct from parent_id
       or seen_content_hash is distinct from content_hash
       or seen_version is distinct from version)

-- name: put_link
insert into drive_links (account_id, destination_id, key, role, connection_id, workspace_id, file_id, is_made, parent_id,
    name_hash, source, content_hash, ending_hash, version, is_unsure, columns, sealed_session, session_source,
    session_at, seen_name_hash, seen_parent_id, seen_bin, seen_content_hash, seen_version, sheet_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25)
on conflict (destination_id, key) do update set
    role = excluded.role, connection_id = excluded.connection_id, workspace_id = excluded.workspace_id,
    file_id = excluded.file_id, is_made = excluded.is_made, parent_id = excluded.parent_id,
    name_hash = excluded.name_hash, source = excluded.source, content_hash = excluded.content_hash,
    ending_hash = excluded.ending_hash, version = excluded.version, is_unsure = excluded.is_unsure,
    columns = excluded.columns, sealed_session = excluded.sealed_session, session_source = excluded.session_source,
    session_at = excluded.session_at, seen_name_hash = excluded.seen_name_hash,
    seen_parent_id = excluded.seen_parent_id, seen_bin = excluded.seen_bin,
    seen_content_hash = excluded.seen_content_hash, seen_version = excluded.seen_version,
    sheet_id = excluded.sheet_id

-- name: drop_links
delete from drive_links where destination_id = $1 and key = any($2::bytea[])

-- name: count_links
select role, count(*) as links from drive_links where destination_id = $1 and is_made group by role

-- name: root_id
select file_id from drive_links where destination_id = $1 and role = 'root' and is_made and seen_bin <> 'gone'

-- name: rows
select external_id, source, digest, pending from drive_rows where destination_id = $1 and key = $2 order by external_id

-- name: drop_rows
delete from drive_rows where destination_id = $1 and key = $2 and external_id = any($3::text[])

-- name: drop_all_rows
delete from drive_rows where destination_id = $1 and key = $2

-- What is about to be sent: the row is then either as it was or as it will be.
-- name: begin_rows
insert into drive_rows (account_id, destination_id, key, external_id, source, pending)
select $1, $2, $3, external_id, '', digest from unnest($4::text[], $5::bytea[]) as sending (external_id, digest)
on conflict (destination_id, key, external_id) do update set source = '', pending = excluded.pending

-- name: put_rows
insert into drive_rows (account_id, destination_id, key, external_id, source, digest)
select $1, $2, $3, * from unnest($4::text[], $5::bytea[], $6::bytea[])
on conflict (destination_id, key, external_id) do update set
    source = excluded.source, digest = excluded.digest, pending = null

-- The workspaces in which anything differs between two snapshots.
-- name: changed_workspaces
select distinct workspace_id from versions
where connection_id = $1 and ((from_seq > $2 and from_seq <= $3) or (to_seq > $2 and to_seq <= $3))

-- name: workspaces
select * from workspaces where account_id = $1 and connection_id = $2
