"""What the mutations of keeping take and give."""

from enum import Enum

import strawberry

from api.types.keeping import Hold, Retention, RetentionInput
from api.types.operation import ExpiryOperation
from api.types.user_error import UserError


@strawberry.input(description="What to keep.")
class RetentionSetInput:
    """Of one connection or of all."""

    connection_id: strawberry.ID | None = strawberry.field(
        default=None, description="The connection; left out: all that have no retention of their own."
    )
    retention: RetentionInput | None = strawberry.field(
        default=None,
        description=(
            "What to keep. Left out: no rule here; a connection then goes by its account's, an account keeps all."
        ),
    )


@strawberry.enum(description="What can be wrong with `retentionSet`.")
class RetentionSetErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    INVALID_RETENTION = strawberry.enum_value(
        "INVALID_RETENTION", description="It keeps nothing, or a number is out of range."
    )


@strawberry.type(description="What is wrong with the input of `retentionSet`.")
class RetentionSetUserError(UserError):
    """See the code."""

    code: RetentionSetErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `retentionSet` did.")
class RetentionSetPayload:
    """The retention, or errors."""

    retention: Retention | None = strawberry.field(
        default=None, description="What the connection or the account goes by now; null: it keeps every snapshot."
    )
    user_errors: list[RetentionSetUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="How to start it.")
class ExpiryStartInput:
    """Of the whole account."""

    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `expiryStart`.")
class ExpiryStartErrorCode(Enum):
    """Closed."""

    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `expiryStart`.")
class ExpiryStartUserError(UserError):
    """See the code."""

    code: ExpiryStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `expiryStart` did.")
class ExpiryStartPayload:
    """The operation, or errors."""

    operation: ExpiryOperation | None = strawberry.field(default=None, description="The expiry that was started.")
    user_errors: list[ExpiryStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="What to hold, and why.")
class HoldPlaceInput:
    """A connection or the account."""

    connection_id: strawberry.ID | None = strawberry.field(
        default=None, description="The connection; left out: the whole account."
    )
    reason: str = strawberry.field(description="Why: 1 to 2,000 characters. Kept sealed; the log only commits to it.")


@strawberry.enum(description="What can be wrong with `holdPlace`.")
class HoldPlaceErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    INVALID_REASON = strawberry.enum_value("INVALID_REASON", description="The reason is empty or too long.")


@strawberry.type(description="What is wrong with the input of `holdPlace`.")
class HoldPlaceUserError(UserError):
    """See the code."""

    code: HoldPlaceErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `holdPlace` did.")
class HoldPlacePayload:
    """The hold, or errors."""

    hold: Hold | None = strawberry.field(default=None, description="The hold.")
    user_errors: list[HoldPlaceUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="Which hold to lift, and why.")
class HoldLiftInput:
    """One."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    reason: str = strawberry.field(description="Why: 1 to 2,000 characters. Kept sealed; the log only commits to it.")


@strawberry.enum(description="What can be wrong with `holdLift`.")
class HoldLiftErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a hold.")
    HOLD_NOT_FOUND = strawberry.enum_value("HOLD_NOT_FOUND", description="There is no such hold.")
    ALREADY_LIFTED = strawberry.enum_value("ALREADY_LIFTED", description="It was lifted before.")
    INVALID_REASON = strawberry.enum_value("INVALID_REASON", description="The reason is empty or too long.")


@strawberry.type(description="What is wrong with the input of `holdLift`.")
class HoldLiftUserError(UserError):
    """See the code."""

    code: HoldLiftErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `holdLift` did.")
class HoldLiftPayload:
    """The hold, or errors."""

    hold: Hold | None = strawberry.field(default=None, description="The hold, lifted.")
    user_errors: list[HoldLiftUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )
