-- Rebuild: what the bucket says, before it is told from the rest what it means.

-- name: begin
create unlogged table if not exists rebuild_chunks (
    account_id      uuid not null,
    prefix          bytea not null,              -- the first half of the chunk's id: all that a footer tells
    pack_no         bigint not null,
    block_no        integer not null,
    block_offset    bigint not null,
    block_size      integer not null,
    chunk_offset    integer not null,
    chunk_size      integer not null,
    codec           smallint not null,
    dictionary_pack_id bytea,
    dictionary_block_no integer
);
create unlogged table if not exists rebuild_entries (
    operation_id    uuid not null,
    seq             bigint not null,
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    parent_kind     text collate "C",
    parent_id       text collate "C",
    content_prefix  bytea not null,              -- empty: the record is gone
    size_bytes      integer,
    changed_at      timestamptz,
    changed_by      text
);
truncate rebuild_chunks, rebuild_entries

-- name: index
create index if not exists rebuild_chunks_by_prefix on rebuild_chunks (account_id, prefix)

-- name: end
drop table if exists rebuild_chunks, rebuild_entries

-- name: has_accounts
select exists (select from accounts)

-- name: has_account
select exists (select from accounts where account_id = $1)

-- name: is_whole
-- An account that has its log back is whole: that comes last.
select exists (select from logs where account_id = $1) from accounts where account_id = $1

-- name: drop_account
-- What hangs on the account goes with it; these do not.
with accounts_gone as (delete from accounts where account_id = $1),
     chunks_gone as (delete from chunks where account_id = $1),
     nodes_gone as (delete from nodes where account_id = $1)
delete from versions where account_id = $1

-- name: insert_pack
insert into packs (account_id, pack_id, salt, size_bytes, chunk_count) values ($1, $2, $3, $4, $5) returning pack_no

-- name: candidates
-- Where chunks lie that begin like this and are as long; a size of null asks for no length.
select wanted.ordinal, held.prefix, held.pack_no, p.pack_id, p.salt, held.block_no, held.block_offset, held.block_size,
       held.chunk_offset, held.chunk_size, d.pack_no as dictionary_pack_no, held.dictionary_pack_id,
       d.salt as dictionary_salt, held.dictionary_block_no
from unnest($2::bytea[], $3::bytea[], $4::integer[]) with ordinality as wanted (low, high, size_bytes, ordinal)
cross join lateral (
    select * from rebuild_chunks
    where account_id = $1 and prefix between wanted.low and wanted.high
      and (wanted.size_bytes is null or chunk_size = wanted.size_bytes)
    offset 0
) as held
join packs p on p.pack_no = held.pack_no
left join packs d on d.account_id = $1 and d.pack_id = held.dictionary_pack_id
order by wanted.ordinal, held.pack_no

-- name: keep_chunks
insert into chunks (account_id, chunk_id, pack_no, block_no, block_offset, block_size, chunk_offset, chunk_size, codec,
                    dictionary_pack_no, dictionary_block_no)
select $1, wanted.chunk_id, held.pack_no, held.block_no, held.block_offset, held.block_size, held.chunk_offset,
       held.chunk_size, held.codec, d.pack_no, held.dictionary_block_no
from unnest($2::bytea[]) as wanted (chunk_id)
join rebuild_chunks held on held.account_id = $1 and held.prefix = substring(wanted.chunk_id for 16)
left join packs d on d.account_id = $1 and d.pack_id = held.dictionary_pack_id
on conflict do nothing

-- name: untold_blocks
-- Blocks with chunks whose whole ids nothing has told: what failed cycles left, and what expired.
select distinct on (held.pack_no, held.block_no)
       held.pack_no, p.pack_id, p.salt, held.block_no, held.block_offset, held.block_size,
       d.pack_no as dictionary_pack_no, held.dictionary_pack_id, d.salt as dictionary_salt, held.dictionary_block_no
from rebuild_chunks held
join packs p on p.pack_no = held.pack_no
left join packs d on d.account_id = $1 and d.pack_id = held.dictionary_pack_id
where held.account_id = $1 and (held.pack_no, held.block_no) > ($2, $3)
  and not exists (
      select from chunks
      where chunks.account_id = $1 and chunks.pack_no = held.pack_no and chunks.block_no = held.block_no
        and chunks.chunk_offset = held.chunk_offset
  )
order by held.pack_no, held.block_no
limit $4

-- name: chunks_of_block
select prefix, chunk_offset, chunk_size from rebuild_chunks
where account_id = $1 and pack_no = $2 and block_no = $3
order by chunk_offset

-- name: clear_entries
delete from rebuild_entries where operation_id = $1

-- name: last_entries
-- What the journals of one step come to: the last word on each record. What left a place came to another.
select * from (
    select distinct on (kind, external_id) * from rebuild_entries
    where operation_id = $1
    order by kind, external_id, seq desc, content_prefix = ''::bytea
) as told
order by workspace_id, kind, external_id

-- name: hold_against
-- What each staged row changes of what is held; one that changes nothing goes.
update staged_changes set
    held_workspace_id = held.workspace_id, held_from_seq = held.from_seq, held_pack_no = held.pack_no,
    held_other_pack_nos = held.other_pack_nos,
    change = case when staged_changes.change = 'deleted' then 'deleted'
                  when held.workspace_id <> staged_changes.workspace_id then 'moved' else 'edited' end
from versions as held
where operation_id = $1 and held.connection_id = $2 and held.kind = staged_changes.kind
  and held.external_id = staged_changes.external_id and held.to_seq is null

-- name: drop_unchanged
delete from staged_changes as staged using versions as held
where operation_id = $1 and held.connection_id = $2 and held.kind = staged.kind
  and held.external_id = staged.external_id and held.to_seq is null and staged.change = 'edited'
  and held.content_id = staged.content_id
  and (held.parent_kind, held.parent_id) is not distinct from (staged.parent_kind, staged.parent_id)

-- name: drop_never_held
delete from staged_changes where operation_id = $1 and change = 'deleted' and held_from_seq is null

-- name: pin_packs
-- A snapshot was signed with packs that nothing else tells it needs: a dictionary that its blocks could have used.
insert into pack_uses as held (account_id, connection_id, pack_no, live)
select $1, $2, pack_no, 1 from packs where account_id = $1 and pack_id = any($3::bytea[])
on conflict (connection_id, pack_no) do update set live = held.live + 1

-- name: dictionaries
insert into dictionaries (account_id, connection_id, kind, pack_no, block_no, block_offset, block_size)
select distinct on (versions.kind) $1, $2, versions.kind, held.pack_no, held.block_no, held.block_offset,
       held.block_size
from versions
join chunks on chunks.account_id = $1 and chunks.chunk_id = versions.content_id and chunks.dictionary_pack_no is not null
join rebuild_chunks held on held.account_id = $1 and held.pack_no = chunks.dictionary_pack_no
    and held.block_no = chunks.dictionary_block_no
where versions.connection_id = $2
order by versions.kind, versions.from_seq desc
on conflict do nothing

-- name: insert_log
insert into logs (account_id, origin, size, signed_size, signed_root, checkpoint, published_size)
values ($1, $2, $3, $3, $4, $5, $3)

-- name: insert_log_key
insert into log_keys (account_id, vkey, sealed, created_at, retired_at) values ($1, $2, $3, $4, $5)

-- name: insert_log_entries
insert into log_entries (account_id, entry_no, kind, snapshot_id, entry)
select $1, * from unnest($2::bigint[], $3::text[], $4::uuid[], $5::bytea[])

-- name: insert_expired
insert into expired_snapshots (account_id, connection_id, seq, snapshot_id, finished_at, manifest_id, journal, expired_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: insert_erasure
insert into erasures (erasure_id, account_id, sealed_request, created_at, erased_at) values ($1, $2, $3, $4, $4)
on conflict do nothing

-- name: insert_tombstone
insert into tombstones (account_id, connection_id, workspace_id, kind, external_id, content_id, commitment,
                        revision_mac, erasure_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: insert_replaced
insert into replaced_packs (account_id, connection_id, old_pack_id, new_pack_id) values ($1, $2, $3, $4)

-- name: counts
select (select count(*) from versions where account_id = $1) as versions,
       (select count(*) from chunks where account_id = $1) as chunks
