-- Packs that stand for others, and when an account's space was last freed.

-- What each connection's newest snapshot was signed with, where other packs stand for that now: until the next one.
create table replaced_packs (
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null references connections on delete cascade,
    old_pack_id     bytea not null,
    new_pack_id     bytea,                       -- null: nothing of it stayed
    primary key (connection_id, old_pack_id)
);

alter table replaced_packs enable row level security;
alter table replaced_packs force row level security;
create policy one_account on replaced_packs using (
    account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
    or (select current_setting('holdfast.system', true)) = 'on');

-- When all that had expired until then was cleared away; null: never. It may be known before a night is.
alter table expiry_schedules add column cleared_at timestamptz;
alter table expiry_schedules alter column next_at drop not null;
