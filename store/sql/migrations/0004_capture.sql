-- Capture that misses nothing: full reads by the week, and reading back all that is stored, a share each night.

alter table schedules add column next_full_at timestamptz; -- the first cycle from then on reads everything

alter table packs add column checked_at timestamptz; -- when its every byte was last read and found good

-- When all that an account stores is next verified, a share each night.
create table verification_schedules (
    account_id      uuid primary key references accounts on delete cascade,
    next_at         timestamptz not null
);
create index verification_schedules_due on verification_schedules (next_at);

alter table verification_schedules enable row level security;
alter table verification_schedules force row level security;
create policy one_account on verification_schedules using (
    account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
    or (select current_setting('holdfast.system', true)) = 'on');
