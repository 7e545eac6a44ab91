-- Restores: what was planned, how far each step came, what it made of what, and how it compares afterwards.

alter table operations add column paused boolean not null default false; -- nobody claims it while it is

-- One restore at a time writes into a connection, so that no two write the same workspace.
create unique index one_restore_into_a_connection_at_a_time on operations (connection_id)
    where kind = 'restore' and status in ('queued', 'running');

create table restore_plans (
    plan_id         uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    operation_id    uuid not null,               -- that made it
    source_connection_id uuid not null,
    seq             bigint not null,             -- the snapshot it restores from
    target_connection_id uuid not null,
    asked           jsonb not null,              -- what it is to restore, and where to: ids and a mode
    digest          bytea not null,              -- SHA-256 over its canonical form: whoever starts it names it by this
    summary         jsonb not null,              -- counts, calls, seconds
    made_at         timestamptz not null default now(),
    restore_operation_id uuid,                   -- that carries it out
    checked_at      timestamptz,                 -- when the target was found as it was planned for, before the first write
    stale           jsonb,                       -- what had changed, where it was not: [[kind, id], ...]
    finished_at     timestamptz                  -- when it was read back, compared and logged
);
create unique index restore_plan_of_operation on restore_plans (operation_id);
create index restore_plans_by_digest on restore_plans (account_id, digest);

-- A step, its journal, and what came of its record. Ids and names of fields; never content.
create table restore_steps (
    plan_id         uuid not null references restore_plans on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    ordinal         integer not null,
    phase           smallint not null,
    lane            text not null,
    action          text not null,               -- create, update, unarchive, skip, cannot
    kind            text collate "C" not null,
    workspace_id    text collate "C" not null,
    external_id     text collate "C" not null,
    target_id       text,
    fields          jsonb not null,
    lost            jsonb not null,              -- field -> why
    reason          text,
    calls           integer not null,
    needs           integer[] not null,
    waits           integer[] not null,
    seen            text,
    brought         boolean not null,
    begun_at        timestamptz,                 -- before the call
    ended_at        timestamptz,                 -- after it, in the transaction that keeps what it made
    made_id         text,
    failed          text,
    lost_since      jsonb not null default '{}',
    primary key (plan_id, ordinal)
);

-- What takes the place of each name that the steps meet; null: nothing does.
create table restore_names (
    plan_id         uuid not null references restore_plans on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    kind            text collate "C" not null,
    old             text collate "C" not null,
    new             text,
    primary key (plan_id, kind, old)
);

-- What the target held before the first write: whatever else is there afterwards was made since.
create table restore_known (
    plan_id         uuid not null references restore_plans on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    primary key (plan_id, kind, external_id)
);

-- What restores made of what, for good: later ones find by it what is there already.
create table restored (
    account_id      uuid not null references accounts on delete cascade,
    source_connection_id uuid not null,
    target_connection_id uuid not null,
    kind            text collate "C" not null,   -- of a record, or of a further name of one
    old             text collate "C" not null,
    new             text collate "C" not null,
    plan_id         uuid not null,
    made_at         timestamptz not null default now(),
    primary key (target_connection_id, source_connection_id, kind, old, plan_id)
);
create index restored_of_plan on restored (plan_id);

create table restore_findings (
    plan_id         uuid not null references restore_plans on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    ordinal         integer not null,            -- of the record's first step
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    target_id       text,
    action          text not null,
    result          text not null,               -- equal, lost, wrong, failed, cannot, extra
    equal           integer not null,
    lost            jsonb not null,
    wrong           jsonb not null,
    reason          text,
    primary key (plan_id, ordinal)
);

do $$
declare t text;
begin
    foreach t in array array['restore_plans', 'restore_steps', 'restore_names', 'restore_known', 'restored',
                             'restore_findings'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
