"""Asked: what a restore is to bring back, as of when, and where to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import msgspec

from store.record import ConnectionId, ExternalId, JsonObject, Kind, OperationId, Record, WorkspaceId
from workers.restoring.plan import Key, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One of `records`, `workspaces`, `deleted` and `failed_of` says what.

    `deleted` may be kept to some workspaces, and `failed_of` to some records.
    """

    source_connection_id: ConnectionId
    seq: int
    """The snapshot."""
    target_connection_id: ConnectionId
    mode: Mode
    records: tuple[Key, ...] = ()
    """With all that lies in them."""
    workspaces: tuple[WorkspaceId, ...] = ()
    deleted: bool = False
    """Everything that the snapshot has and the newest one has not."""
    failed_of: OperationId | None = None
    """What a restore that has ended failed to bring back."""
    into: Key | None = None
    """A record of the target, of a kind that holds others: its like in the backup is not made, this takes its place."""
    without: frozenset[Kind] = frozenset()
    """Kinds that are left out."""
    disguised: Mapping[WorkspaceId, Mapping[str, Any]] = field(default_factory=dict)
    """Fields, dotted where nested, that the records of workspaces themselves are made with instead of their own."""

    def encode(self) -> JsonObject:
        """Write it as an operation's arguments."""
        return {
            "source": str(self.source_connection_id),
            "seq": self.seq,
            "target": str(self.target_connection_id),
            "mode": self.mode.value,
            "records": [list(key) for key in self.records],
            "workspaces": list(self.workspaces),
            "deleted": self.deleted,
            "failed_of": str(self.failed_of) if self.failed_of is not None else None,
            "into": list(self.into) if self.into is not None else None,
            "without": sorted(self.without),
            "disguised": {workspace_id: dict(fields) for workspace_id, fields in self.disguised.items()},
        }

    @classmethod
    def decode(cls, value: Mapping[str, Any]) -> Self:
        """Read it back."""
        into, failed_of = value.get("into"), value.get("failed_of")
        return cls(
            source_connection_id=ConnectionId(UUID(value["source"])),
            seq=value["seq"],
            target_connection_id=ConnectionId(UUID(value["target"])),
            mode=Mode(value["mode"]),
            records=tuple((Kind(kind), ExternalId(found)) for kind, found in value["records"]),
            workspaces=tuple(map(WorkspaceId, value["workspaces"])),
            deleted=value["deleted"],
            failed_of=OperationId(UUID(failed_of)) if failed_of else None,
            into=(Kind(into[0]), ExternalId(into[1])) if into else None,
            without=frozenset(map(Kind, value.get("without", ()))),
            disguised={WorkspaceId(found): fields for found, fields in value.get("disguised", {}).items()},
        )

    def disguise(self, record: Record) -> Record:
        """Return a held record as it is to be taken: a drill's workspace says that it is one."""
        fields = self.disguised.get(record.workspace_id, {})
        if not fields or str(record.external_id) != str(record.workspace_id):
            return record
        content = record.content
        for name, value in fields.items():
            content = _with(content, name.split("."), value)
        return msgspec.structs.replace(record, content=content)


def _with(content: JsonObject, path: list[str], value: Any) -> JsonObject:
    inner = content.get(path[0])
    if len(path) == 1:
        return {**content, path[0]: value}
    return {**content, path[0]: _with(inner if isinstance(inner, dict) else {}, path[1:], value)}
