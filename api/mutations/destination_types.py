"""What the mutations of destinations and deliveries take and give."""

from enum import Enum

import strawberry

from api.types.event import Delivery, Destination, EventKind
from api.types.user_error import UserError


@strawberry.input(description="Where to tell what happens: exactly one.", one_of=True)
class DestinationAddressInput:
    """A choice."""

    email: str | None = strawberry.field(default=strawberry.UNSET, description="An e-mail address.")
    webhook: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="An https URL that takes a POST. A private address is refused unless this Holdfast allows it.",
    )


@strawberry.input(description="The destination to add.")
class DestinationCreateInput:
    """With what it gets."""

    to: DestinationAddressInput = strawberry.field(description="Where.")
    kinds: list[EventKind] | None = strawberry.field(
        default=None, description="Which events it gets; left out: every alert."
    )


@strawberry.enum(description="What can be wrong with `destinationCreate`.")
class DestinationCreateErrorCode(Enum):
    """Closed."""

    INVALID_ADDRESS = strawberry.enum_value(
        "INVALID_ADDRESS", description="It is no e-mail address, or no https URL that may be called."
    )
    NO_MAIL_SERVER = strawberry.enum_value("NO_MAIL_SERVER", description="This Holdfast has no mail server.")
    TOO_MANY = strawberry.enum_value("TOO_MANY", description="An account has at most 20 destinations.")


@strawberry.type(description="What is wrong with the input of `destinationCreate`.")
class DestinationCreateUserError(UserError):
    """See the code."""

    code: DestinationCreateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `destinationCreate` did.")
class DestinationCreatePayload:
    """The destination, or errors."""

    destination: Destination | None = strawberry.field(default=None, description="The destination.")
    secret: str | None = strawberry.field(
        default=None, description="What a webhook is signed with: `whsec_…`. Shown this once."
    )
    user_errors: list[DestinationCreateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="What to change of a destination; what is left out stays.")
class DestinationUpdateInput:
    """Not where it is: that would be another destination."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    kinds: list[EventKind] | None = strawberry.field(
        default=strawberry.UNSET, description="Which events it gets; null: every alert."
    )
    is_paused: bool | None = strawberry.field(
        default=None, description="Whether it gets nothing for now. What waits for it is kept."
    )
    new_secret: bool = strawberry.field(
        default=False, description="Give a webhook a new secret. The old one signs for another 24 hours, beside it."
    )


@strawberry.enum(description="What can be wrong with `destinationUpdate`.")
class DestinationUpdateErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a destination.")
    DESTINATION_NOT_FOUND = strawberry.enum_value("DESTINATION_NOT_FOUND", description="There is no such destination.")
    NOT_SIGNED = strawberry.enum_value("NOT_SIGNED", description="Only webhooks have a secret.")


@strawberry.type(description="What is wrong with the input of `destinationUpdate`.")
class DestinationUpdateUserError(UserError):
    """See the code."""

    code: DestinationUpdateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `destinationUpdate` did.")
class DestinationUpdatePayload:
    """The destination, or errors."""

    destination: Destination | None = strawberry.field(default=None, description="The destination as it is now.")
    secret: str | None = strawberry.field(default=None, description="The new secret, if asked for. Shown this once.")
    user_errors: list[DestinationUpdateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The destination to remove.")
class DestinationRemoveInput:
    """With what is on its way there."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `destinationRemove`.")
class DestinationRemoveErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a destination.")
    DESTINATION_NOT_FOUND = strawberry.enum_value("DESTINATION_NOT_FOUND", description="There is no such destination.")


@strawberry.type(description="What is wrong with the input of `destinationRemove`.")
class DestinationRemoveUserError(UserError):
    """See the code."""

    code: DestinationRemoveErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `destinationRemove` did.")
class DestinationRemovePayload:
    """What was removed, or errors."""

    removed_id: strawberry.ID | None = strawberry.field(default=None, description="The id, which is of nothing now.")
    user_errors: list[DestinationRemoveUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The destination to try.")
class DestinationTestInput:
    """It gets an event of the kind `TEST`, at once."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `destinationTest`.")
class DestinationTestErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a destination.")
    DESTINATION_NOT_FOUND = strawberry.enum_value("DESTINATION_NOT_FOUND", description="There is no such destination.")


@strawberry.type(description="What is wrong with the input of `destinationTest`.")
class DestinationTestUserError(UserError):
    """See the code."""

    code: DestinationTestErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `destinationTest` did.")
class DestinationTestPayload:
    """The delivery, or errors."""

    delivery: Delivery | None = strawberry.field(
        default=None, description="The delivery on its way; `node` tells what becomes of it."
    )
    user_errors: list[DestinationTestUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The delivery to repeat.")
class DeliverySendAgainInput:
    """Whatever became of it."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `deliverySendAgain`.")
class DeliverySendAgainErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a delivery.")
    DELIVERY_NOT_FOUND = strawberry.enum_value("DELIVERY_NOT_FOUND", description="There is no such delivery.")


@strawberry.type(description="What is wrong with the input of `deliverySendAgain`.")
class DeliverySendAgainUserError(UserError):
    """See the code."""

    code: DeliverySendAgainErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `deliverySendAgain` did.")
class DeliverySendAgainPayload:
    """The delivery, or errors."""

    delivery: Delivery | None = strawberry.field(default=None, description="The delivery, on its way again.")
    user_errors: list[DeliverySendAgainUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )
