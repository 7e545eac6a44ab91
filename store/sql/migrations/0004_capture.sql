-- Capture that misses nothing: full reads by the week, calls from apps, and reading back all that is stored.

alter table schedules add column next_full_at timestamptz; -- the first cycle from then on reads everything

alter table packs add column checked_at timestamptz; -- when its every byte was last read and found good

-- When all that an account stores is next verified, a share each night.
create table verification_schedules (
    account_id      uuid primary key references accounts on delete cascade,
    next_at         timestamptz not null
);
create index verification_schedules_due on verification_schedules (next_at);

-- Where an app calls us: one address a grant. Its id is a capability, long and random, and is still not trusted alone.
create table hooks (
    hook_id         uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    grant_id        uuid not null unique references grants on delete cascade,
    callback_url    text not null,               -- as the app knows it: part of what is signed
    created_at      timestamptz not null default now(),
    heard_at        timestamptz                  -- the last call whose signature was good
);

-- What each address is registered for at the app.
create table hook_targets (
    hook_id         uuid not null references hooks on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    workspace_id    text collate "C" not null,
    external_id     text not null,               -- the app's id of the registration
    registered_at   timestamptz not null default now(),
    primary key (hook_id, workspace_id)
);

-- Calls that were taken, for as long as an app may send one again.
create table hook_calls (
    hook_id         uuid not null references hooks on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    call_id         text collate "C" not null,
    received_at     timestamptz not null default now(),
    primary key (hook_id, call_id)
);
create index hook_calls_by_time on hook_calls (hook_id, received_at);

-- Workspaces to look into in the next cycle. A mark is a hint: it makes a cycle read more, never less.
create table dirty_workspaces (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    workspace_id    text collate "C" not null,
    reason          text not null,
    marked_at       timestamptz not null default now(),
    primary key (connection_id, workspace_id)
);

do $$
declare t text;
begin
    foreach t in array array['verification_schedules', 'hooks', 'hook_targets', 'hook_calls', 'dirty_workspaces'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
