"""Mutations of what is kept: retention, expiry, legal holds."""

from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.mutations.keeping_types import (
    ExpiryStartErrorCode,
    ExpiryStartInput,
    ExpiryStartPayload,
    ExpiryStartUserError,
    HoldLiftErrorCode,
    HoldLiftInput,
    HoldLiftPayload,
    HoldLiftUserError,
    HoldPlaceErrorCode,
    HoldPlaceInput,
    HoldPlacePayload,
    HoldPlaceUserError,
    RetentionSetErrorCode,
    RetentionSetInput,
    RetentionSetPayload,
    RetentionSetUserError,
)
from api.types.keeping import Hold, Retention, retention_of
from api.types.operation import expiry_of
from store import connected_apps, holds, idempotency, operations, retentions
from store.errors import Conflict, Invalid, NotFound
from store.record import ConnectionId, HoldId
from workers.queue import start_expiry

_KEY_LENGTH = 200


@strawberry.type
class KeepingMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description=(
            "Say how many snapshots are kept, of one connection or of all that have no retention of their own. What is "
            "not kept any more goes in the coming night, or with `expiryStart`."
        ),
        extensions=[Scoped(Scope.RETENTION_WRITE)],
    )
    async def retention_set(
        self,
        info: Info,
        input: Annotated[RetentionSetInput, strawberry.argument(description="What to keep.")],  # noqa: A002 - GraphQL's convention
    ) -> RetentionSetPayload:
        """Check each part, then write once."""
        try:
            wanted = None if input.retention is None else retention_of(input.retention)
        except Invalid as error:
            return _not_set("retention", RetentionSetErrorCode.INVALID_RETENTION, f"{error}.")
        try:
            connection_id = _connection_id(input.connection_id)
        except ids.InvalidId:
            return _not_set("connectionId", RetentionSetErrorCode.INVALID_ID, "That is not a connection's id.")
        account_id = info.context.account_id
        async with info.context.session() as connection:
            if connection_id is not None:
                try:
                    await connected_apps.get(connection, account_id, connection_id)
                except NotFound:
                    return _not_set(
                        "connectionId", RetentionSetErrorCode.CONNECTION_NOT_FOUND, "There is no such connection."
                    )
            await retentions.put(connection, account_id, connection_id, wanted)
            kept = await retentions.of_account(connection, account_id)
        found = kept.get(connection_id, kept.get(None))
        return RetentionSetPayload(retention=Retention.of(found) if found else None)

    @strawberry.mutation(
        description=(
            "Give up now what no retention keeps, and free the space of it. It happens every night anyway. What a "
            "legal hold forbids is told as a warning."
        ),
        extensions=[Scoped(Scope.RETENTION_WRITE)],
    )
    async def expiry_start(
        self,
        info: Info,
        input: Annotated[ExpiryStartInput, strawberry.argument(description="How to start it.")],  # noqa: A002 - GraphQL's convention
    ) -> ExpiryStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        viewer = info.context.require(Scope.RETENTION_WRITE)
        if not 1 <= len(input.idempotency_key) <= _KEY_LENGTH:
            return _not_started(ExpiryStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        named = (viewer.account_id, "expiryStart", input.idempotency_key)
        async with info.context.session() as connection:
            try:
                answered = await idempotency.claim(connection, *named, [])
            except Conflict:
                return _not_started(ExpiryStartErrorCode.IDEMPOTENCY_KEY_REUSED, "This key was used otherwise.")
            if answered is not None and answered.operation_id is not None:
                row = await operations.get(connection, viewer.account_id, answered.operation_id)
                return ExpiryStartPayload(operation=expiry_of(row))
            row = await start_expiry(connection, account_id=viewer.account_id, created_by=viewer.member_id)
            await idempotency.settle(connection, *named, operation_id=row.operation_id)
        await info.context.services.wake(row.operation_id)
        return ExpiryStartPayload(operation=expiry_of(row))

    @strawberry.mutation(
        description=(
            "Place a legal hold on a connection, or on the whole account: from now on nothing of it is given up, "
            "erased or collected. The log says so, and commits to who did it and why."
        ),
        extensions=[Scoped(Scope.HOLD_WRITE)],
    )
    async def hold_place(
        self,
        info: Info,
        input: Annotated[HoldPlaceInput, strawberry.argument(description="What to hold, and why.")],  # noqa: A002 - GraphQL's convention
    ) -> HoldPlacePayload:
        """The log is signed by the next worker that looks."""
        viewer = info.context.require(Scope.HOLD_WRITE)
        try:
            connection_id = _connection_id(input.connection_id)
            placed = await holds.place(
                await info.context.repository(), connection_id, reason=input.reason, by=str(viewer.member_id)
            )
        except ids.InvalidId:
            return _not_placed("connectionId", HoldPlaceErrorCode.INVALID_ID, "That is not a connection's id.")
        except Invalid as error:
            return _not_placed("reason", HoldPlaceErrorCode.INVALID_REASON, f"{error}.")
        except NotFound:
            return _not_placed("connectionId", HoldPlaceErrorCode.CONNECTION_NOT_FOUND, "There is no such connection.")
        return HoldPlacePayload(hold=Hold.of(placed))

    @strawberry.mutation(
        description="Lift a legal hold. The log says so, and commits to who did it and why.",
        extensions=[Scoped(Scope.HOLD_WRITE)],
    )
    async def hold_lift(
        self,
        info: Info,
        input: Annotated[HoldLiftInput, strawberry.argument(description="Which, and why.")],  # noqa: A002 - GraphQL's convention
    ) -> HoldLiftPayload:
        """One that was lifted before stays as it is."""
        viewer = info.context.require(Scope.HOLD_WRITE)
        try:
            hold_id = HoldId(ids.decode(input.id, ids.Prefix.HOLD))
            lifted = await holds.lift(
                await info.context.repository(), hold_id, reason=input.reason, by=str(viewer.member_id)
            )
        except ids.InvalidId:
            return _not_lifted("id", HoldLiftErrorCode.INVALID_ID, "That is not a hold's id.")
        except Invalid as error:
            return _not_lifted("reason", HoldLiftErrorCode.INVALID_REASON, f"{error}.")
        except NotFound:
            return _not_lifted("id", HoldLiftErrorCode.HOLD_NOT_FOUND, "There is no such hold.")
        except Conflict:
            return _not_lifted("id", HoldLiftErrorCode.ALREADY_LIFTED, "It was lifted before.")
        return HoldLiftPayload(hold=Hold.of(lifted))


def _connection_id(text: str | None) -> ConnectionId | None:
    return None if text is None else ConnectionId(ids.decode(text, ids.Prefix.CONNECTION))


def _not_set(field: str, code: RetentionSetErrorCode, message: str) -> RetentionSetPayload:
    return RetentionSetPayload(user_errors=[RetentionSetUserError(field=["input", field], message=message, code=code)])


def _not_started(code: ExpiryStartErrorCode, message: str) -> ExpiryStartPayload:
    error = ExpiryStartUserError(field=["input", "idempotencyKey"], message=message, code=code)
    return ExpiryStartPayload(user_errors=[error])


def _not_placed(field: str, code: HoldPlaceErrorCode, message: str) -> HoldPlacePayload:
    return HoldPlacePayload(user_errors=[HoldPlaceUserError(field=["input", field], message=message, code=code)])


def _not_lifted(field: str, code: HoldLiftErrorCode, message: str) -> HoldLiftPayload:
    return HoldLiftPayload(user_errors=[HoldLiftUserError(field=["input", field], message=message, code=code)])
