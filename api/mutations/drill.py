"""The mutation that starts a drill."""

from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.types.restore import DrillInto, DrillOperation, drill_of
from api.types.user_error import UserError
from store import connected_apps, idempotency, operations
from store.errors import Conflict, NotFound
from store.record import ConnectionId
from workers.queue import start_drill
from workers.restoring.into import Into

_KEY_LENGTH = 200
_MUTATION = "drillStart"


@strawberry.input(description="The drill to hold.")
class DrillStartInput:
    """Of one connection."""

    connection_id: strawberry.ID = strawberry.field(description="The connection to take a sample of.")
    into: DrillInto | None = strawberry.field(default=None, description="Where to restore it; left out: `MEMORY`.")
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `drillStart`.")
class DrillStartErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `drillStart`.")
class DrillStartUserError(UserError):
    """See the code."""

    code: DrillStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `drillStart` did.")
class DrillStartPayload:
    """The operation, or errors."""

    operation: DrillOperation | None = strawberry.field(default=None, description="The drill that was started.")
    user_errors: list[DrillStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class DrillMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Restore a sample of a connection's newest snapshot, compare it, and throw it away.",
        extensions=[Scoped(Scope.RESTORE_START)],
    )
    async def drill_start(
        self,
        info: Info,
        input: Annotated[DrillStartInput, strawberry.argument(description="The drill to hold.")],  # noqa: A002 - GraphQL's convention
    ) -> DrillStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        viewer, key = info.context.require(Scope.RESTORE_START), input.idempotency_key
        into = Into(str((input.into or DrillInto.MEMORY).value))
        try:
            connection_id = ConnectionId(ids.decode(input.connection_id, ids.Prefix.CONNECTION))
        except ids.InvalidId:
            return _wrong("connectionId", DrillStartErrorCode.INVALID_ID, "That is not a connection's id.")
        if not 1 <= len(key) <= _KEY_LENGTH:
            return _wrong("idempotencyKey", DrillStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        named = (viewer.account_id, _MUTATION, key)
        async with info.context.session() as connection:
            try:
                await connected_apps.get(connection, viewer.account_id, connection_id)
                answered = await idempotency.claim(connection, *named, [str(connection_id), into])
            except NotFound:
                code = DrillStartErrorCode.CONNECTION_NOT_FOUND
                return _wrong("connectionId", code, "There is no such connection.")
            except Conflict:
                code = DrillStartErrorCode.IDEMPOTENCY_KEY_REUSED
                return _wrong("idempotencyKey", code, "This key was used with other input.")
            if answered is not None and answered.operation_id is not None:
                row = await operations.get(connection, viewer.account_id, answered.operation_id)
                return DrillStartPayload(operation=drill_of(row))
            row = await start_drill(
                connection,
                account_id=viewer.account_id,
                connection_id=connection_id,
                into=into,
                created_by=viewer.member_id,
            )
            await idempotency.settle(connection, *named, operation_id=row.operation_id)
        await info.context.services.wake(row.operation_id)
        return DrillStartPayload(operation=drill_of(row))


def _wrong(field: str, code: DrillStartErrorCode, message: str) -> DrillStartPayload:
    return DrillStartPayload(user_errors=[DrillStartUserError(field=["input", field], message=message, code=code)])
