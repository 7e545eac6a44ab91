-- The log of each account: what happened, in order, under a head that is signed.

create table logs (
    account_id      uuid primary key references accounts on delete cascade,
    origin          text not null unique,        -- the log's name, and the name of its keys
    size            bigint not null,             -- entries sequenced; counts before any of them is signed
    signed_size     bigint not null default 0,   -- entries that the last checkpoint covers
    signed_root     bytea,
    checkpoint      bytea,                       -- the note, kept before anybody sees it
    published_size  bigint not null default 0,   -- entries that the checkpoint in the bucket covers
    check (published_size <= signed_size and signed_size <= size)
);
create index logs_unpublished on logs (account_id) where published_size < size;

create table log_keys (
    account_id      uuid not null references logs on delete cascade,
    vkey            text not null,               -- <name>+<key ID>+<public key>
    sealed          bytea not null,              -- the seed, under the account's credential key
    created_at      timestamptz not null default now(),
    retired_at      timestamptz,                 -- null: signs
    primary key (account_id, vkey)
);

create table log_entries (
    account_id      uuid not null references logs on delete cascade,
    entry_no        bigint not null,             -- 0, 1, 2 ...
    kind            text not null,
    snapshot_id     uuid,                        -- of a snapshot's entry; nothing refers to it: entries outlive rows
    entry           bytea not null,              -- canonical JSON
    primary key (account_id, entry_no)
);
create unique index log_entry_of_snapshot on log_entries (snapshot_id) where snapshot_id is not null;

-- Roots of perfect subtrees: level 0 are the leaves. A row never changes.
create table log_hashes (
    account_id      uuid not null references logs on delete cascade,
    level           smallint not null,
    number          bigint not null,
    hash            bytea not null,
    primary key (account_id, level, number)
);

do $$
declare t text;
begin
    foreach t in array array['logs', 'log_keys', 'log_entries', 'log_hashes'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
