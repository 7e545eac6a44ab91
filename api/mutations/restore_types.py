"""Restore types: inputs, error codes and payloads of the mutations that plan, start, pause and resume restores."""

from datetime import datetime
from enum import Enum

import strawberry

from api.types.restore import RestoreChange, RestoreMode, RestoreOperation, RestorePlanOperation
from api.types.user_error import UserError

_KEY = (
    "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation instead of "
    "starting another."
)


@strawberry.input(
    description=(
        "What to restore, as of when, and where to. Give one of `recordIds`, `workspaceIds`, `everythingDeletedSince` "
        "(which `workspaceIds` may narrow) and `failedOf` (which `recordIds` may narrow)."
    )
)
class RestorePlanInput:
    """Of one connection, into the same one or another of the same app."""

    connection_id: strawberry.ID = strawberry.field(description="The connection to restore from.")
    mode: RestoreMode | None = strawberry.field(
        default=None, description="What to do with what is there; left out: `COPY`, which overwrites nothing."
    )
    as_of: datetime | None = strawberry.field(
        default=None, description="As the newest snapshot that is not younger than this moment has it."
    )
    snapshot_id: strawberry.ID | None = strawberry.field(
        default=None, description="As this snapshot has it. Left out, with `asOf`: the newest one."
    )
    record_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="These records, with all that lies in them."
    )
    workspace_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These workspaces, whole.")
    everything_deleted_since: bool = strawberry.field(
        default=False, description="All that the snapshot has and the newest one has not."
    )
    failed_of: strawberry.ID | None = strawberry.field(
        default=None, description="What this restore failed to bring back, into the same place as the rest of it."
    )
    into_connection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Another connection of the same app to restore into."
    )
    into_workspace_id: strawberry.ID | None = strawberry.field(
        default=None, description="A workspace of the target that takes the place of the one things were in."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.enum(description="What can be wrong with `restorePlan`.")
class RestorePlanErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is no id of what is asked for there.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="There is no such connection, snapshot or restore.")
    NOTHING_ASKED = strawberry.enum_value(
        "NOTHING_ASKED", description="One of what can be restored has to be given, and one only."
    )
    DIFFERENT_APP = strawberry.enum_value("DIFFERENT_APP", description="The target is a connection of another app.")
    NOT_RESTORABLE = strawberry.enum_value(
        "NOT_RESTORABLE", description="Nothing can be written to this app yet: export instead."
    )
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `restorePlan`.")
class RestorePlanUserError(UserError):
    """See the code."""

    code: RestorePlanErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `restorePlan` did.")
class RestorePlanPayload:
    """The operation, or errors."""

    operation: RestorePlanOperation | None = strawberry.field(
        default=None, description="The making of the plan: follow it, then read the plan on it."
    )
    user_errors: list[RestorePlanUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The plan to carry out.")
class RestoreStartInput:
    """By its digest."""

    digest: str = strawberry.field(description="The digest of the plan: that, and nothing else, is done.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.enum(description="What can be wrong with `restoreStart`.")
class RestoreStartErrorCode(Enum):
    """Closed."""

    PLAN_NOT_FOUND = strawberry.enum_value("PLAN_NOT_FOUND", description="There is no plan of this digest.")
    PLAN_STALE = strawberry.enum_value(
        "PLAN_STALE", description="The app changed since: `changed` names the records. Nothing was written; plan again."
    )
    ALREADY_STARTED = strawberry.enum_value(
        "ALREADY_STARTED", description="The plan was started before: that restore is in `operation`."
    )
    ALREADY_RUNNING = strawberry.enum_value(
        "ALREADY_RUNNING", description="Another restore into this connection is under way: it is in `operation`."
    )
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `restoreStart`.")
class RestoreStartUserError(UserError):
    """See the code."""

    code: RestoreStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `restoreStart` did.")
class RestoreStartPayload:
    """The operation, or errors."""

    operation: RestoreOperation | None = strawberry.field(
        default=None,
        description=(
            "The restore. It first compares the app with the plan; where that takes longer than this request waits, "
            "and the plan turns out to be stale, the operation fails with `PLAN_STALE`."
        ),
    )
    changed: list[RestoreChange] = strawberry.field(
        default_factory=list, description="With PLAN_STALE: what the app has changed since it was planned."
    )
    user_errors: list[RestoreStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The restore to pause.")
class RestorePauseInput:
    """By its id."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.input(description="The restore to resume.")
class RestoreResumeInput:
    """By its id."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `restorePause` and `restoreResume`.")
class RestorePauseErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of an operation.")
    OPERATION_NOT_FOUND = strawberry.enum_value("OPERATION_NOT_FOUND", description="There is no such restore.")
    ALREADY_FINISHED = strawberry.enum_value("ALREADY_FINISHED", description="It has ended before.")


@strawberry.type(description="What is wrong with the input of `restorePause` or `restoreResume`.")
class RestorePauseUserError(UserError):
    """See the code."""

    code: RestorePauseErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `restorePause` did.")
class RestorePausePayload:
    """The operation, or errors."""

    operation: RestoreOperation | None = strawberry.field(
        default=None, description="The restore. A running one stops before its next step."
    )
    user_errors: list[RestorePauseUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type(description="What `restoreResume` did.")
class RestoreResumePayload:
    """The operation, or errors."""

    operation: RestoreOperation | None = strawberry.field(default=None, description="The restore, which goes on.")
    user_errors: list[RestorePauseUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )
