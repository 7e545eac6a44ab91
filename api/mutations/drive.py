"""Mutations of the copy in Google Drive."""

from typing import Annotated

import strawberry

from api import driving, ids
from api.auth import Scope, Scoped
from api.context import Info
from api.driving import DriveWish, NotSetUp
from api.mutations.drive_types import (
    DriveConnectErrorCode,
    DriveConnectInput,
    DriveConnectPayload,
    DriveConnectUserError,
    DriveDisconnectErrorCode,
    DriveDisconnectInput,
    DriveDisconnectPayload,
    DriveDisconnectUserError,
    DriveSyncStartErrorCode,
    DriveSyncStartInput,
    DriveSyncStartPayload,
    DriveSyncStartUserError,
    DriveUpdateErrorCode,
    DriveUpdateInput,
    DriveUpdatePayload,
    DriveUpdateUserError,
)
from api.types.drive import DriveDestination
from api.types.operation import drive_sync_of
from store import connected_apps, drive, idempotency, operations
from store.drive import DriveStatus
from store.errors import Conflict, NotFound
from store.record import ConnectionId
from workers.queue import start_drive_sync

_KEY_LENGTH = 200
_MUTATION = "driveSyncStart"
_NO_DRIVE = "No Google Drive is connected."


@strawberry.type
class DriveMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description=(
            "Begin to connect a Google Drive, in which a readable copy of the backups is kept: send the person to "
            "`authorizeUrl`. Connecting the same person again mends a lost grant; another person's Drive replaces the "
            "one before, whose files stay where they are."
        ),
        extensions=[Scoped(Scope.DRIVE_WRITE)],
    )
    async def drive_connect(
        self,
        info: Info,
        input: Annotated[DriveConnectInput, strawberry.argument(description="How the copy is to be kept.")],  # noqa: A002 - GraphQL's convention
    ) -> DriveConnectPayload:
        """Nothing is kept before the person has come back."""
        try:
            only = await _connections(info, input.only_connections)
        except NotFound:
            return _not_connected(
                "onlyConnections", DriveConnectErrorCode.CONNECTION_NOT_FOUND, "There is no such connection."
            )
        wish = DriveWish(repairs=input.repairs, after_backup=input.after_backup, only_connections=only)
        try:
            url = await driving.begin(info.context.services, info.context.account_id, wish)
        except NotSetUp as error:
            return _not_connected(None, DriveConnectErrorCode.NOT_SET_UP, str(error))
        return DriveConnectPayload(authorize_url=url)

    @strawberry.mutation(
        description="Change how the copy in Google Drive is kept; what is left out stays.",
        extensions=[Scoped(Scope.DRIVE_WRITE)],
    )
    async def drive_update(
        self,
        info: Info,
        input: Annotated[DriveUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002 - GraphQL's convention
    ) -> DriveUpdatePayload:
        """What was copied of a connection that is taken out stays in the Drive as it is."""
        keys = await info.context.keys()
        try:
            only = await _connections(info, input.only_connections) if input.only_connections is not None else None
        except NotFound:
            return _not_updated(
                "onlyConnections", DriveUpdateErrorCode.CONNECTION_NOT_FOUND, "There is no such connection."
            )
        async with info.context.session() as connection:
            try:
                row = await drive.get(connection, info.context.account_id)
            except NotFound:
                return _not_updated(None, DriveUpdateErrorCode.NOT_CONNECTED, _NO_DRIVE)
            kept = None if row.only_connections is None else sorted(row.only_connections)
            if only is None and not input.all_connections:
                only = kept
            row = await drive.set_settings(
                connection,
                row,
                repairs=row.repairs if input.repairs is None else input.repairs,
                after_backup=row.after_backup if input.after_backup is None else input.after_backup,
                only_connections=only,
            )
        return DriveUpdatePayload(drive=DriveDestination.of(row, keys))

    @strawberry.mutation(
        description=(
            "Bring the copy in Google Drive to the newest snapshots now. Returns at once; follow the operation."
        ),
        extensions=[Scoped(Scope.DRIVE_WRITE)],
    )
    async def drive_sync_start(
        self,
        info: Info,
        input: Annotated[DriveSyncStartInput, strawberry.argument(description="The sync to start.")],  # noqa: A002 - GraphQL's convention
    ) -> DriveSyncStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        if not 1 <= len(input.idempotency_key) <= _KEY_LENGTH:
            return _not_started("idempotencyKey", DriveSyncStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        payload = await _start(info, input)
        if payload.operation is not None and not payload.user_errors:
            await info.context.services.wake(payload.operation.row.operation_id)
        return payload

    @strawberry.mutation(
        description=(
            "Stop keeping a copy in Google Drive and give the grant back. The files that were copied stay where they "
            "are, and are the person's own."
        ),
        extensions=[Scoped(Scope.DRIVE_WRITE)],
    )
    async def drive_disconnect(
        self,
        info: Info,
        input: Annotated[DriveDisconnectInput, strawberry.argument(description="Which Drive.")],  # noqa: A002 - GraphQL's convention
    ) -> DriveDisconnectPayload:
        """A sync that runs ends with an error at its next step."""
        async with info.context.session() as connection:
            row = await drive.find(connection, info.context.account_id)
            if row is None or ids.encode(ids.Prefix.DRIVE, row.destination_id) != input.id:
                error = DriveDisconnectUserError(
                    field=["input", "id"], message=_NO_DRIVE, code=DriveDisconnectErrorCode.NOT_CONNECTED
                )
                return DriveDisconnectPayload(user_errors=[error])
            active = await operations.active_drive_sync(connection, info.context.account_id)
            if active is not None:
                await operations.request_cancel(connection, info.context.account_id, active.operation_id)
        await driving.disconnect(info.context.services, info.context.account_id)
        return DriveDisconnectPayload(disconnected_id=input.id)


async def _start(info: Info, given: DriveSyncStartInput) -> DriveSyncStartPayload:
    viewer = info.context.require(Scope.DRIVE_WRITE)
    named = (viewer.account_id, _MUTATION, given.idempotency_key)
    async with info.context.session() as connection:
        row = await drive.find(connection, viewer.account_id)
        if row is None:
            return _not_started(None, DriveSyncStartErrorCode.NOT_CONNECTED, _NO_DRIVE)
        if row.status is DriveStatus.LOST:
            return _not_started(
                None, DriveSyncStartErrorCode.GRANT_LOST, row.status_reason or "Connect Google Drive again."
            )
        try:
            answered = await idempotency.claim(connection, *named, [given.repair])
        except Conflict:
            return _not_started(
                "idempotencyKey", DriveSyncStartErrorCode.IDEMPOTENCY_KEY_REUSED, "This key was used with other input."
            )
        if answered is not None and answered.operation_id is not None:
            again = await operations.get(connection, viewer.account_id, answered.operation_id)
            return DriveSyncStartPayload(operation=drive_sync_of(again))
        try:
            operation = await start_drive_sync(
                connection, account_id=viewer.account_id, created_by=viewer.member_id, repair=given.repair
            )
        except Conflict:
            await idempotency.forget(connection, *named)
            running = await operations.active_drive_sync(connection, viewer.account_id)
            payload = _not_started(None, DriveSyncStartErrorCode.ALREADY_RUNNING, "A sync is queued or running.")
            payload.operation = drive_sync_of(running) if running else None
            return payload
        await idempotency.settle(connection, *named, operation_id=operation.operation_id)
    return DriveSyncStartPayload(operation=drive_sync_of(operation))


async def _connections(info: Info, given: list[strawberry.ID] | None) -> list[ConnectionId] | None:
    """Read ids of connections; NotFound when one is none of this account's."""
    if given is None:
        return None
    try:
        wanted = [ConnectionId(ids.decode(each, ids.Prefix.CONNECTION)) for each in given]
    except ids.InvalidId:
        raise NotFound("not the id of a connection") from None
    async with info.context.session() as connection:
        found = await connected_apps.some(connection, info.context.account_id, wanted)
    if set(found) != set(wanted):
        raise NotFound("not a connection of this account")
    return wanted


def _not_connected(field: str | None, code: DriveConnectErrorCode, message: str) -> DriveConnectPayload:
    where = None if field is None else ["input", field]
    return DriveConnectPayload(user_errors=[DriveConnectUserError(field=where, message=message, code=code)])


def _not_updated(field: str | None, code: DriveUpdateErrorCode, message: str) -> DriveUpdatePayload:
    where = None if field is None else ["input", field]
    return DriveUpdatePayload(user_errors=[DriveUpdateUserError(field=where, message=message, code=code)])


def _not_started(field: str | None, code: DriveSyncStartErrorCode, message: str) -> DriveSyncStartPayload:
    where = None if field is None else ["input", field]
    return DriveSyncStartPayload(user_errors=[DriveSyncStartUserError(field=where, message=message, code=code)])
