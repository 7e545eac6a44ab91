-- Erasure: of an account, and of chosen records.

alter table accounts add column erasing_at timestamptz; -- from then on nothing is added, and nothing can be opened soon
alter table accounts add column erased_at timestamptz;  -- the name is gone then, too; the row stays for its log

alter table logs add column closed_at timestamptz;      -- no key signs it any more: what it says is its last word

-- Deletes an account's rows from every table, whoever made the table, but for those named: its log, and what says that
-- it was erased. What belongs to an operation goes with it.
create function erase_rows(erased uuid, kept text[], kept_operation uuid) returns void language plpgsql as $$
declare t text;
begin
    for t in
        select c.relname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'operation_id' and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
          and not exists (
              select from pg_attribute b
              where b.attrelid = c.oid and b.attname = 'account_id' and not b.attisdropped
          )
    loop
        execute format(
            'delete from %I where operation_id in (select operation_id from operations where account_id = $1)', t
        ) using erased;
    end loop;
    for t in
        select c.relname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname <> all(kept)
          and c.relname <> 'operations'
    loop
        execute format('delete from %I where account_id = $1', t) using erased;
    end loop;
    delete from operations where account_id = erased and operation_id is distinct from kept_operation;
end $$;

-- Erasures of chosen records: who asked and why lie sealed.
create table erasures (
    erasure_id      uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    sealed_request  bytea not null,
    created_at      timestamptz not null default now(),
    erased_at       timestamptz                  -- null: not yet
);

-- What an erasure erases: of a record, each content that is to go.
create table erasure_targets (
    erasure_id      uuid not null references erasures on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    content_id      bytea not null,
    primary key (erasure_id, connection_id, kind, external_id, content_id)
);

-- What stands for erased content: enough for every old root and proof to stay true, and nothing that tells it. There
-- from when the erasure is prepared; it counts once the erasure has happened.
create table tombstones (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    content_id      bytea not null,
    commitment      bytea not null,              -- of its audit leaf
    revision_mac    bytea,                       -- of a file: its revision, blinded, to tell that it is still the same
    erasure_id      uuid not null references erasures on delete cascade,
    primary key (connection_id, kind, external_id, workspace_id, content_id)
);
create index tombstones_of_content on tombstones (account_id, content_id);

alter table versions add column erasure_id uuid;        -- its content is gone
alter table versions alter column pack_no drop not null; -- and then may lie in no pack at all

do $$
declare t text;
begin
    foreach t in array array['erasures', 'erasure_targets', 'tombstones'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
