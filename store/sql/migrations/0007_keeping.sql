-- What is kept, for how long, and what must be: retention, expired snapshots, legal holds, swept packs.

-- How much to keep: of one connection, or of all those of an account that have no row of their own. No row: everything.
create table retentions (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid references connections on delete cascade,
    all_days        integer not null,
    days            integer not null,
    weeks           integer not null,
    months          integer not null,
    years           integer not null,
    set_at          timestamptz not null default now(),
    unique nulls not distinct (account_id, connection_id)
);

-- Snapshots that are given up. Their manifests and journals stay in the bucket, because what changed from the first
-- snapshot on is what all the others can be made of again; what they say of no record's content.
create table expired_snapshots (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    seq             bigint not null,
    snapshot_id     uuid not null,
    finished_at     timestamptz not null,
    manifest_id     bytea not null,
    journal         bytea[] not null,            -- the chunks that say what it changed
    expired_at      timestamptz not null default now(),
    primary key (connection_id, seq)
);

-- Legal holds: while one is not lifted, nothing is taken away. Without a connection: of the whole account.
create table holds (
    hold_id         uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid references connections on delete cascade,
    sealed_reason   bytea not null,
    placed_by       text not null,               -- a member's id, or `command line`
    placed_at       timestamptz not null,
    sealed_lift_reason bytea,
    lifted_by       text,
    lifted_at       timestamptz
);
create index holds_of_account on holds (account_id) where lifted_at is null;

-- Set when a pack's rows are gone and its object is about to be: what a killed sweep left, the next one finishes.
alter table packs add column swept_at timestamptz;
create index packs_swept on packs (account_id) where swept_at is not null;

-- When an account's expired snapshots and unneeded packs are next looked for, each night.
create table expiry_schedules (
    account_id      uuid primary key references accounts on delete cascade,
    next_at         timestamptz not null
);
create index expiry_schedules_due on expiry_schedules (next_at);

do $$
declare t text;
begin
    foreach t in array array['retentions', 'expired_snapshots', 'holds', 'expiry_schedules'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
