"""The mutation that starts an export."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.ids import InvalidId, Prefix
from api.types.export import ExportOperation, export_of
from api.types.user_error import UserError
from store import connected_apps, idempotency, operations, snapshots
from store.database import Connection
from store.errors import Conflict, NotFound
from store.operations import Operation
from store.record import ConnectionId, ExternalId, Kind, SnapshotId, WorkspaceId
from workers.queue import start_export

_KEY_LENGTH = 200
_MUTATION = "exportStart"


@strawberry.input(description="What to export: a whole snapshot, unless `workspaceIds` or `recordIds` say less.")
class ExportStartInput:
    """Of one connection."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    as_of: datetime | None = strawberry.field(
        default=None, description="As the newest snapshot that is not younger than this moment has it."
    )
    snapshot_id: strawberry.ID | None = strawberry.field(
        default=None, description="As this snapshot has it. Left out, with `asOf`: the newest one."
    )
    workspace_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only these workspaces.")
    record_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only these records, with all that lies in them."
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `exportStart`.")
class ExportStartErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is no id of what is asked for there.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such connection or snapshot.")
    TOO_MUCH_ASKED = strawberry.enum_value("TOO_MUCH_ASKED", description="Give workspaces or records, not both.")
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `exportStart`.")
class ExportStartUserError(UserError):
    """See the code."""

    code: ExportStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `exportStart` did.")
class ExportStartPayload:
    """The operation, or errors."""

    operation: ExportOperation | None = strawberry.field(default=None, description="The export: follow it to its url.")
    user_errors: list[ExportStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


class _Wrong(Exception):  # noqa: N818 - says what it is
    """A part of the input that is wrong."""

    def __init__(self, field: str, code: ExportStartErrorCode, message: str) -> None:
        super().__init__(message)
        self.error = ExportStartUserError(field=["input", field], message=message, code=code)


@strawberry.type
class ExportMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Export a snapshot, or part of it, as one archive. Returns at once; follow the operation.",
        extensions=[Scoped(Scope.EXPORT_START)],
    )
    async def export_start(
        self,
        info: Info,
        input: Annotated[ExportStartInput, strawberry.argument(description="What to export.")],  # noqa: A002 - GraphQL's convention
    ) -> ExportStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        try:
            async with info.context.session() as connection:
                row = await _start(info, connection, input)
        except _Wrong as wrong:
            return ExportStartPayload(user_errors=[wrong.error])
        await info.context.services.wake(row.operation_id)
        return ExportStartPayload(operation=export_of(row))


async def _start(info: Info, connection: Connection, given: ExportStartInput) -> Operation:
    viewer = info.context.require(Scope.EXPORT_START)
    if not 1 <= len(given.idempotency_key) <= _KEY_LENGTH:
        raise _Wrong("idempotencyKey", ExportStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
    if given.workspace_ids and given.record_ids:
        raise _Wrong("recordIds", ExportStartErrorCode.TOO_MUCH_ASKED, "Give workspaces or records, not both.")
    connection_id = await _connection(info, connection, given.connection_id)
    seq = await _seq(connection, connection_id, given)
    workspaces = [_workspace(connection_id, text) for text in given.workspace_ids or ()]
    records = [_record(connection_id, text) for text in given.record_ids or ()]
    named = (viewer.account_id, _MUTATION, given.idempotency_key)
    variables = [str(connection_id), given.snapshot_id, given.as_of, workspaces, records]
    try:
        answered = await idempotency.claim(connection, *named, variables)
    except Conflict:
        message = "This key was used with other input."
        raise _Wrong("idempotencyKey", ExportStartErrorCode.IDEMPOTENCY_KEY_REUSED, message) from None
    if answered is not None and answered.operation_id is not None:
        return await operations.get(connection, viewer.account_id, answered.operation_id)
    row = await start_export(
        connection,
        account_id=viewer.account_id,
        connection_id=connection_id,
        seq=seq,
        workspaces=workspaces,
        records=records,
        created_by=viewer.member_id,
    )
    await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return row


async def _connection(info: Info, connection: Connection, text: strawberry.ID) -> ConnectionId:
    try:
        connection_id = ConnectionId(ids.decode(text, Prefix.CONNECTION))
        await connected_apps.get(connection, info.context.account_id, connection_id)
    except InvalidId:
        raise _Wrong("connectionId", ExportStartErrorCode.INVALID_ID, "That is not a connection's id.") from None
    except NotFound:
        raise _Wrong("connectionId", ExportStartErrorCode.NOT_FOUND, "There is no such connection.") from None
    return connection_id


async def _seq(connection: Connection, connection_id: ConnectionId, given: ExportStartInput) -> int:
    if given.snapshot_id is not None:
        try:
            snapshot_id = SnapshotId(ids.decode(given.snapshot_id, Prefix.SNAPSHOT))
        except InvalidId:
            raise _Wrong("snapshotId", ExportStartErrorCode.INVALID_ID, "That is not a snapshot's id.") from None
        found = await snapshots.by_id(connection, snapshot_id)
        found = found if found is not None and found.connection_id == connection_id else None
    elif given.as_of is not None:
        found = await snapshots.as_of_time(connection, connection_id, given.as_of)
    else:
        found = await snapshots.latest(connection, connection_id)
    if found is None:
        raise _Wrong("snapshotId", ExportStartErrorCode.NOT_FOUND, "There is no such snapshot of that connection.")
    return found.seq


def _workspace(connection_id: ConnectionId, text: strawberry.ID) -> WorkspaceId:
    try:
        ref = ids.decode_workspace(text)
    except InvalidId:
        raise _Wrong("workspaceIds", ExportStartErrorCode.INVALID_ID, "That is not a workspace's id.") from None
    if ref.connection_id != connection_id:
        raise _Wrong("workspaceIds", ExportStartErrorCode.NOT_FOUND, "That workspace is not of this connection.")
    return ref.workspace_id


def _record(connection_id: ConnectionId, text: strawberry.ID) -> tuple[Kind, ExternalId]:
    try:
        ref = ids.decode_record(text)
    except InvalidId:
        raise _Wrong("recordIds", ExportStartErrorCode.INVALID_ID, "That is not a record's id.") from None
    if ref.connection_id != connection_id:
        raise _Wrong("recordIds", ExportStartErrorCode.NOT_FOUND, "That record is not of this connection.")
    return ref.kind, ref.external_id
