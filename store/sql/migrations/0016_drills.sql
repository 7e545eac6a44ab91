-- Drills: when a sample of each connection is next restored, to see that it can be.

create table drill_schedules (
    connection_id   uuid primary key references connections on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    next_at         timestamptz not null
);
create index drill_schedules_due on drill_schedules (next_at);

alter table drill_schedules enable row level security;
alter table drill_schedules force row level security;
create policy one_account on drill_schedules using (
    account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
    or (select current_setting('holdfast.system', true)) = 'on');
