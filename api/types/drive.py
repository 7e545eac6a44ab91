"""Drive: where an account's readable copy lies, and which snapshots it shows."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.types.node import Node
from api.types.operation import DriveSyncOperation, drive_sync_of
from store import drive, drive_links, operations
from store.drive import DriveStatus as StoredStatus
from store.drive_links import Role
from store.keys import AccountKeys

Lazy = strawberry.lazy


@strawberry.enum(description="Whether the copy in Google Drive is kept up to date.")
class DriveStatus(Enum):
    """`store.drive.DriveStatus`, described."""

    WORKING = strawberry.enum_value(StoredStatus.WORKING, description="It is.")
    PARKED = strawberry.enum_value(
        StoredStatus.PARKED,
        description="Google takes nothing more for now, because the Drive is full for instance: see `statusReason`.",
    )
    LOST = strawberry.enum_value(
        StoredStatus.LOST, description="The grant no longer works: its owner has to connect again with `driveConnect`."
    )


@strawberry.type(description="One connection, as the copy in Google Drive shows it.")
class DriveCopy:
    """A row of `drive_positions`."""

    row: strawberry.Private[drive.Position]
    synced_at: datetime = strawberry.field(description="When the copy came to show this snapshot.")

    @strawberry.field(description="The connection.", extensions=[Scoped(Scope.CONNECTION_READ)])
    async def connection(self, info: Info) -> Annotated["ConnectedApp", Lazy("api.types.connection")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        row = await info.context.loaders.connection.load(self.row.connection_id)
        return ConnectedApp.of(row) if row else None

    @strawberry.field(description="The snapshot that it shows.", extensions=[Scoped(Scope.SNAPSHOT_READ)])
    async def snapshot(self, info: Info) -> Annotated["Snapshot", Lazy("api.types.snapshot")] | None:  # type: ignore[name-defined]  # noqa: F821
        """By its number within the connection."""
        from api.types.snapshot import Snapshot  # noqa: PLC0415 - it needs this module
        from store import snapshots  # noqa: PLC0415 - likewise

        async with info.context.session() as connection:
            found = await snapshots.by_seqs(connection, self.row.connection_id, [self.row.seq])
        return Snapshot.of(found[self.row.seq]) if self.row.seq in found else None


@strawberry.type(
    description=(
        "The account's copy in somebody's Google Drive: readable without Holdfast, never read back by it. See "
        "docs/drive.md."
    )
)
class DriveDestination(Node):
    """A row of `drive_destinations`."""

    row: strawberry.Private[drive.DriveDestination]
    email: str = strawberry.field(description="Whose Drive it is.")
    status: DriveStatus = strawberry.field(description="Whether the copy is kept up to date.")
    status_reason: str | None = strawberry.field(description="Why it is not, and what to do; null while it is.")
    parked_until: datetime | None = strawberry.field(
        description="While it is parked: when it is tried again by itself."
    )
    repairs: bool = strawberry.field(
        description="Whether what people change in the copy is put back; else it is reported and left alone."
    )
    after_backup: bool = strawberry.field(description="Whether every backup is followed by a sync.")
    created_at: datetime = strawberry.field(description="When it was connected.")

    @classmethod
    def of(cls, row: drive.DriveDestination, keys: AccountKeys) -> Self:
        """Show a destination."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.DRIVE, row.destination_id)),
            row=row,
            email=row.name(keys),
            status=DriveStatus(row.status),
            status_reason=row.status_reason,
            parked_until=row.parked_until,
            repairs=row.repairs,
            after_backup=row.after_backup,
            created_at=row.created_at,
        )

    @strawberry.field(
        description="The connections that are copied; null: all of them.", extensions=[Scoped(Scope.CONNECTION_READ)]
    )
    async def only_connections(
        self, info: Info
    ) -> list[Annotated["ConnectedApp", Lazy("api.types.connection")]] | None:  # type: ignore[name-defined]  # noqa: F821
        """Few: all of them at once. One that is gone meanwhile is left out."""
        from api.types.connection import ConnectedApp  # noqa: PLC0415 - it needs this module

        if self.row.only_connections is None:
            return None
        rows = await info.context.loaders.connection.load_many(sorted(self.row.only_connections))
        return [ConnectedApp.of(row) for row in rows if row]

    @strawberry.field(description="What the copy shows, one entry for each connection that was ever copied.")
    async def copies(self, info: Info) -> list[DriveCopy]:
        """As many as there are connections."""
        async with info.context.session() as connection:
            found = await drive.positions(connection, self.row.destination_id)
        return [DriveCopy(row=row, synced_at=row.synced_at) for row in found.values()]

    @strawberry.field(description="How many files lie in the copy; folders are not counted.")
    async def file_count(self, info: Info) -> int:
        """By what was sent."""
        async with info.context.session() as connection:
            counts = await drive_links.count(connection, self.row.destination_id)
        return sum(links for role, links in counts.items() if not Role(role).is_folder)

    @strawberry.field(description="Where to open the copy in a browser; null before the first sync.")
    async def folder_url(self, info: Info) -> str | None:
        """The root folder's address."""
        async with info.context.session() as connection:
            file_id = await drive_links.root_id(connection, self.row.destination_id)
        return None if file_id is None else f"https://drive.google.com/drive/folders/{file_id}"

    @strawberry.field(
        description="The sync that is queued or running, if any.", extensions=[Scoped(Scope.OPERATION_READ)]
    )
    async def sync(self, info: Info) -> DriveSyncOperation | None:
        """There is at most one."""
        async with info.context.session() as connection:
            row = await operations.active_drive_sync(connection, info.context.account_id)
        return None if row is None else drive_sync_of(row)
