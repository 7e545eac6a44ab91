-- Of a connection or destination newer than the planner's statistics, Postgres concludes that it has no rows: then every
-- index that begins with it looks as cheap as the one of the whole key, and where it takes another, each lookup reads
-- all that the connection has. Without statistics of these columns it assumes a two-hundredth of the table instead, of
-- each alike, and the whole key is always cheaper. Naming the type again forgets the statistics that are there.

alter table versions alter column connection_id type uuid;
alter table versions alter column connection_id set statistics 0;

alter table drive_links alter column destination_id type uuid;
alter table drive_links alter column destination_id set statistics 0;
