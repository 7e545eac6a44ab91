-- Living records are listed and counted from the trees, so that only ended versions need an index by workspace.

drop index versions_of_workspace;
create index ended_versions_of_workspace on versions (connection_id, workspace_id, kind, external_id)
    where to_seq is not null;

-- What the last snapshot has in the scopes that a cycle has read completely: what of it was not read is deleted.
create unlogged table staged_held (
    operation_id    uuid not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null
);
create index staged_held_of_operation on staged_held (operation_id);
