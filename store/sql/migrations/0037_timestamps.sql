-- Up to where a log's published head has been time-stamped, where an authority is set.
alter table logs add column stamped_size bigint not null default 0;
