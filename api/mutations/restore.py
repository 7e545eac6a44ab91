"""Mutations of restores: plan, start, pause, resume."""

import asyncio
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.ids import InvalidId, Prefix
from api.mutations.restore_types import (
    RestorePauseErrorCode,
    RestorePauseInput,
    RestorePausePayload,
    RestorePauseUserError,
    RestorePlanErrorCode,
    RestorePlanInput,
    RestorePlanPayload,
    RestorePlanUserError,
    RestoreResumeInput,
    RestoreResumePayload,
    RestoreStartErrorCode,
    RestoreStartInput,
    RestoreStartPayload,
    RestoreStartUserError,
)
from api.types.restore import RestoreMode, changes_of, plan_operation_of, restore_of
from store import connected_apps, idempotency, operations, restores, snapshots, workspaces
from store.connected_apps import ConnectedApp
from store.database import Connection
from store.errors import Conflict, NotFound
from store.operations import Operation, OperationKind
from store.record import ConnectionId, ExternalId, OperationId, SnapshotId, WorkspaceId
from store.restores import RestorePlan
from workers.queue import plan_restore, start_restore
from workers.restoring.asked import Asked
from workers.restoring.plan import Key, Mode

_KEY_LENGTH = 200
_PLAN, _START = "restorePlan", "restoreStart"
_WAIT_SECONDS = 8.0
"""How long `restoreStart` waits for the worker's word on whether the plan still holds."""
_LOOK_EVERY_SECONDS = 0.1


class _Wrong(Exception):  # noqa: N818 - says what it is
    """A part of the input that is wrong."""

    def __init__(self, field: str | None, code: RestorePlanErrorCode, message: str) -> None:
        super().__init__(message)
        where = None if field is None else ["input", field]
        self.error = RestorePlanUserError(field=where, message=message, code=code)


@strawberry.type
class RestoreMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Plan a restore: compare the backup with the app, and say what would be done. Writes nothing.",
        extensions=[Scoped(Scope.RESTORE_START)],
    )
    async def restore_plan(
        self,
        info: Info,
        input: Annotated[RestorePlanInput, strawberry.argument(description="What to restore.")],  # noqa: A002 - GraphQL's convention
    ) -> RestorePlanPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        try:
            async with info.context.session() as connection:
                row = await _plan(info, connection, input)
        except _Wrong as wrong:
            return RestorePlanPayload(user_errors=[wrong.error])
        await info.context.services.wake(row.operation_id)
        return RestorePlanPayload(operation=plan_operation_of(row))

    @strawberry.mutation(
        description="Carry a plan out. The app is compared with it first: nothing is written where it changed since.",
        extensions=[Scoped(Scope.RESTORE_START)],
    )
    async def restore_start(
        self,
        info: Info,
        input: Annotated[RestoreStartInput, strawberry.argument(description="The plan to carry out.")],  # noqa: A002
    ) -> RestoreStartPayload:
        """Write the operation and the key in one transaction; wake a worker, and wait a little for its first word."""
        if not 1 <= len(input.idempotency_key) <= _KEY_LENGTH:
            return _not_started("idempotencyKey", RestoreStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        async with info.context.session() as connection:
            payload = await _start(info, connection, input)
        if payload.operation is None or payload.user_errors:
            return payload
        await info.context.services.wake(payload.operation.row.operation_id)
        return await _first_word(info, payload.operation.row)

    @strawberry.mutation(
        description="Let a restore wait before its next step, until it is resumed.",
        extensions=[Scoped(Scope.RESTORE_START)],
    )
    async def restore_pause(
        self,
        info: Info,
        input: Annotated[RestorePauseInput, strawberry.argument(description="The restore to pause.")],  # noqa: A002
    ) -> RestorePausePayload:
        """The running worker hears of it within seconds."""
        done = await _set_paused(info, input.id, paused=True)
        if isinstance(done, RestorePauseUserError):
            return RestorePausePayload(user_errors=[done])
        return RestorePausePayload(operation=restore_of(done))

    @strawberry.mutation(
        description="Let a paused restore go on where it was.", extensions=[Scoped(Scope.RESTORE_START)]
    )
    async def restore_resume(
        self,
        info: Info,
        input: Annotated[RestoreResumeInput, strawberry.argument(description="The restore to resume.")],  # noqa: A002
    ) -> RestoreResumePayload:
        """Wakes a worker."""
        done = await _set_paused(info, input.id, paused=False)
        if isinstance(done, RestorePauseUserError):
            return RestoreResumePayload(user_errors=[done])
        await info.context.services.wake(done.operation_id)
        return RestoreResumePayload(operation=restore_of(done))


async def _plan(info: Info, connection: Connection, given: RestorePlanInput) -> Operation:
    viewer = info.context.require(Scope.RESTORE_START)
    if not 1 <= len(given.idempotency_key) <= _KEY_LENGTH:
        raise _Wrong("idempotencyKey", RestorePlanErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
    asked = await _asked(info, connection, given)
    named = (viewer.account_id, _PLAN, given.idempotency_key)
    try:
        answered = await idempotency.claim(connection, *named, asked.encode())
    except Conflict:
        message = "This key was used with other input."
        raise _Wrong("idempotencyKey", RestorePlanErrorCode.IDEMPOTENCY_KEY_REUSED, message) from None
    if answered is not None and answered.operation_id is not None:
        return await operations.get(connection, viewer.account_id, answered.operation_id)
    row = await plan_restore(connection, account_id=viewer.account_id, asked=asked, created_by=viewer.member_id)
    await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return row


async def _asked(info: Info, connection: Connection, given: RestorePlanInput) -> Asked:
    """Read what is asked for, and see that it makes sense before a worker is troubled with it."""
    source = await _connected(info, connection, "connectionId", given.connection_id)
    target = source
    if given.into_connection_id is not None:
        target = await _connected(info, connection, "intoConnectionId", given.into_connection_id)
        if target.app != source.app:
            message = f"What was backed up from {source.app} cannot be put into {target.app}."
            raise _Wrong("intoConnectionId", RestorePlanErrorCode.DIFFERENT_APP, message)
    whats = (given.record_ids or given.failed_of, given.everything_deleted_since or given.workspace_ids)
    if sum(bool(what) for what in whats) != 1:
        message = "Give one of recordIds, workspaceIds, everythingDeletedSince and failedOf."
        raise _Wrong(None, RestorePlanErrorCode.NOTHING_ASKED, message)
    failed_of = await _restore_to_go_on_with(info, connection, given.failed_of)
    asked = Asked(
        source_connection_id=source.connection_id,
        seq=failed_of.seq if failed_of is not None else await _seq(connection, source, given),
        target_connection_id=failed_of.target_connection_id if failed_of is not None else target.connection_id,
        mode=Mode(str((given.mode or RestoreMode.COPY).value)),
        records=tuple(_record(source, text) for text in given.record_ids or ()),
        workspaces=tuple(_workspace("workspaceIds", source, text) for text in given.workspace_ids or ()),
        deleted=given.everything_deleted_since,
        failed_of=failed_of.restore_operation_id if failed_of is not None else None,
        into=await _into(info, connection, target, given.into_workspace_id),
    )
    if not hasattr(info.context.services.connectors.get(target.app), "writing"):
        message = f"Nothing can be written to {target.app} yet: export instead."
        raise _Wrong("connectionId", RestorePlanErrorCode.NOT_RESTORABLE, message)
    return asked


async def _connected(info: Info, connection: Connection, field: str, text: strawberry.ID) -> ConnectedApp:
    try:
        connection_id = ConnectionId(ids.decode(text, Prefix.CONNECTION))
        return await connected_apps.get(connection, info.context.account_id, connection_id)
    except InvalidId:
        raise _Wrong(field, RestorePlanErrorCode.INVALID_ID, "That is not a connection's id.") from None
    except NotFound:
        raise _Wrong(field, RestorePlanErrorCode.NOT_FOUND, "There is no such connection.") from None


async def _seq(connection: Connection, source: ConnectedApp, given: RestorePlanInput) -> int:
    if given.snapshot_id is not None:
        try:
            snapshot_id = SnapshotId(ids.decode(given.snapshot_id, Prefix.SNAPSHOT))
        except InvalidId:
            raise _Wrong("snapshotId", RestorePlanErrorCode.INVALID_ID, "That is not a snapshot's id.") from None
        found = await snapshots.by_id(connection, snapshot_id)
        if found is not None and found.connection_id != source.connection_id:
            found = None
    elif given.as_of is not None:
        found = await snapshots.as_of_time(connection, source.connection_id, given.as_of)
    else:
        found = await snapshots.latest(connection, source.connection_id)
    if found is None:
        raise _Wrong("snapshotId", RestorePlanErrorCode.NOT_FOUND, "There is no such snapshot of that connection.")
    return found.seq


async def _restore_to_go_on_with(info: Info, connection: Connection, text: strawberry.ID | None) -> RestorePlan | None:
    if text is None:
        return None
    try:
        operation_id = OperationId(ids.decode(text, Prefix.OPERATION))
    except InvalidId:
        raise _Wrong("failedOf", RestorePlanErrorCode.INVALID_ID, "That is not an operation's id.") from None
    plan = await restores.carried_out_by(connection, info.context.account_id, operation_id)
    if plan is None or plan.finished_at is None:
        raise _Wrong("failedOf", RestorePlanErrorCode.NOT_FOUND, "There is no such restore that has ended.")
    return plan


def _record(source: ConnectedApp, text: strawberry.ID) -> Key:
    try:
        ref = ids.decode_record(text)
    except InvalidId:
        raise _Wrong("recordIds", RestorePlanErrorCode.INVALID_ID, "That is not a record's id.") from None
    if ref.connection_id != source.connection_id:
        raise _Wrong("recordIds", RestorePlanErrorCode.NOT_FOUND, "That record is not of this connection.")
    return ref.kind, ref.external_id


def _workspace(field: str, connected: ConnectedApp, text: strawberry.ID) -> WorkspaceId:
    try:
        ref = ids.decode_workspace(text)
    except InvalidId:
        raise _Wrong(field, RestorePlanErrorCode.INVALID_ID, "That is not a workspace's id.") from None
    if ref.connection_id != connected.connection_id:
        raise _Wrong(field, RestorePlanErrorCode.NOT_FOUND, "That workspace is not of this connection.")
    return ref.workspace_id


async def _into(info: Info, connection: Connection, target: ConnectedApp, text: strawberry.ID | None) -> Key | None:
    if text is None:
        return None
    workspace_id = _workspace("intoWorkspaceId", target, text)
    key = (target.connection_id, workspace_id)
    found = (await workspaces.some(connection, info.context.account_id, [key])).get(key)
    if found is None:
        raise _Wrong("intoWorkspaceId", RestorePlanErrorCode.NOT_FOUND, "There is no such workspace.")
    return found.kind, ExternalId(workspace_id)


async def _start(info: Info, connection: Connection, given: RestoreStartInput) -> RestoreStartPayload:
    viewer = info.context.require(Scope.RESTORE_START)
    try:
        digest = bytes.fromhex(given.digest)
    except ValueError:
        digest = b""
    named = (viewer.account_id, _START, given.idempotency_key)
    plan = await restores.by_digest(connection, viewer.account_id, digest)
    if plan is None:
        return _not_started("digest", RestoreStartErrorCode.PLAN_NOT_FOUND, "There is no plan of this digest.")
    try:
        answered = await idempotency.claim(connection, *named, [given.digest])
    except Conflict:
        message = "This key was used with other input."
        return _not_started("idempotencyKey", RestoreStartErrorCode.IDEMPOTENCY_KEY_REUSED, message)
    if answered is not None and answered.operation_id is not None:
        row = await operations.get(connection, viewer.account_id, answered.operation_id)
        return RestoreStartPayload(operation=restore_of(row))
    payload = await _refusal(info, connection, plan)
    if payload is not None:
        await idempotency.forget(connection, *named)
        return payload
    row = await start_restore(connection, plan, created_by=viewer.member_id)
    await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return RestoreStartPayload(operation=restore_of(row))


async def _refusal(info: Info, connection: Connection, plan: RestorePlan) -> RestoreStartPayload | None:
    """Say why a plan cannot be started, as far as is known without asking the app."""
    account_id = info.context.account_id
    if plan.stale is not None:
        return _stale(plan)
    if plan.restore_operation_id is not None:
        payload = _not_started("digest", RestoreStartErrorCode.ALREADY_STARTED, "This plan was started before.")
        payload.operation = restore_of(await operations.get(connection, account_id, plan.restore_operation_id))
        return payload
    active = await operations.active_restore(connection, account_id, plan.target_connection_id)
    if active is not None:
        message = "Another restore into this connection is under way."
        payload = _not_started("digest", RestoreStartErrorCode.ALREADY_RUNNING, message)
        payload.operation = restore_of(active)
        return payload
    return None


async def _first_word(info: Info, row: Operation) -> RestoreStartPayload:
    """Wait until the worker has compared the app with the plan, or for as long as a request may."""
    account_id, waited = info.context.account_id, 0.0
    while True:
        async with info.context.session() as connection:
            current = await operations.get(connection, account_id, row.operation_id)
            plan = await restores.carried_out_by(connection, account_id, row.operation_id)
        if plan is not None and plan.stale is not None:
            return _stale(plan)
        is_known = plan is None or plan.checked_at is not None or current.status.is_final
        if is_known or waited >= _WAIT_SECONDS:
            return RestoreStartPayload(operation=restore_of(current))
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        waited += _LOOK_EVERY_SECONDS


async def _set_paused(info: Info, text: strawberry.ID, *, paused: bool) -> Operation | RestorePauseUserError:
    account_id = info.context.account_id
    try:
        operation_id = OperationId(ids.decode(text, Prefix.OPERATION))
    except InvalidId:
        return _not_paused(RestorePauseErrorCode.INVALID_ID, "That is not an operation's id.")
    async with info.context.session() as connection:
        try:
            before = await operations.get(connection, account_id, operation_id)
        except NotFound:
            before = None
        if before is None or before.kind != OperationKind.RESTORE:
            return _not_paused(RestorePauseErrorCode.OPERATION_NOT_FOUND, "There is no such restore.")
        if before.status.is_final:
            return _not_paused(RestorePauseErrorCode.ALREADY_FINISHED, "It has ended before.")
        return await operations.set_paused(connection, account_id, operation_id, paused=paused)


def _stale(plan: RestorePlan) -> RestoreStartPayload:
    changed = changes_of(plan.stale) or []
    named = ", ".join(f"{change.kind} {change.external_id}" for change in changed[:3])
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004 - as many as are named
    payload = _not_started(
        "digest", RestoreStartErrorCode.PLAN_STALE, f"The app changed since this was planned: {named}{more}."
    )
    payload.changed = changed
    return payload


def _not_started(field: str | None, code: RestoreStartErrorCode, message: str) -> RestoreStartPayload:
    where = None if field is None else ["input", field]
    return RestoreStartPayload(user_errors=[RestoreStartUserError(field=where, message=message, code=code)])


def _not_paused(code: RestorePauseErrorCode, message: str) -> RestorePauseUserError:
    return RestorePauseUserError(field=["input", "id"], message=message, code=code)
