-- Up to where every witness that is set has cosigned a log's published head.
alter table logs add column witnessed_size bigint not null default 0;
