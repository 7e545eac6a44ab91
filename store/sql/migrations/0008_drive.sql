-- Google Drive: where an account's readable copy goes, and what was sent there. Names and content are hashed under the
-- account's hash key, so that neither can be read or guessed here.

create table drive_destinations (
    destination_id  uuid primary key,
    account_id      uuid not null unique references accounts on delete cascade,
    subject         text not null,               -- Google's id of the person
    sealed_name     bytea not null,              -- their address, under the account's credential key
    sealed          bytea not null,              -- credentials, likewise
    status          text not null default 'working' check (status in ('working', 'parked', 'lost')),
    status_reason   text,
    parked_until    timestamptz,
    repairs         boolean not null default false, -- whether what people changed in the copy is put back
    after_backup    boolean not null default true,
    only_connections uuid[],                     -- null: all of them
    change_token    text,                        -- where Drive's changes feed was read up to; null: list everything
    listed_at       timestamptz,                 -- when everything was last listed
    created_at      timestamptz not null default now()
);

-- Which snapshot of a connection the copy shows.
create table drive_positions (
    account_id      uuid not null references accounts on delete cascade,
    destination_id  uuid not null references drive_destinations on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    seq             bigint not null,
    layout          integer not null,            -- of the renderer: another one renders everything again
    synced_at       timestamptz not null,
    primary key (destination_id, connection_id)
);

-- One file or folder each: what was sent, and what Drive was last seen to have.
create table drive_links (
    account_id      uuid not null references accounts on delete cascade,
    destination_id  uuid not null references drive_destinations on delete cascade,
    key             bytea not null,              -- a hash of what it is the copy of; also in the file's appProperties
    role            text not null check (role in ('root', 'app', 'workspace', 'files', 'records', 'sheet', 'file', 'readme')),
    connection_id   uuid,
    workspace_id    text collate "C",
    file_id         text,                        -- null: a sheet that was asked for, whose id nobody has told us yet
    is_made         boolean not null,            -- false: asked for, and the answer did not come yet
    parent_id       text,                        -- as sent, and so on
    name_hash       bytea,
    source          bytea,                       -- a hash of what the content was made of
    content_hash    bytea,                       -- a hash of the content's SHA-256
    ending_hash     bytea,                       -- of content that is being sent: it may have arrived
    version         bigint,                      -- of a sheet, after our last write
    is_unsure       boolean not null default false, -- it holds what it should not, or cells are being written
    columns         jsonb,                       -- of a sheet, in their order for all time
    sheet_id        integer,                     -- of a sheet's first tab, once it was asked for
    sealed_session  bytea,                       -- an open upload session's address, sealed: whoever has it can write
    session_source  bytea,
    session_at      timestamptz,
    seen_name_hash  bytea,
    seen_parent_id  text,
    seen_bin        text not null default 'out' check (seen_bin in ('out', 'in', 'gone')),
    seen_content_hash bytea,
    seen_version    bigint,
    primary key (destination_id, key)
);
create index drive_links_by_file on drive_links (destination_id, file_id);
create index drive_links_of_workspace on drive_links (destination_id, connection_id, workspace_id);

-- The rows of a sheet as they were sent.
create table drive_rows (
    account_id      uuid not null references accounts on delete cascade,
    destination_id  uuid not null,
    key             bytea not null,
    external_id     text collate "C" not null,
    source          bytea not null,              -- a hash of what the row was made of
    digest          bytea,                       -- a hash of its cells; null: not sent yet
    pending         bytea,                       -- of cells that are being sent: they may have arrived
    primary key (destination_id, key, external_id),
    foreign key (destination_id, key) references drive_links on delete cascade
);

create unique index one_drive_sync_of_an_account_at_a_time on operations (account_id)
    where kind = 'drive_sync' and status in ('queued', 'running');

do $$
declare t text;
begin
    foreach t in array array['drive_destinations', 'drive_positions', 'drive_links', 'drive_rows'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
