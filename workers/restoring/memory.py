"""Memory: a target that is no app: what a drill restores into where nothing may be written to the real one.

It keeps what it is told to make as it is told, under ids of its own. So it shows that everything can be read, planned,
put in order and told apart by name, file by file; what the app itself would make of it, it cannot show.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

import msgspec

from connectors.base import (
    AppSpec,
    Complete,
    File,
    Grant,
    Identity,
    Item,
    ReadJob,
    Records,
    State,
    Workspace,
)
from connectors.errors import Gone, Refused
from connectors.writing import AppWriting, Change, Creation, FileContent, KindWriting, Made
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId

_OURS = "memory-"
GRANT = Grant(grant_id="memory", method="none", credentials={})


@dataclass(slots=True, kw_only=True)
class Memory:
    """A `WritingConnector` over a dictionary. For one event loop."""

    spec: AppSpec
    writing: AppWriting
    _records: dict[tuple[Kind, ExternalId], Record] = field(default_factory=dict)
    _files: dict[ExternalId, FileContent] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def like(cls, spec: AppSpec, writing: AppWriting) -> "Memory":
        """Take what the app takes, in the form that it is planned in."""
        rules = tuple(_as_planned(rules) for rules in writing.kinds)
        return cls(spec=spec, writing=replace(writing, kinds=rules, replay_seconds=0.0))

    async def identify(self, grant: Grant) -> Identity:
        """Nobody in particular."""
        return Identity(subject=grant.grant_id, name="a drill")

    async def read(self, job: ReadJob) -> AsyncGenerator[Item, None]:
        """Give everything that lies in the workspaces asked for."""
        kinds = self.spec.kinds
        roots = [record for key, record in self._records.items() if kinds[key[0]].is_workspace]
        for root in roots:
            yield Workspace(
                workspace_id=root.workspace_id,
                kind=root.kind,
                name=root.external_id,
                parent_workspace_id=None,
                in_scope=job.scope.takes(root.workspace_id),
            )
        for root in roots:
            if not job.scope.takes(root.workspace_id):
                continue
            for record in self._records.values():
                if record.workspace_id == root.workspace_id:
                    yield Records(records=(record,))
                    if record.external_id in self._files:
                        yield self._file(record)
            yield Complete(workspace_id=root.workspace_id, kinds=frozenset(kinds))
        yield State(state={})

    def writer(self, grant: Grant) -> "Memory":
        """Write here."""
        del grant
        return self

    async def create(self, creation: Creation) -> Made:
        """Keep a record, and its file to be read again."""
        made = ExternalId(f"{_OURS}{creation.kind}-{next(self._numbers)}")
        workspace_id = creation.workspace_id or WorkspaceId(made)
        self._records[creation.kind, made] = Record(
            workspace_id=workspace_id,
            kind=creation.kind,
            external_id=made,
            content=creation.content,
            parent=creation.parent,
        )
        if creation.file is not None:
            self._files[made] = creation.file
        return Made(workspace_id=workspace_id, external_id=made, content=creation.content)

    async def update(self, change: Change) -> Made:
        """Keep a record as it is now."""
        found = self._records.get((change.kind, change.external_id))
        if found is None:
            raise Gone(f"there is no {change.kind} {change.external_id}")
        changed = msgspec.structs.replace(found, content=change.content)
        self._records[change.kind, change.external_id] = changed
        return Made(workspace_id=found.workspace_id, external_id=found.external_id, content=change.content)

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Forget a workspace."""
        self._records = {key: found for key, found in self._records.items() if found.workspace_id != workspace_id}

    def authorize_url(self, **_: object) -> str:
        """Nobody authorises a drill."""
        raise Refused("nobody authorises a drill")

    async def exchange(self, **_: str) -> Mapping[str, str]:
        """Nobody authorises a drill."""
        raise Refused("nobody authorises a drill")

    async def refresh(self, grant: Grant) -> Mapping[str, str] | None:
        """There is nothing to renew."""
        del grant
        return None

    async def aclose(self) -> None:
        """Nothing is open."""

    def _file(self, record: Record) -> File:
        kept = self._files[record.external_id]

        @asynccontextmanager
        async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
            yield kept.open()

        return File(
            workspace_id=record.workspace_id,
            external_id=record.external_id,
            parent=ParentRef(kind=record.kind, external_id=record.external_id),
            name=kept.name,
            media_type=kept.media_type,
            size_bytes=kept.size_bytes,
            revision=record.external_id,
            open=opened,
        )


def _as_planned(rules: KindWriting) -> KindWriting:
    """Let what is kept here be looked at as it is: it was told in the form that it is compared in."""

    def view(record: Record) -> JsonObject:
        return record.content if record.external_id.startswith(_OURS) else rules.view(record)

    # Names of a record's own parts come about where the app makes them; here they stay.
    kept = tuple(reference for reference in rules.references if not reference.own)
    return replace(rules, view=view, references=kept)
