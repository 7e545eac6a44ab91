"""What the mutations of the copy in Google Drive take and give."""

from enum import Enum

import strawberry

from api.types.drive import DriveDestination
from api.types.operation import DriveSyncOperation
from api.types.user_error import UserError


@strawberry.input(description="How the copy is to be kept.")
class DriveConnectInput:
    """All may be left out."""

    repairs: bool = strawberry.field(
        default=False, description="Put back what people change in the copy; else it is reported and left alone."
    )
    after_backup: bool = strawberry.field(default=True, description="Sync after every backup; else only when asked.")
    only_connections: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Copy these connections only; left out: all of them."
    )


@strawberry.enum(description="What can be wrong with `driveConnect`.")
class DriveConnectErrorCode(Enum):
    """Closed."""

    NOT_SET_UP = strawberry.enum_value(
        "NOT_SET_UP", description="This Holdfast has no OAuth client of Google's; its operator has to set one."
    )
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")


@strawberry.type(description="What is wrong with the input of `driveConnect`.")
class DriveConnectUserError(UserError):
    """See the code."""

    code: DriveConnectErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `driveConnect` began.")
class DriveConnectPayload:
    """Where to send the person, or errors."""

    authorize_url: str | None = strawberry.field(
        default=None, description="Where to send the person, within ten minutes."
    )
    user_errors: list[DriveConnectUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was begun."
    )


@strawberry.input(description="What to change of how the copy is kept; what is left out stays.")
class DriveUpdateInput:
    """All may be left out."""

    repairs: bool | None = strawberry.field(
        default=None, description="Put back what people change in the copy, from the next sync on."
    )
    after_backup: bool | None = strawberry.field(default=None, description="Sync after every backup.")
    only_connections: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Copy these connections only. What was copied of others stays as it is."
    )
    all_connections: bool = strawberry.field(
        default=False, description="Copy all connections again. Counts where `onlyConnections` is left out."
    )


@strawberry.enum(description="What can be wrong with `driveUpdate`.")
class DriveUpdateErrorCode(Enum):
    """Closed."""

    NOT_CONNECTED = strawberry.enum_value("NOT_CONNECTED", description="No Google Drive is connected.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")


@strawberry.type(description="What is wrong with the input of `driveUpdate`.")
class DriveUpdateUserError(UserError):
    """See the code."""

    code: DriveUpdateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `driveUpdate` did.")
class DriveUpdatePayload:
    """The destination, or errors."""

    drive: DriveDestination | None = strawberry.field(default=None, description="The copy as it is kept now.")
    user_errors: list[DriveUpdateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The sync to start.")
class DriveSyncStartInput:
    """Of everything that is copied."""

    repair: bool = strawberry.field(
        default=False,
        description=(
            "Put back what people changed in the copy, this once: edited files are overwritten, what was moved or "
            "thrown away comes back."
        ),
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `driveSyncStart`.")
class DriveSyncStartErrorCode(Enum):
    """Closed."""

    NOT_CONNECTED = strawberry.enum_value("NOT_CONNECTED", description="No Google Drive is connected.")
    GRANT_LOST = strawberry.enum_value(
        "GRANT_LOST", description="The grant no longer works: connect again with `driveConnect`."
    )
    ALREADY_RUNNING = strawberry.enum_value(
        "ALREADY_RUNNING", description="A sync is queued or running: it is in `operation`."
    )
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `driveSyncStart`.")
class DriveSyncStartUserError(UserError):
    """See the code."""

    code: DriveSyncStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `driveSyncStart` did.")
class DriveSyncStartPayload:
    """The operation, or errors."""

    operation: DriveSyncOperation | None = strawberry.field(
        default=None, description="The sync that was started; with ALREADY_RUNNING, the one that is under way."
    )
    user_errors: list[DriveSyncStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The Drive to disconnect.")
class DriveDisconnectInput:
    """By its id, so that nobody disconnects another than they see."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `driveDisconnect`.")
class DriveDisconnectErrorCode(Enum):
    """Closed."""

    NOT_CONNECTED = strawberry.enum_value("NOT_CONNECTED", description="This Google Drive is not connected.")


@strawberry.type(description="What is wrong with the input of `driveDisconnect`.")
class DriveDisconnectUserError(UserError):
    """See the code."""

    code: DriveDisconnectErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `driveDisconnect` did.")
class DriveDisconnectPayload:
    """The id, or errors."""

    disconnected_id: strawberry.ID | None = strawberry.field(
        default=None, description="What is not connected any more. The files that were copied are still there."
    )
    user_errors: list[DriveDisconnectUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )
