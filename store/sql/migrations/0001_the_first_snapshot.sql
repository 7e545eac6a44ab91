-- Accounts and what they hold: connections, operations, packs, chunks, tree nodes, snapshots, versions.
--
-- Names follow the nouns of the product. Text that is compared or sorted is COLLATE "C", so that Postgres and the
-- tree agree on order whatever the server's locale. Every table of an account has row-level security: a session
-- sees the account it declared (`holdfast.account`) or, for the scheduler and sign-in alone, all (`holdfast.system`).

create table accounts (
    account_id      uuid primary key,
    name            text not null,
    time_zone       text not null,               -- IANA name
    created_at      timestamptz not null default now()
);

create table account_keys (
    account_id      uuid primary key references accounts on delete cascade,
    master_key_id   text not null,               -- which master key wrapped it
    wrapped         bytea not null,              -- the account's keys, sealed under the master key
    wrapped_at      timestamptz not null default now()
);

create table members (
    member_id       uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    email           text not null,
    name            text not null,
    role            text not null check (role in ('owner', 'operator', 'viewer', 'auditor')),
    created_at      timestamptz not null default now(),
    unique (account_id, email)
);

create table api_tokens (
    token_id        uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    member_id       uuid not null references members on delete cascade,
    name            text not null,
    token_sha256    bytea not null unique,       -- the token itself is never stored
    scopes          text[] not null,
    created_at      timestamptz not null default now(),
    expires_at      timestamptz,
    revoked_at      timestamptz
);

create table connections (
    connection_id   uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    app             text not null,
    name            text not null,
    status          text not null default 'active' check (status in ('active', 'needs_attention', 'paused')),
    status_reason   text,
    scope           jsonb not null default '{}', -- {"included": [...] | absent, "excluded": [...]}
    created_at      timestamptz not null default now()
);
create index connections_of_account on connections (account_id, created_at, connection_id);

create table grants (
    grant_id        uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    method          text not null,
    subject         text not null,               -- the app's id of the person
    sealed_name     bytea not null,
    sealed          bytea not null,              -- credentials, under the account's credential key
    status          text not null default 'working' check (status in ('working', 'lost')),
    status_reason   text,
    expires_at      timestamptz,
    created_at      timestamptz not null default now(),
    unique (connection_id, subject)
);

create table oauth_flows (
    state_sha256    bytea primary key,
    account_id      uuid not null references accounts on delete cascade,
    app             text not null,
    sealed          bytea not null,              -- PKCE verifier, redirect address, connection to widen
    expires_at      timestamptz not null
);

-- Long work. The row is the truth; a broker message only carries the wake-up.
create table operations (
    operation_id    uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid references connections on delete cascade,
    kind            text not null,               -- backup, verification, restore, drive_sync, export
    status          text not null default 'queued'
                    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    arguments       jsonb not null default '{}',
    progress        jsonb not null default '{}', -- {"done": n, "total": n, "note": text, counters...}
    warnings        jsonb not null default '[]', -- [{"code", "where", "message"}], capped; warning_count is not
    warning_count   integer not null default 0,
    error_code      text,
    error_message   text,
    result          jsonb,
    cancel_requested boolean not null default false,
    attempt         integer not null default 0,
    lease_owner     text,
    lease_until     timestamptz,
    run_after       timestamptz not null default now(),
    created_by      uuid,
    created_at      timestamptz not null default now(),
    started_at      timestamptz,
    finished_at     timestamptz,
    updated_at      timestamptz not null default now()
);
create index operations_of_account on operations (account_id, created_at desc, operation_id desc);
create index operations_waiting on operations (run_after) where status in ('queued', 'running');
create unique index one_backup_of_a_connection_at_a_time on operations (connection_id)
    where kind = 'backup' and status in ('queued', 'running');

create table idempotency (
    account_id      uuid not null references accounts on delete cascade,
    mutation        text not null,
    key             text not null,
    variables_sha256 bytea not null,
    operation_id    uuid,
    payload         jsonb,
    created_at      timestamptz not null default now(),
    primary key (account_id, mutation, key)
);

create table schedules (
    connection_id   uuid primary key references connections on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    next_at         timestamptz not null,
    last_started_at timestamptz
);
create index schedules_due on schedules (next_at);

create table workspaces (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    parent_workspace_id text collate "C",
    sealed_name     bytea not null,
    in_scope        boolean not null,
    reachable       boolean not null default true,
    first_seen_at   timestamptz not null default now(),
    last_seen_at    timestamptz not null default now(),
    primary key (connection_id, workspace_id)
);

-- Content. A chunk may lie in more than one pack (two writers at once); any copy will do.
create table packs (
    pack_no         bigint generated always as identity primary key,
    account_id      uuid not null references accounts on delete cascade,
    pack_id         bytea not null,              -- SHA-256 of the object in the bucket, and its name
    salt            bytea not null,              -- of the pack's key; as in its header, so that a read is one request
    size_bytes      bigint not null,
    chunk_count     integer not null,
    created_at      timestamptz not null default now(),
    unique (account_id, pack_id)
);

create table chunks (
    account_id      uuid not null,
    chunk_id        bytea not null,
    pack_no         bigint not null,
    block_no        integer not null,            -- which sealed block of the pack
    block_offset    bigint not null,             -- where the sealed block starts in the object
    block_size      integer not null,            -- its sealed length
    chunk_offset    integer not null,            -- where the chunk starts in the opened block
    chunk_size      integer not null,            -- plain length
    codec           smallint not null,           -- 0 stored, 1 zstd, 2 zstd with dictionary
    dictionary_pack_no bigint,                   -- codec 2: the block whose plain bytes are the dictionary
    dictionary_block_no integer,
    primary key (account_id, chunk_id, pack_no)
);

-- One block per (connection, kind) whose plain bytes serve as the zstd dictionary of later small blocks.
create table dictionaries (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    kind            text collate "C" not null,
    pack_no         bigint not null,
    block_no        integer not null,
    block_offset    bigint not null,
    block_size      integer not null,
    primary key (connection_id, kind)
);

create table nodes (
    account_id      uuid not null,
    node_id         bytea not null,
    level           smallint not null,
    body            bytea not null,              -- up to the leaf hashes
    leaf_hashes     bytea,                       -- the rest of a leaf; null above: the audit root needs no more
    primary key (account_id, node_id)
) with (toast_tuple_target = 8160);
alter table nodes alter column body set storage external; -- hashes do not compress; whole rows read faster
alter table nodes alter column leaf_hashes set storage external;

create table snapshots (
    snapshot_id     uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    seq             bigint not null,             -- 1, 2, 3 ... within the connection
    operation_id    uuid not null,
    started_at      timestamptz not null,
    finished_at     timestamptz not null,        -- the moment the snapshot speaks for
    tree_root       bytea,                       -- null: no records
    record_count    bigint not null,
    audit_root      bytea not null,
    objects_root    bytea not null,
    object_count    bigint not null,
    added           bigint not null,
    edited          bigint not null,
    moved           bigint not null,
    deleted         bigint not null,
    stored_bytes    bigint not null,             -- new bytes in packs
    manifest        bytea not null,              -- canonical JSON
    manifest_id     bytea not null,              -- SHA-256 of the sealed manifest as it lies in the bucket
    connector_state jsonb not null,              -- where the next cycle starts from
    unique (connection_id, seq)
);
create index snapshots_by_time on snapshots (connection_id, finished_at);

-- How many living records of a connection need each pack. Kept by commit; the objects root is over packs with live > 0.
create table pack_uses (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    pack_no         bigint not null,
    live            bigint not null,
    primary key (connection_id, pack_no)
);

-- Every state of every record: content_id from snapshot from_seq up to, not including, to_seq (null: still so).
-- Derived: the trees say the same, and so do the journals in the bucket.
create table versions (
    account_id      uuid not null,
    connection_id   uuid not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    from_seq        bigint not null,
    to_seq          bigint,
    change          text not null,               -- added, edited, moved; a row whose to_seq has no successor was deleted
    workspace_id    text collate "C" not null,
    parent_kind     text collate "C",
    parent_id       text collate "C",
    content_id      bytea not null,
    size_bytes      integer not null,
    pack_no         bigint not null,             -- the pack its content lies in
    other_pack_nos  bigint[],                    -- that of its block's dictionary, those of a file's chunks; null: none
    changed_at      timestamptz,                 -- the app's word
    changed_by      text,
    primary key (connection_id, kind, external_id, from_seq)
);
create index versions_of_workspace on versions (connection_id, workspace_id, kind, external_id);
create index versions_of_parent on versions (connection_id, parent_id); -- so narrow that equal keys share an entry

-- What a running cycle has read. Not logged: after a crash of Postgres it is empty, and so is the cursor beside it,
-- so the cycle starts again. No row-level security (COPY does not work under it): ids and hashes only, always
-- addressed by operation.
create unlogged table staged (
    operation_id    uuid not null,
    ordinal         bigint not null,             -- later wins
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    parent_kind     text collate "C",
    parent_id       text collate "C",
    content_id      bytea not null,
    leaf_hash       bytea not null,
    size_bytes      integer not null,
    pack_no         bigint,                      -- null with an empty content id: seen, and kept as it is held
    other_pack_nos  bigint[],
    changed_at      timestamptz,
    changed_by      text
);
create index staged_of_operation on staged (operation_id);

create unlogged table staged_scopes (            -- what was listed completely, or is gone (kind null: whole workspace)
    operation_id    uuid not null,
    ordinal         bigint not null,
    workspace_id    text collate "C" not null,
    kind            text collate "C"
);
create index staged_scopes_of_operation on staged_scopes (operation_id);

create unlogged table staged_changes (           -- how a finished reading differs from what is held
    operation_id    uuid not null,
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    parent_kind     text collate "C",
    parent_id       text collate "C",
    content_id      bytea,
    leaf_hash       bytea,
    size_bytes      integer,
    pack_no         bigint,
    other_pack_nos  bigint[],
    changed_at      timestamptz,
    changed_by      text,
    change          text not null,               -- added, edited, moved, deleted
    held_workspace_id text collate "C",
    held_from_seq   bigint,
    held_pack_no    bigint,
    held_other_pack_nos bigint[]
);
create index staged_changes_of_operation on staged_changes (operation_id);

-- Operations whose every staged row is a change as it stands: an addition to a connection that holds nothing yet.
-- Comparing and copying a first snapshot's rows would only make the same rows again.
create unlogged table staged_additions (
    operation_id    uuid primary key
);

create view changes as
select * from staged_changes
union all
select operation_id, workspace_id, kind, external_id, parent_kind, parent_id, content_id, leaf_hash, size_bytes,
       pack_no, other_pack_nos, changed_at, changed_by, 'added', null, null, null, null
from staged
where content_id <> ''::bytea
  and exists (select from staged_additions where staged_additions.operation_id = staged.operation_id);

create unlogged table staged_cursors (
    operation_id    uuid primary key,
    cursor          jsonb not null,
    ledger          jsonb not null,
    ordinal         bigint not null
);

do $$
declare t text;
begin
    foreach t in array array['accounts', 'account_keys', 'members', 'api_tokens', 'connections', 'grants', 'oauth_flows',
                             'operations', 'idempotency', 'schedules', 'workspaces', 'packs', 'chunks', 'dictionaries',
                             'nodes', 'snapshots', 'pack_uses', 'versions'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
