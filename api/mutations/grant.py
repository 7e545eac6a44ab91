"""Mutations that name a connection anew, pause it, and let a grant go."""

from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.ids import InvalidId, Prefix
from api.types.connection import ConnectedApp
from api.types.user_error import UserError
from store import connected_apps, grants
from store.errors import Invalid, NotFound
from store.record import ConnectionId, GrantId
from workers.grants import judge_status


@strawberry.input(description="What to change of a connection; what is left out stays.")
class ConnectionUpdateInput:
    """Not its scope: that is `connectionSetScope`."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    name: str | None = strawberry.field(default=None, description="What to call it: 1 to 200 characters.")
    is_paused: bool | None = strawberry.field(
        default=None, description="Whether it is backed up only when asked. The app is then asked to call no more."
    )


@strawberry.enum(description="What can be wrong with `connectionUpdate`.")
class ConnectionUpdateErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    INVALID_NAME = strawberry.enum_value("INVALID_NAME", description="The name is empty, too long or not printable.")


@strawberry.type(description="What is wrong with the input of `connectionUpdate`.")
class ConnectionUpdateUserError(UserError):
    """See the code."""

    code: ConnectionUpdateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `connectionUpdate` did.")
class ConnectionUpdatePayload:
    """The connection, or errors."""

    connection: ConnectedApp | None = strawberry.field(default=None, description="The connection as it is now.")
    user_errors: list[ConnectionUpdateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The grant to remove.")
class GrantRemoveInput:
    """Its credentials are destroyed."""

    id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.enum(description="What can be wrong with `grantRemove`.")
class GrantRemoveErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a grant.")
    GRANT_NOT_FOUND = strawberry.enum_value("GRANT_NOT_FOUND", description="There is no such grant.")


@strawberry.type(description="What is wrong with the input of `grantRemove`.")
class GrantRemoveUserError(UserError):
    """See the code."""

    code: GrantRemoveErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `grantRemove` did.")
class GrantRemovePayload:
    """The connection without it, or errors."""

    connection: ConnectedApp | None = strawberry.field(
        default=None, description="The connection, which the grants that are left back up as far as they reach."
    )
    user_errors: list[GrantRemoveUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class GrantMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Call a connection something else, pause it or go on with it.",
        extensions=[Scoped(Scope.CONNECTION_WRITE)],
    )
    async def connection_update(
        self,
        info: Info,
        input: Annotated[ConnectionUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002 - GraphQL's convention
    ) -> ConnectionUpdatePayload:
        """All of it, or nothing."""
        code, account_id = ConnectionUpdateErrorCode, info.context.account_id
        try:
            connection_id = ConnectionId(ids.decode(input.connection_id, Prefix.CONNECTION))
            async with info.context.session() as connection:
                row = await connected_apps.get(connection, account_id, connection_id)
                if input.name is not None:
                    row = await connected_apps.set_name(connection, account_id, connection_id, input.name)
                if input.is_paused is not None:
                    row = await judge_status(connection, row, is_paused=input.is_paused)
        except InvalidId:
            return _not_updated("connectionId", code.INVALID_ID, "That is not the id of a connection.")
        except NotFound:
            return _not_updated("connectionId", code.CONNECTION_NOT_FOUND, "There is no such connection.")
        except Invalid:
            return _not_updated("name", code.INVALID_NAME, "A name has 1 to 200 printable characters.")
        return ConnectionUpdatePayload(connection=ConnectedApp.of(row))

    @strawberry.mutation(
        description=(
            "Let a person's grant go and destroy its credentials. The others stand in for it as far as they reach; "
            "what is held stays. The app itself may list the grant until its owner removes it there."
        ),
        extensions=[Scoped(Scope.CONNECTION_WRITE)],
    )
    async def grant_remove(
        self,
        info: Info,
        input: Annotated[GrantRemoveInput, strawberry.argument(description="The grant to remove.")],  # noqa: A002 - GraphQL's convention
    ) -> GrantRemovePayload:
        """With what the app was asked to call about by it."""
        account_id = info.context.account_id
        try:
            grant_id = GrantId(ids.decode(input.id, Prefix.GRANT))
            async with info.context.session() as connection:
                removed = await grants.remove(connection, account_id, grant_id)
                row = await connected_apps.get(connection, account_id, removed.connection_id)
                row = await judge_status(connection, row)
        except InvalidId:
            return _not_removed(GrantRemoveErrorCode.INVALID_ID, "That is not the id of a grant.")
        except NotFound:
            return _not_removed(GrantRemoveErrorCode.GRANT_NOT_FOUND, "There is no such grant.")
        return GrantRemovePayload(connection=ConnectedApp.of(row))


def _not_updated(field: str, code: ConnectionUpdateErrorCode, message: str) -> ConnectionUpdatePayload:
    error = ConnectionUpdateUserError(field=["input", field], message=message, code=code)
    return ConnectionUpdatePayload(user_errors=[error])


def _not_removed(code: GrantRemoveErrorCode, message: str) -> GrantRemovePayload:
    return GrantRemovePayload(user_errors=[GrantRemoveUserError(field=["input", "id"], message=message, code=code)])
