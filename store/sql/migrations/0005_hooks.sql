-- Where apps call about changes, what they called about, and which workspaces the next cycle looks at first.

create table hooks (
    hook_id         uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    workspace_id    text collate "C" not null,
    grant_id        uuid not null references grants on delete cascade,
    base_url        text not null,               -- where it was registered, without the secret end of the path
    path_sha256     bytea not null unique,       -- of that end, which the app alone knows
    status          text not null default 'asked' check (status in ('asked', 'listening', 'refused')),
    status_reason   text,
    external_ids    text[] not null default '{}', -- the app's ids of it; none before it has answered
    asked_at        timestamptz not null default now(),
    listening_since timestamptz,
    heard_at        timestamptz,                 -- when it last called
    unique (connection_id, workspace_id)
);

create table hook_deliveries (                   -- for some days, so that one that comes twice counts once
    account_id      uuid not null references accounts on delete cascade,
    hook_id         uuid not null references hooks on delete cascade,
    delivery_id     text collate "C" not null,
    heard_at        timestamptz not null default now(),
    primary key (hook_id, delivery_id)
);

-- A workspace has one mark, whose number rises with every call. A cycle takes it away that read the workspace after
-- the call; by number, because clocks jump.
create sequence mark_numbers;
create table marks (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    workspace_id    text collate "C" not null,
    mark_no         bigint not null default nextval('mark_numbers'),
    marked_at       timestamptz not null default now(),
    primary key (connection_id, workspace_id)
);

do $$
declare t text;
begin
    foreach t in array array['hooks', 'hook_deliveries', 'marks'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
