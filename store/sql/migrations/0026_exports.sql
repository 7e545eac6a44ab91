-- Exports: what an archive is made of, so that it can be streamed from any byte on. Names in it are sealed.

create table exports (
    operation_id    uuid primary key references operations on delete cascade,
    account_id      uuid not null references accounts on delete cascade,
    connection_id   uuid not null,
    seq             bigint not null,             -- the snapshot
    sealed_layout   bytea not null,              -- under the account's keys
    finished_at     timestamptz                  -- null: the layout is still being made
);

alter table exports enable row level security;
alter table exports force row level security;
create policy one_account on exports using (
    account_id = (select nullif(current_setting('holdfast.account', true), '')::uuid)
    or (select current_setting('holdfast.system', true)) = 'on');
