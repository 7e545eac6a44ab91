"""Mutations of API tokens."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.types.account import ApiToken
from api.types.user_error import UserError
from store import tokens
from store.accounts import valid_name
from store.errors import Invalid, NotFound
from store.members import Role
from store.record import TokenId


@strawberry.input(description="The token to make.")
class ApiTokenCreateInput:
    """It acts for whoever makes it."""

    name: str = strawberry.field(description="What it is for: 1 to 200 characters.")
    scopes: list[str] = strawberry.field(description="What it may do: some of the scopes that `viewer` lists.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it stops working; left out: not until it is revoked."
    )


@strawberry.enum(description="What can be wrong with `apiTokenCreate`.")
class ApiTokenCreateErrorCode(Enum):
    """Closed."""

    INVALID_NAME = strawberry.enum_value("INVALID_NAME", description="The name is empty, too long or not printable.")
    UNKNOWN_SCOPE = strawberry.enum_value("UNKNOWN_SCOPE", description="There is no such scope, or none was given.")
    SCOPE_NOT_HELD = strawberry.enum_value(
        "SCOPE_NOT_HELD", description="The token that asks does not have this scope, so it cannot give it on."
    )
    EXPIRED = strawberry.enum_value("EXPIRED", description="The moment of expiry has passed already.")


@strawberry.type(description="What is wrong with the input of `apiTokenCreate`.")
class ApiTokenCreateUserError(UserError):
    """See the code."""

    code: ApiTokenCreateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `apiTokenCreate` did.")
class ApiTokenCreatePayload:
    """The token, or errors."""

    token: str | None = strawberry.field(default=None, description="The token itself: shown this once, and not kept.")
    api_token: ApiToken | None = strawberry.field(default=None, description="What is kept of it.")
    user_errors: list[ApiTokenCreateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The token to revoke.")
class ApiTokenRevokeInput:
    """One's own; an owner, anybody's."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `apiTokenRevoke`.")
class ApiTokenRevokeErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a token.")
    TOKEN_NOT_FOUND = strawberry.enum_value("TOKEN_NOT_FOUND", description="There is no such token to revoke.")


@strawberry.type(description="What is wrong with the input of `apiTokenRevoke`.")
class ApiTokenRevokeUserError(UserError):
    """See the code."""

    code: ApiTokenRevokeErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `apiTokenRevoke` did.")
class ApiTokenRevokePayload:
    """The token, or errors."""

    api_token: ApiToken | None = strawberry.field(default=None, description="The token's row, revoked.")
    user_errors: list[ApiTokenRevokeUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class TokenMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Make a token for yourself, with no more than you may do.", extensions=[Scoped(Scope.TOKEN_WRITE)]
    )
    async def api_token_create(
        self,
        info: Info,
        input: Annotated[ApiTokenCreateInput, strawberry.argument(description="The token to make.")],  # noqa: A002 - GraphQL's convention
    ) -> ApiTokenCreatePayload:
        """Check each part, then make it."""
        viewer = info.context.require(Scope.TOKEN_WRITE)
        errors = _wrong(input, viewer.scopes, info.context.services.now())
        if errors:
            return ApiTokenCreatePayload(user_errors=errors)
        async with info.context.session() as connection:
            token, row = await tokens.issue_token(
                connection,
                account_id=viewer.account_id,
                member_id=viewer.member_id,
                name=input.name,
                scopes=input.scopes,
                expires_at=input.expires_at,
            )
        return ApiTokenCreatePayload(token=token, api_token=ApiToken.of(row))

    @strawberry.mutation(
        description="End a token at once: your own or, as owner, anybody's.", extensions=[Scoped(Scope.TOKEN_WRITE)]
    )
    async def api_token_revoke(
        self,
        info: Info,
        input: Annotated[ApiTokenRevokeInput, strawberry.argument(description="The token to revoke.")],  # noqa: A002 - GraphQL's convention
    ) -> ApiTokenRevokePayload:
        """Somebody else's is as one that is not there."""
        viewer = info.context.require(Scope.TOKEN_WRITE)
        try:
            token_id = TokenId(ids.decode(input.id, ids.Prefix.TOKEN))
        except ids.InvalidId:
            return _not_revoked(ApiTokenRevokeErrorCode.INVALID_ID, "That is not the id of a token.")
        async with info.context.session() as connection:
            try:
                row = await tokens.get(connection, viewer.account_id, token_id)
            except NotFound:
                row = None
            if row is None or (row.member_id != viewer.member_id and viewer.role is not Role.OWNER):
                return _not_revoked(ApiTokenRevokeErrorCode.TOKEN_NOT_FOUND, "There is no such token.")
            row = await tokens.revoke(connection, viewer.account_id, token_id)
        return ApiTokenRevokePayload(api_token=ApiToken.of(row))


def _wrong(given: ApiTokenCreateInput, held: frozenset[str], now: datetime) -> list[ApiTokenCreateUserError]:
    errors = []
    try:
        valid_name(given.name)
    except Invalid:
        errors.append(_error("name", ApiTokenCreateErrorCode.INVALID_NAME, "A name has 1 to 200 printable characters."))
    unknown = set(given.scopes) - set(Scope)
    if unknown or not given.scopes:
        errors.append(_error("scopes", ApiTokenCreateErrorCode.UNKNOWN_SCOPE, "Give at least one scope that there is."))
    elif not set(given.scopes) <= held:
        errors.append(
            _error("scopes", ApiTokenCreateErrorCode.SCOPE_NOT_HELD, "You cannot give a scope that you do not have.")
        )
    if given.expires_at is not None and given.expires_at <= now:
        errors.append(_error("expiresAt", ApiTokenCreateErrorCode.EXPIRED, "That moment has passed."))
    return errors


def _error(field: str, code: ApiTokenCreateErrorCode, message: str) -> ApiTokenCreateUserError:
    return ApiTokenCreateUserError(field=["input", field], message=message, code=code)


def _not_revoked(code: ApiTokenRevokeErrorCode, message: str) -> ApiTokenRevokePayload:
    return ApiTokenRevokePayload(
        user_errors=[ApiTokenRevokeUserError(field=["input", "id"], message=message, code=code)]
    )
