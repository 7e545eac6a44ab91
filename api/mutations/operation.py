"""Mutations that start and stop long work."""

from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.types.operation import BackupOperation, Operation, backup_of, operation_of
from api.types.user_error import UserError
from store import connected_apps, idempotency, operations
from store.errors import Conflict, NotFound
from store.record import ConnectionId, OperationId
from workers.queue import start_backup

_KEY_LENGTH = 200
_MUTATION = "backupStart"


@strawberry.input(description="The backup to start.")
class BackupStartInput:
    """One cycle of one connection."""

    connection_id: strawberry.ID = strawberry.field(description="The connection to back up.")
    full: bool = strawberry.field(default=False, description="Read everything again, whatever seems unchanged.")
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `backupStart`.")
class BackupStartErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    ALREADY_RUNNING = strawberry.enum_value(
        "ALREADY_RUNNING", description="A backup of this connection is queued or running: it is in `operation`."
    )
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `backupStart`.")
class BackupStartUserError(UserError):
    """See the code."""

    code: BackupStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `backupStart` did.")
class BackupStartPayload:
    """The operation, or errors."""

    operation: BackupOperation | None = strawberry.field(
        default=None, description="The backup that was started; with ALREADY_RUNNING, the one that is under way."
    )
    user_errors: list[BackupStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The operation to cancel.")
class OperationCancelInput:
    """Any kind."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `operationCancel`.")
class OperationCancelErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of an operation.")
    OPERATION_NOT_FOUND = strawberry.enum_value("OPERATION_NOT_FOUND", description="There is no such operation.")
    ALREADY_FINISHED = strawberry.enum_value("ALREADY_FINISHED", description="It has ended before.")


@strawberry.type(description="What is wrong with the input of `operationCancel`.")
class OperationCancelUserError(UserError):
    """See the code."""

    code: OperationCancelErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `operationCancel` did.")
class OperationCancelPayload:
    """The operation, or errors."""

    operation: Operation | None = strawberry.field(
        default=None,
        description=(
            "The operation. A running one stops at its next item; nothing half done is kept. One that has done its "
            "work goes on to its end."
        ),
    )
    user_errors: list[OperationCancelUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class OperationMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Back up a connection now. Returns at once; follow the operation.",
        extensions=[Scoped(Scope.BACKUP_START)],
    )
    async def backup_start(
        self,
        info: Info,
        input: Annotated[BackupStartInput, strawberry.argument(description="The backup to start.")],  # noqa: A002 - GraphQL's convention
    ) -> BackupStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        try:
            connection_id = ConnectionId(ids.decode(input.connection_id, ids.Prefix.CONNECTION))
        except ids.InvalidId:
            return _not_started("connectionId", BackupStartErrorCode.INVALID_ID, "That is not a connection's id.")
        if not 1 <= len(input.idempotency_key) <= _KEY_LENGTH:
            return _not_started("idempotencyKey", BackupStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        payload = await _start(info, connection_id, input)
        if payload.operation is not None and not payload.user_errors:
            await info.context.services.wake(payload.operation.row.operation_id)
        return payload

    @strawberry.mutation(
        description="Ask an operation to stop. What is queued ends at once.",
        extensions=[Scoped(Scope.OPERATION_CANCEL)],
    )
    async def operation_cancel(
        self,
        info: Info,
        input: Annotated[OperationCancelInput, strawberry.argument(description="The operation to cancel.")],  # noqa: A002 - GraphQL's convention
    ) -> OperationCancelPayload:
        """A finished one stays as it is."""
        try:
            operation_id = OperationId(ids.decode(input.id, ids.Prefix.OPERATION))
        except ids.InvalidId:
            return _not_cancelled(OperationCancelErrorCode.INVALID_ID, "That is not an operation's id.")
        async with info.context.session() as connection:
            try:
                before = await operations.get(connection, info.context.account_id, operation_id)
            except NotFound:
                return _not_cancelled(OperationCancelErrorCode.OPERATION_NOT_FOUND, "There is no such operation.")
            if before.status.is_final:
                return _not_cancelled(OperationCancelErrorCode.ALREADY_FINISHED, "It has ended before.")
            row = await operations.request_cancel(connection, info.context.account_id, operation_id)
        # One that had started is stopped by a worker, which may have to be told.
        await info.context.services.wake(operation_id)
        return OperationCancelPayload(operation=operation_of(row))


async def _start(info: Info, connection_id: ConnectionId, given: BackupStartInput) -> BackupStartPayload:
    viewer = info.context.require(Scope.BACKUP_START)
    named = (viewer.account_id, _MUTATION, given.idempotency_key)
    async with info.context.session() as connection:
        try:
            await connected_apps.get(connection, viewer.account_id, connection_id)
        except NotFound:
            return _not_started(
                "connectionId", BackupStartErrorCode.CONNECTION_NOT_FOUND, "There is no such connection."
            )
        try:
            answered = await idempotency.claim(connection, *named, [str(connection_id), given.full])
        except Conflict:
            return _not_started(
                "idempotencyKey", BackupStartErrorCode.IDEMPOTENCY_KEY_REUSED, "This key was used with other input."
            )
        if answered is not None and answered.operation_id is not None:
            return BackupStartPayload(
                operation=backup_of(await operations.get(connection, info.context.account_id, answered.operation_id))
            )
        try:
            row = await start_backup(
                connection,
                account_id=viewer.account_id,
                connection_id=connection_id,
                created_by=viewer.member_id,
                full=given.full,
            )
        except Conflict:
            await idempotency.forget(connection, *named)
            running = await operations.active_backup(connection, info.context.account_id, connection_id)
            payload = _not_started(None, BackupStartErrorCode.ALREADY_RUNNING, "A backup is queued or running.")
            payload.operation = backup_of(running) if running else None
            return payload
        await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return BackupStartPayload(operation=backup_of(row))


def _not_started(field: str | None, code: BackupStartErrorCode, message: str) -> BackupStartPayload:
    where = None if field is None else ["input", field]
    return BackupStartPayload(user_errors=[BackupStartUserError(field=where, message=message, code=code)])


def _not_cancelled(code: OperationCancelErrorCode, message: str) -> OperationCancelPayload:
    return OperationCancelPayload(
        user_errors=[OperationCancelUserError(field=["input", "id"], message=message, code=code)]
    )
