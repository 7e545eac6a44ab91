"""Mutations of the account itself."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated

import strawberry

from api.auth import Scope, Scoped
from api.context import Info
from api.types.account import Account
from api.types.user_error import UserError
from store import accounts
from store.errors import Invalid
from workers.schedule import reschedule


@strawberry.input(description="What to change of the account; what is left out stays.")
class AccountUpdateInput:
    """Both may be left out."""

    name: str | None = strawberry.field(default=None, description="Its name: 1 to 200 characters.")
    time_zone: str | None = strawberry.field(
        default=None, description="An IANA name, such as `Europe/Berlin`; backups run in the evening there."
    )


@strawberry.enum(description="What can be wrong with `accountUpdate`.")
class AccountUpdateErrorCode(Enum):
    """Closed."""

    INVALID_NAME = strawberry.enum_value("INVALID_NAME", description="The name is empty, too long or not printable.")
    UNKNOWN_TIME_ZONE = strawberry.enum_value("UNKNOWN_TIME_ZONE", description="There is no such time zone.")


@strawberry.type(description="What is wrong with the input of `accountUpdate`.")
class AccountUpdateUserError(UserError):
    """See the code."""

    code: AccountUpdateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `accountUpdate` did.")
class AccountUpdatePayload:
    """The account, or errors."""

    account: Account | None = strawberry.field(default=None, description="The account as it is now.")
    user_errors: list[AccountUpdateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class AccountMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Change the account's name or time zone.", extensions=[Scoped(Scope.ACCOUNT_WRITE)]
    )
    async def account_update(
        self,
        info: Info,
        input: Annotated[AccountUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002 - GraphQL's convention
    ) -> AccountUpdatePayload:
        """Check each part, then write once."""
        errors = []
        if _refused(accounts.valid_name, input.name):
            errors.append(
                _error("name", AccountUpdateErrorCode.INVALID_NAME, "A name has 1 to 200 printable characters.")
            )
        if _refused(accounts.valid_time_zone, input.time_zone):
            errors.append(_error("timeZone", AccountUpdateErrorCode.UNKNOWN_TIME_ZONE, "There is no such time zone."))
        if errors:
            return AccountUpdatePayload(user_errors=errors)
        async with info.context.session() as connection:
            row = await accounts.update(connection, info.context.account_id, name=input.name, time_zone=input.time_zone)
            if input.time_zone is not None:
                await reschedule(connection, row.account_id, row.time_zone, info.context.services.now())
        return AccountUpdatePayload(account=Account.of(row))


def _refused(check: Callable[[str], str], value: str | None) -> bool:
    if value is None:
        return False
    try:
        check(value)
    except Invalid:
        return True
    return False


def _error(field: str, code: AccountUpdateErrorCode, message: str) -> AccountUpdateUserError:
    return AccountUpdateUserError(field=["input", field], message=message, code=code)
