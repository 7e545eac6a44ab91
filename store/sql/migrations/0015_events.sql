-- What happened that somebody may want to be told of, where an account is told, and each telling on its way.

create table events (
    event_id        uuid primary key,            -- made of what happened, so that nothing happens twice
    account_id      uuid not null references accounts on delete cascade,
    kind            text not null,
    connection_id   uuid,                        -- nothing refers to it: events outlive connections
    data            jsonb not null,
    occurred_at     timestamptz not null default now()
);
create index events_of_account on events (account_id, occurred_at desc, event_id desc);

create table destinations (
    destination_id  uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    channel         text not null check (channel in ('email', 'webhook')),
    sealed          bytea not null,              -- address and signing secrets
    kinds           text[],                      -- which events; null: all that are alerts
    is_paused       boolean not null default false,
    failing_since   timestamptz,                 -- null: what was sent last arrived
    reason          text,                        -- why it fails
    arrived_at      timestamptz,                 -- when something last arrived
    created_at      timestamptz not null default now()
);
create index destinations_of_account on destinations (account_id, created_at, destination_id);

create table deliveries (
    delivery_id     uuid primary key,
    account_id      uuid not null references accounts on delete cascade,
    event_id        uuid not null references events on delete cascade,
    destination_id  uuid not null references destinations on delete cascade,
    status          text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
    is_urgent       boolean not null default false, -- somebody asked for it, and waits: no digest gathers it
    attempts        integer not null default 0,
    next_at         timestamptz not null default now(),
    reason          text,                        -- why the last attempt did not succeed
    created_at      timestamptz not null default now(),
    delivered_at    timestamptz,
    unique (event_id, destination_id)
);
create index deliveries_waiting on deliveries (next_at) where status = 'waiting';
create index deliveries_of_destination on deliveries (destination_id, created_at desc, delivery_id desc);

-- Operations and connections are looked at once for what is to be told of them, in the transaction that tells it. What
-- had ended before anybody could be told is not told now.
alter table operations add column noticed_at timestamptz;
select set_config('holdfast.system', 'on', true);
update operations set noticed_at = now() where finished_at is not null;
create index operations_to_notice on operations (finished_at) where noticed_at is null and finished_at is not null;
alter table connections add column noticed_reason text; -- the trouble that was told last; null: none
create sequence trouble_numbers;

do $$
declare t text;
begin
    foreach t in array array['events', 'destinations', 'deliveries'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($p$create policy one_account on %I using (
            account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
            or (select current_setting('holdfast.system', true)) = 'on')$p$, t);
    end loop;
end $$;
