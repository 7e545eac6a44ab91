"""Live: what a target's workspaces hold now, by a fresh read of the connector's own."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import (
    Anew,
    Connector,
    File,
    FullReason,
    Grant,
    ReadJob,
    Records,
    Scope,
    Warned,
    WarningCode,
    Workspace,
)
from store.record import FILE_KIND, ExternalId, Record, WorkspaceId
from workers.restoring.plan import Key

_HOLES = frozenset(
    {WarningCode.BAD_RECORD, WarningCode.CAP_MET, WarningCode.FORBIDDEN, WarningCode.UNSTABLE, WarningCode.GRANT_LOST}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What was read. Held in memory, so asked of the workspaces that a restore concerns and no others."""

    records: Mapping[Key, Record]
    """A file is one too, with content `{"name", "mediaType", "bytes", "revision"}`."""
    files: Mapping[ExternalId, File]
    workspaces: Mapping[WorkspaceId, Workspace]
    """All that there are, whether read or not."""
    read: frozenset[WorkspaceId]
    warnings: Sequence[Warned] = ()
    """What the read could not see: it may be there all the same."""


@dataclass(slots=True, kw_only=True)
class _Gathered:
    records: dict[Key, Record] = field(default_factory=dict)
    files: dict[ExternalId, File] = field(default_factory=dict)
    workspaces: dict[WorkspaceId, Workspace] = field(default_factory=dict)
    warnings: list[Warned] = field(default_factory=list)


async def read_live(
    connector: Connector, grants: Sequence[Grant], wanted: Collection[WorkspaceId], now: datetime
) -> Live:
    """Read these workspaces whole, and the names of all others. Raises ConnectorError."""
    listed = _Gathered()
    await _read(connector, _job(grants, Scope(included=frozenset()), now), listed)
    there = frozenset(wanted) & listed.workspaces.keys()
    if there:
        scope = Scope(included=there, excluded=_inside(listed.workspaces, there))
        await _read(connector, _job(grants, scope, now), listed)
    for file in listed.files.values():
        record = _as_record(file)
        listed.records[record.kind, record.external_id] = record
    return Live(
        records=listed.records,
        files=listed.files,
        workspaces=listed.workspaces,
        read=there | {WorkspaceId("")},
        warnings=tuple(warning for warning in dict.fromkeys(listed.warnings) if warning.code in _HOLES),
    )


async def _read(connector: Connector, job: ReadJob, found: _Gathered) -> None:
    async with aclosing(connector.read(job)) as items:
        async for item in items:
            match item:
                case Workspace():
                    found.workspaces[item.workspace_id] = item
                case Records(records=records):
                    found.records.update({(record.kind, record.external_id): record for record in records})
                case File():
                    found.files[item.external_id] = item
                case Anew(workspace_ids=anew):
                    _forget(found, anew)
                case Warned():
                    found.warnings.append(item)
                case _:
                    continue


def _inside(workspaces: Mapping[WorkspaceId, Workspace], wanted: frozenset[WorkspaceId]) -> frozenset[WorkspaceId]:
    """Name what lies in a wanted workspace, would be read with it, and is not wanted itself."""
    found: set[WorkspaceId] = set()
    for workspace_id in workspaces.keys() - wanted:
        above = workspaces[workspace_id].parent_workspace_id
        while above is not None and above not in wanted:
            above = workspaces[above].parent_workspace_id if above in workspaces else None
        if above is not None:
            found.add(workspace_id)
    return frozenset(found)


def _forget(found: _Gathered, anew: frozenset[WorkspaceId]) -> None:
    found.records = {key: record for key, record in found.records.items() if record.workspace_id not in anew}
    found.files = {key: file for key, file in found.files.items() if file.workspace_id not in anew}


def _job(grants: Sequence[Grant], scope: Scope, now: datetime) -> ReadJob:
    return ReadJob(grants=grants, scope=scope, state={}, cursor=None, full=FullReason.ASKED, now=now)


def _as_record(file: File) -> Record:
    content = {
        "name": file.name,
        "mediaType": file.media_type,
        "bytes": file.size_bytes,
        "revision": file.revision,
    }
    return Record(
        workspace_id=file.workspace_id,
        kind=FILE_KIND,
        external_id=file.external_id,
        content=content,
        parent=file.parent,
    )
