-- A sheet's first tab, so that it need not be asked for before every write.

alter table drive_links add column sheet_id integer;
