"""The mutation that starts a verification."""

from enum import Enum
from typing import Annotated

import strawberry

from api.auth import Scope, Scoped
from api.context import Info
from api.types.operation import VerificationDepth, VerificationOperation, verification_of
from api.types.user_error import UserError
from store import idempotency, operations
from store.errors import Conflict
from workers.queue import start_verification

_KEY_LENGTH = 200
_MUTATION = "verificationStart"


@strawberry.input(description="The verification to start.")
class VerificationStartInput:
    """Of everything the account stores."""

    depth: VerificationDepth | None = strawberry.field(
        default=None, description="How closely to look; left out: `STRUCTURE`."
    )
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `verificationStart`.")
class VerificationStartErrorCode(Enum):
    """Closed."""

    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `verificationStart`.")
class VerificationStartUserError(UserError):
    """See the code."""

    code: VerificationStartErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `verificationStart` did.")
class VerificationStartPayload:
    """The operation, or errors."""

    operation: VerificationOperation | None = strawberry.field(
        default=None, description="The verification that was started. What is wrong becomes its warnings."
    )
    user_errors: list[VerificationStartUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class VerificationMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Verify all that the account stores, now. Returns at once; follow the operation.",
        extensions=[Scoped(Scope.VERIFICATION_START)],
    )
    async def verification_start(
        self,
        info: Info,
        input: Annotated[VerificationStartInput, strawberry.argument(description="The verification to start.")],  # noqa: A002 - GraphQL's convention
    ) -> VerificationStartPayload:
        """Write the operation and the key in one transaction; wake a worker after it."""
        viewer, key = info.context.require(Scope.VERIFICATION_START), input.idempotency_key
        depth = str((input.depth or VerificationDepth.STRUCTURE).value)
        if not 1 <= len(key) <= _KEY_LENGTH:
            return _wrong(VerificationStartErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
        async with info.context.session() as connection:
            try:
                answered = await idempotency.claim(connection, viewer.account_id, _MUTATION, key, [depth])
            except Conflict:
                message = "This key was used with other input."
                return _wrong(VerificationStartErrorCode.IDEMPOTENCY_KEY_REUSED, message)
            if answered is not None and answered.operation_id is not None:
                row = await operations.get(connection, viewer.account_id, answered.operation_id)
                return VerificationStartPayload(operation=verification_of(row))
            row = await start_verification(
                connection, account_id=viewer.account_id, depth=depth, created_by=viewer.member_id
            )
            await idempotency.settle(connection, viewer.account_id, _MUTATION, key, operation_id=row.operation_id)
        await info.context.services.wake(row.operation_id)
        return VerificationStartPayload(operation=verification_of(row))


def _wrong(code: VerificationStartErrorCode, message: str) -> VerificationStartPayload:
    error = VerificationStartUserError(field=["input", "idempotencyKey"], message=message, code=code)
    return VerificationStartPayload(user_errors=[error])
