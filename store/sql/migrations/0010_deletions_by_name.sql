-- Deletions that a connector names itself, where it knows which records went and cannot list every one that stayed.

create unlogged table staged_subtrees (          -- of these records all below is staged; `gone`: they are deleted there
    operation_id    uuid not null,
    ordinal         bigint not null,
    workspace_id    text collate "C" not null,
    kind            text collate "C" not null,
    external_id     text collate "C" not null,
    below           text[] not null,             -- the kinds that this speaks of, at any depth
    gone            boolean not null
);
create index staged_subtrees_of_operation on staged_subtrees (operation_id);
