"""Mutations of connections."""

from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.callback import NotConnected, Unreachable
from api.connecting import Wish, begin_oauth, connect
from api.context import Info
from api.mutations.connection_types import (
    AuthorizationInput,
    ConnectionAuthorizeErrorCode,
    ConnectionAuthorizeInput,
    ConnectionAuthorizePayload,
    ConnectionAuthorizeUserError,
    ConnectionCreateErrorCode,
    ConnectionCreateInput,
    ConnectionCreatePayload,
    ConnectionCreateUserError,
    ConnectionSetScopeErrorCode,
    ConnectionSetScopeInput,
    ConnectionSetScopePayload,
    ConnectionSetScopeUserError,
)
from api.types.connection import ConnectedApp
from connectors.base import AuthMethod, Connector
from connectors.errors import ConnectorError
from store import connected_apps
from store.accounts import valid_name
from store.errors import Invalid, NotFound
from store.record import ConnectionId

_VALUE_LENGTH = 10_000


class _Wrong(Exception):  # noqa: N818 - says what it is
    """A part of the input that is wrong: which, its code's name, and a sentence."""

    def __init__(self, field: list[str], code: str, message: str) -> None:
        super().__init__(message)
        self.field = ["input", *field]
        self.code = code
        self.message = message


@strawberry.type
class ConnectionMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description=(
            "Connect an app. The app is asked whose the credentials are before anything is kept; a backup begins in "
            "the evening, or with `backupStart`."
        ),
        extensions=[Scoped(Scope.CONNECTION_WRITE)],
    )
    async def connection_create(
        self,
        info: Info,
        input: Annotated[ConnectionCreateInput, strawberry.argument(description="The connection to make.")],  # noqa: A002 - GraphQL's convention
    ) -> ConnectionCreatePayload:
        """Check, ask the app, keep."""
        try:
            connector = _connector(info, input.app, ["app"], "UNKNOWN_APP")
            included, excluded = _scope(input.scope.included, input.scope.excluded) if input.scope else (None, [])
            wish = Wish(
                app=input.app,
                name=_name(input.name, connector),
                included=included,
                excluded=excluded,
                for_restores=input.for_restores,
            )
            row, url = await _authorize(info, connector, wish, input.authorization)
        except _Wrong as wrong:
            code = ConnectionCreateErrorCode[wrong.code]
            error = ConnectionCreateUserError(field=wrong.field, message=wrong.message, code=code)
            return ConnectionCreatePayload(user_errors=[error])
        return ConnectionCreatePayload(connection=row, authorize_url=url)

    @strawberry.mutation(
        description=(
            "Add a person's grant to a connection, or mend one that no longer works. Several grants widen what is "
            "reached, and stand in for each other."
        ),
        extensions=[Scoped(Scope.CONNECTION_WRITE)],
    )
    async def connection_authorize(
        self,
        info: Info,
        input: Annotated[ConnectionAuthorizeInput, strawberry.argument(description="The grant to add.")],  # noqa: A002 - GraphQL's convention
    ) -> ConnectionAuthorizePayload:
        """Check, ask the app, keep."""
        try:
            found = await _find(info, input.connection_id)
            connector = _connector(info, found.app, ["connectionId"], "METHOD_NOT_OFFERED")
            wish = Wish(
                app=found.app,
                name=found.name,
                connection_id=found.connection_id,
                for_restores=input.for_restores,
            )
            row, url = await _authorize(info, connector, wish, input.authorization)
        except _Wrong as wrong:
            code = ConnectionAuthorizeErrorCode[wrong.code]
            error = ConnectionAuthorizeUserError(field=wrong.field, message=wrong.message, code=code)
            return ConnectionAuthorizePayload(user_errors=[error])
        return ConnectionAuthorizePayload(connection=row, authorize_url=url)

    @strawberry.mutation(
        description=(
            "Say what of a connection to back up, from the next cycle on. Versions of what is now left out stay."
        ),
        extensions=[Scoped(Scope.CONNECTION_WRITE)],
    )
    async def connection_set_scope(
        self,
        info: Info,
        input: Annotated[ConnectionSetScopeInput, strawberry.argument(description="The scope to set.")],  # noqa: A002 - GraphQL's convention
    ) -> ConnectionSetScopePayload:
        """Replace it."""
        try:
            found = await _find(info, input.connection_id)
            included, excluded = _scope(input.scope.included, input.scope.excluded)
        except _Wrong as wrong:
            code = ConnectionSetScopeErrorCode[wrong.code]
            error = ConnectionSetScopeUserError(field=wrong.field, message=wrong.message, code=code)
            return ConnectionSetScopePayload(user_errors=[error])
        async with info.context.session() as connection:
            row = await connected_apps.set_scope(
                connection, info.context.account_id, found.connection_id, included=included, excluded=excluded
            )
        return ConnectionSetScopePayload(connection=ConnectedApp.of(row))


def _connector(info: Info, app: str, field: list[str], code: str) -> Connector:
    connector = info.context.services.connectors.get(app)
    if connector is None:
        raise _Wrong(field, code, "This Holdfast has no connector for that app.")
    return connector


async def _find(info: Info, text: str) -> connected_apps.ConnectedApp:
    try:
        connection_id = ConnectionId(ids.decode(text, ids.Prefix.CONNECTION))
    except ids.InvalidId:
        raise _Wrong(["connectionId"], "INVALID_ID", "That is not the id of a connection.") from None
    async with info.context.session() as connection:
        try:
            return await connected_apps.get(connection, info.context.account_id, connection_id)
        except NotFound:
            raise _Wrong(["connectionId"], "CONNECTION_NOT_FOUND", "There is no such connection.") from None


async def _authorize(
    info: Info, connector: Connector, wish: Wish, given: AuthorizationInput
) -> tuple[ConnectedApp | None, str | None]:
    services, account_id = info.context.services, info.context.account_id
    if given.oauth2 is not strawberry.UNSET:
        if not any(method.is_oauth2 for method in connector.spec.auth_methods) or not given.oauth2:
            raise _Wrong(["authorization", "oauth2"], "METHOD_NOT_OFFERED", "This app is not authorised by OAuth here.")
        try:
            return None, await begin_oauth(services, account_id, wish)
        except ConnectorError:
            message = "OAuth for this app is not set up on this Holdfast."
            raise _Wrong(["authorization", "oauth2"], "METHOD_NOT_OFFERED", message) from None
    where = ["authorization", "credentials"]
    values = {credential.name: credential.value for credential in given.credentials or ()}
    method = _method(connector, values)
    if method is None or any(not value or len(value) > _VALUE_LENGTH for value in values.values()):
        raise _Wrong(where, "CREDENTIALS_INCOMPLETE", "Give every field of one of the app's methods, and no other.")
    try:
        row = await connect(services, account_id, wish, method.name, values)
    except Unreachable as error:
        raise _Wrong(where, "APP_UNREACHABLE", str(error)) from None
    except NotConnected as error:
        raise _Wrong(where, "CREDENTIALS_REFUSED", str(error)) from None
    return ConnectedApp.of(row), None


def _method(connector: Connector, values: dict[str, str]) -> AuthMethod | None:
    """Find the method whose fields these are."""
    for method in connector.spec.auth_methods:
        required = {field.name for field in method.fields if field.required}
        if not method.is_oauth2 and required <= values.keys() <= {field.name for field in method.fields}:
            return method
    return None


def _name(given: str | None, connector: Connector) -> str:
    try:
        return valid_name(connector.spec.title if given is None else given)
    except Invalid:
        raise _Wrong(["name"], "INVALID_NAME", "A name has 1 to 200 printable characters.") from None


def _scope(included: list[str] | None, excluded: list[str]) -> tuple[list[str] | None, list[str]]:
    try:
        connected_apps.scope_document(included, excluded)
    except Invalid:
        raise _Wrong(["scope"], "INVALID_SCOPE", "A scope names at most 10,000 workspaces.") from None
    return included, excluded
