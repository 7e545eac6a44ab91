"""Operation: long work, with its progress, its warnings and how it ended."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.scalars import BigInt
from api.types.node import Node
from store import operations
from store.checks.fault import Depth
from store.operations import OperationStatus as StoredStatus
from store.record import ConnectionId, ExternalId, JsonObject, Kind, SnapshotId
from workers.mass import What

Lazy = strawberry.lazy


@strawberry.enum(description="Where an operation stands.")
class OperationStatus(Enum):
    """`store.operations.OperationStatus`, described."""

    QUEUED = strawberry.enum_value(StoredStatus.QUEUED, description="It waits for a worker, or to be tried again.")
    RUNNING = strawberry.enum_value(StoredStatus.RUNNING, description="A worker is at it.")
    SUCCEEDED = strawberry.enum_value(StoredStatus.SUCCEEDED, description="It is done.")
    FAILED = strawberry.enum_value(StoredStatus.FAILED, description="It ended without being done; `failure` says why.")
    CANCELLED = strawberry.enum_value(StoredStatus.CANCELLED, description="It was stopped because somebody asked.")


@strawberry.type(description="How far an operation is.")
class OperationProgress:
    """The `progress` column."""

    done: int | None = strawberry.field(description="How many steps are done; null while that is not known.")
    total: int | None = strawberry.field(description="How many steps there are; null while that is not known.")
    note: str | None = strawberry.field(description="What it is at, for people.")
    records: BigInt = strawberry.field(description="How many records were read so far.")
    files: BigInt = strawberry.field(description="How many files were read so far.")
    bytes: BigInt = strawberry.field(description="How many bytes of files were read so far.")

    @classmethod
    def of(cls, progress: JsonObject) -> Self:
        """Read what a worker wrote."""
        return cls(
            done=progress.get("done"),
            total=progress.get("total"),
            note=progress.get("note"),
            records=BigInt(progress.get("records", 0)),
            files=BigInt(progress.get("files", 0)),
            bytes=BigInt(progress.get("bytes", 0)),
        )


@strawberry.type(description="Something that was not captured, or not surely.")
class CaptureWarning:
    """One entry of `warnings`, or of a manifest's."""

    code: str = strawberry.field(description="What kind of thing: `FORBIDDEN`, `CAP_MET`, `FILE_FAILED`.")
    where: str = strawberry.field(description="Where, in ids of the app; never content.")
    message: str = strawberry.field(description="What happened, in a sentence.")

    @classmethod
    def of(cls, warning: JsonObject) -> Self:
        """Read one."""
        return cls(
            code=str(warning.get("code", "")),
            where=str(warning.get("where", "")),
            message=str(warning.get("message", "")),
        )


@strawberry.type(description="Why an operation failed, or why its last attempt did not succeed.")
class OperationFailure:
    """The error columns."""

    code: str = strawberry.field(description="What kind of fault.")
    message: str = strawberry.field(description="What happened and what to do about it.")


@strawberry.interface(description="Long work. Follow it with the subscription `operationUpdated`.")
class Operation(Node):
    """A row of `operations`."""

    row: strawberry.Private[operations.Operation]
    status: OperationStatus = strawberry.field(description="Where it stands.")
    progress: OperationProgress = strawberry.field(description="How far it is.")
    warnings: list[CaptureWarning] = strawberry.field(description="Its first hundred warnings.")
    warning_count: int = strawberry.field(description="How many warnings there are in all.")
    failure: OperationFailure | None = strawberry.field(
        description="Why it failed or, while it is queued again, why the last attempt did not succeed."
    )
    cancel_requested: bool = strawberry.field(description="Whether somebody asked it to stop.")
    attempt: int = strawberry.field(description="How many times a worker took it up.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When a worker first took it up.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    updated_at: datetime = strawberry.field(description="When any of this last changed.")

    @strawberry.field(description="The connection it works on.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def connection(self, info: Info) -> Annotated["ConnectedApp", Lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        if self.row.connection_id is None:
            return None
        row = await info.context.loaders.connection.load(self.row.connection_id)
        return ConnectedApp.of(row) if row else None


@strawberry.enum(description="What a backup found far more of than others of its connection do.")
class MassKind(Enum):
    """`workers.mass.What`, described."""

    CHANGED = strawberry.enum_value(What.CHANGED, description="Records added, edited or moved.")
    DELETED = strawberry.enum_value(What.DELETED, description="Records deleted.")


@strawberry.type(
    description=(
        "That far more changed or was deleted than on other days of the connection: the median of its last days, and "
        "how far they lie from it."
    )
)
class Mass:
    """One entry of a backup's result."""

    what: MassKind = strawberry.field(description="What there was much of.")
    records: BigInt = strawberry.field(description="How many records, in `days`.")
    days: float = strawberry.field(description="In how many days: 1, or more where backups were missed.")
    limit: float = strawberry.field(description="How many a day are told from here on.")
    median: float = strawberry.field(description="How many it was on half of the days before, or more.")
    mad: float = strawberry.field(description="The median of how far those days lie from their median.")
    samples: int = strawberry.field(description="How many days both are of.")
    of: BigInt = strawberry.field(description="How many records there were.")

    @classmethod
    def read(cls, found: JsonObject) -> Self:
        """Read what a worker wrote."""
        return cls(
            what=MassKind(What(found["what"])),
            records=BigInt(found["records"]),
            days=found["days"],
            limit=found["limit"],
            median=found["median"],
            mad=found["mad"],
            samples=found["samples"],
            of=BigInt(found["of"]),
        )


@strawberry.type(description="Something that passed: what was asked of the app was asked again, and answered.")
class Retries:
    """One cause of the progress's `retries`."""

    cause: str = strawberry.field(description="What came instead of an answer: `answered 503`, `lost the connection`.")
    count: int = strawberry.field(description="How often.")


@strawberry.type(description="One backup cycle of one connection.")
class BackupOperation(Operation):
    """An operation of the kind `backup`."""

    full: bool = strawberry.field(description="Whether it was asked to read everything again.")
    mass: list[Mass] = strawberry.field(description="What it found far more of than the days before; mostly empty.")
    retries: list[Retries] = strawberry.field(
        description="What passed and was tried again, the most frequent first. Nothing is missing for it."
    )

    @strawberry.field(
        description="The snapshot it made; null until it succeeds.", extensions=[Scoped(Scope.SNAPSHOT_READ)]
    )
    async def snapshot(self, info: Info) -> Annotated["Snapshot", Lazy("api.types.snapshot")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Found by the id in its result."""
        from api.types.snapshot import Snapshot  # noqa: PLC0415 - it needs this module

        snapshot_id = (self.row.result or {}).get("snapshot_id")
        if snapshot_id is None:
            return None
        row = await info.context.loaders.snapshot.load(SnapshotId(UUID(snapshot_id)))
        return Snapshot.of(row) if row else None


@strawberry.enum(description="How closely a verification looks. Each looks at all that the ones before it do.")
class VerificationDepth(Enum):
    """`store.checks.fault.Depth`, and the nightly share."""

    PRESENCE = strawberry.enum_value(
        Depth.PRESENCE, description="Every object is there, and as long as the index says."
    )
    STRUCTURE = strawberry.enum_value(
        Depth.STRUCTURE, description="Every byte is the one its object is named after; indexes, trees, manifests agree."
    )
    CONTENT = strawberry.enum_value(
        Depth.CONTENT, description="Every chunk, record and file is the one its id and hashes stand for."
    )
    ROLLING = strawberry.enum_value(
        "rolling", description="Every byte of the packs whose turn it is tonight; each has its turn every month."
    )


@strawberry.type(description="One verification of all that the account stores. Its warnings are the faults it found.")
class VerificationOperation(Operation):
    """An operation of the kind `verification`."""

    depth: VerificationDepth = strawberry.field(description="How closely it looks.")


@strawberry.type(
    description=(
        "One sync of the account's copy in Google Drive. Its warnings are what people did to the copy; `records` of "
        "its progress are rows."
    )
)
class DriveSyncOperation(Operation):
    """An operation of the kind `drive_sync`."""

    repair: bool = strawberry.field(description="Whether it was asked to put back what people changed in the copy.")
    made: int = strawberry.field(description="How many files and folders it made.")
    changed: int = strawberry.field(description="How many it renamed, moved or took out of the bin.")
    sent: int = strawberry.field(description="How many files and sheets it sent content to.")
    trashed: int = strawberry.field(description="How many it put into the bin, with all that lies in them.")
    rows: int = strawberry.field(description="How many rows of sheets it wrote.")


@strawberry.type(description="Giving up what no retention keeps, and freeing the space of what nothing needs any more.")
class ExpiryOperation(Operation):
    """An operation of the kind `expiry`."""

    snapshots: BigInt | None = strawberry.field(description="How many snapshots were given up; null until it succeeds.")
    packs: BigInt | None = strawberry.field(description="How many packs were deleted; null until it succeeds.")
    stored_bytes: BigInt | None = strawberry.field(description="How many bytes that freed; null until it succeeds.")


@strawberry.enum(description="What an erasure erases.")
class ErasureScope(Enum):
    """What `arguments` say."""

    ACCOUNT = strawberry.enum_value("account", description="All that the account stored. Only its log stays.")
    RECORDS = strawberry.enum_value("records", description="The content of chosen records, in all their versions.")


@strawberry.type(description="Making stored content unreadable for good. What was proven before stays proven.")
class ErasureOperation(Operation):
    """An operation of the kind `erasure`."""

    scope: ErasureScope = strawberry.field(description="What it erases.")
    dry_run: bool = strawberry.field(description="Whether it only looks what it would erase.")
    records: BigInt | None = strawberry.field(
        description="How many records it erases something of; null until it succeeds, and for an account."
    )
    versions: BigInt | None = strawberry.field(
        description="How many versions it erases; null until it succeeds, and for an account."
    )
    first_records: list[strawberry.ID] = strawberry.field(
        description="Of a dry run: the first hundred records that it would erase something of."
    )
    receipt: str | None = strawberry.field(
        description=(
            "Proof that the log says so, with who did it and why: for `verify disclosure`. Keep it: of an erased "
            "account, nobody can make it again. Null until it succeeds."
        )
    )


def operation_of(row: operations.Operation) -> Operation:
    """Show an operation of any kind."""
    from api.types import export, restore  # noqa: PLC0415 - they need this module

    shown: dict[str, Callable[[operations.Operation], Operation]] = {
        operations.OperationKind.VERIFICATION: verification_of,
        operations.OperationKind.DRIVE_SYNC: drive_sync_of,
        operations.OperationKind.RESTORE_PLAN: restore.plan_operation_of,
        operations.OperationKind.RESTORE: restore.restore_of,
        operations.OperationKind.DRILL: restore.drill_of,
        operations.OperationKind.EXPORT: export.export_of,
        operations.OperationKind.EXPIRY: expiry_of,
        operations.OperationKind.ERASURE: erasure_of,
    }
    return shown.get(row.kind, backup_of)(row)


def verification_of(row: operations.Operation) -> VerificationOperation:
    """Show a verification."""
    asked = row.arguments.get("depth", Depth.STRUCTURE)
    return VerificationOperation(
        depth=next(each for each in VerificationDepth if each.value == asked), **operation_fields(row)
    )


def drive_sync_of(row: operations.Operation) -> DriveSyncOperation:
    """Show a Drive sync; what it did is known once it has succeeded."""
    result = row.result or {}
    return DriveSyncOperation(
        repair=bool(row.arguments.get("repair")),
        made=int(result.get("made", 0)),
        changed=int(result.get("changed", 0)),
        sent=int(result.get("sent", 0)),
        trashed=int(result.get("trashed", 0)),
        rows=int(result.get("rows", 0)),
        **operation_fields(row),
    )


def expiry_of(row: operations.Operation) -> ExpiryOperation:
    """Show an expiry."""
    snapshots, packs, stored_bytes = (
        None if row.result is None else BigInt(row.result[name]) for name in ("snapshots", "packs", "stored_bytes")
    )
    return ExpiryOperation(snapshots=snapshots, packs=packs, stored_bytes=stored_bytes, **operation_fields(row))


def erasure_of(row: operations.Operation) -> ErasureOperation:
    """Show an erasure."""
    result = row.result or {}
    records, versions = (None if name not in result else BigInt(result[name]) for name in ("records", "versions"))
    return ErasureOperation(
        scope=ErasureScope(row.arguments["scope"]),
        dry_run=row.arguments.get("dry_run", False),
        records=records,
        versions=versions,
        first_records=[_record_id(*named) for named in result.get("first", ())],
        receipt=result.get("receipt"),
        **operation_fields(row),
    )


def _record_id(connection_id: str, kind: str, external_id: str) -> strawberry.ID:
    ref = ids.RecordRef(
        connection_id=ConnectionId(UUID(connection_id)), kind=Kind(kind), external_id=ExternalId(external_id)
    )
    return strawberry.ID(ids.encode_record(ref))


def backup_of(row: operations.Operation) -> BackupOperation:
    """Show a backup."""
    mass = [Mass.read(found) for found in (row.result or {}).get("mass", ())]
    counted = Counter[str](row.progress.get("retries", {}))
    retries = [Retries(cause=cause, count=count) for cause, count in counted.most_common()]
    return BackupOperation(full=bool(row.arguments.get("full")), mass=mass, retries=retries, **operation_fields(row))


def operation_fields(row: operations.Operation) -> dict[str, Any]:
    """Give what operations of all kinds show."""
    return {
        "id": strawberry.ID(ids.encode(ids.Prefix.OPERATION, row.operation_id)),
        "row": row,
        "status": OperationStatus(row.status),
        "progress": OperationProgress.of(row.progress),
        "warnings": [CaptureWarning.of(warning) for warning in row.warnings],
        "warning_count": row.warning_count,
        "failure": OperationFailure(code=row.error_code, message=row.error_message or "") if row.error_code else None,
        "cancel_requested": row.cancel_requested,
        "attempt": row.attempt,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "updated_at": row.updated_at,
    }
