"""What the mutations of connections take and give."""

from enum import Enum

import strawberry

from api.types.connection import ConnectedApp
from api.types.user_error import UserError


@strawberry.input(description="One value that a person gives to connect.")
class CredentialInput:
    """Named as in `App.authMethods`."""

    name: str = strawberry.field(description="Which value: the name of a field of the method.")
    value: str = strawberry.field(description="The value. It is sealed before it is kept, and never shown again.")


@strawberry.input(description="The way to authorise: exactly one.", one_of=True)
class AuthorizationInput:
    """A choice."""

    credentials: list[CredentialInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Values that a person copied from the app: every field of a method that is not OAuth.",
    )
    oauth2: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: open a page of the app. The payload says where to send the person."
    )


@strawberry.input(description="What of a connection to back up. Workspaces are named by the app's ids.")
class ConnectionScopeInput:
    """The whole scope, each time."""

    included: list[str] | None = strawberry.field(
        default=None, description="Only these workspaces, and what lies in them; left out: all that can be reached."
    )
    excluded: list[str] = strawberry.field(
        default_factory=list, description="Never these workspaces, nor what lies in them."
    )


@strawberry.input(description="The connection to make.")
class ConnectionCreateInput:
    """With its first grant."""

    app: str = strawberry.field(description="The app, by name: one of `apps`.")
    authorization: AuthorizationInput = strawberry.field(description="How Holdfast is let in.")
    name: str | None = strawberry.field(default=None, description="What to call it; left out: the app's title.")
    scope: ConnectionScopeInput | None = strawberry.field(
        default=None, description="What of it to back up; left out: all that can be reached."
    )
    for_restores: bool = strawberry.field(
        default=False, description="With OAuth: whether to ask for leave to write as well, which restores need."
    )


@strawberry.enum(description="What can be wrong with `connectionCreate`.")
class ConnectionCreateErrorCode(Enum):
    """Closed."""

    UNKNOWN_APP = strawberry.enum_value("UNKNOWN_APP", description="There is no connector for that app.")
    INVALID_NAME = strawberry.enum_value("INVALID_NAME", description="The name is empty, too long or not printable.")
    INVALID_SCOPE = strawberry.enum_value("INVALID_SCOPE", description="The scope names too many workspaces.")
    METHOD_NOT_OFFERED = strawberry.enum_value(
        "METHOD_NOT_OFFERED", description="The app is not authorised in that way, or not on this Holdfast."
    )
    CREDENTIALS_INCOMPLETE = strawberry.enum_value(
        "CREDENTIALS_INCOMPLETE", description="They are not the fields of one of the app's methods."
    )
    CREDENTIALS_REFUSED = strawberry.enum_value("CREDENTIALS_REFUSED", description="The app does not take them.")
    APP_UNREACHABLE = strawberry.enum_value("APP_UNREACHABLE", description="The app did not answer as it should.")


@strawberry.type(description="What is wrong with the input of `connectionCreate`.")
class ConnectionCreateUserError(UserError):
    """See the code."""

    code: ConnectionCreateErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `connectionCreate` did.")
class ConnectionCreatePayload:
    """The connection, or where to send the person, or errors."""

    connection: ConnectedApp | None = strawberry.field(
        default=None, description="The connection; null with OAuth, until the person has been to the app."
    )
    authorize_url: str | None = strawberry.field(
        default=None, description="With OAuth: where to send the person, within ten minutes."
    )
    user_errors: list[ConnectionCreateUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The grant to add.")
class ConnectionAuthorizeInput:
    """Another person's, or the same person's again."""

    connection_id: strawberry.ID = strawberry.field(description="The connection to widen or mend.")
    authorization: AuthorizationInput = strawberry.field(description="How Holdfast is let in.")
    for_restores: bool = strawberry.field(
        default=False, description="With OAuth: whether to ask for leave to write as well, which restores need."
    )


@strawberry.enum(description="What can be wrong with `connectionAuthorize`.")
class ConnectionAuthorizeErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    METHOD_NOT_OFFERED = strawberry.enum_value(
        "METHOD_NOT_OFFERED", description="The app is not authorised in that way, or not on this Holdfast."
    )
    CREDENTIALS_INCOMPLETE = strawberry.enum_value(
        "CREDENTIALS_INCOMPLETE", description="They are not the fields of one of the app's methods."
    )
    CREDENTIALS_REFUSED = strawberry.enum_value("CREDENTIALS_REFUSED", description="The app does not take them.")
    APP_UNREACHABLE = strawberry.enum_value("APP_UNREACHABLE", description="The app did not answer as it should.")


@strawberry.type(description="What is wrong with the input of `connectionAuthorize`.")
class ConnectionAuthorizeUserError(UserError):
    """See the code."""

    code: ConnectionAuthorizeErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `connectionAuthorize` did.")
class ConnectionAuthorizePayload:
    """The connection, or where to send the person, or errors."""

    connection: ConnectedApp | None = strawberry.field(default=None, description="The connection as it is now.")
    authorize_url: str | None = strawberry.field(
        default=None, description="With OAuth: where to send the person, within ten minutes."
    )
    user_errors: list[ConnectionAuthorizeUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="The scope to set.")
class ConnectionSetScopeInput:
    """It replaces the one before."""

    connection_id: strawberry.ID = strawberry.field(description="The connection.")
    scope: ConnectionScopeInput = strawberry.field(description="What to back up from the next cycle on.")


@strawberry.enum(description="What can be wrong with `connectionSetScope`.")
class ConnectionSetScopeErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="That is not the id of a connection.")
    CONNECTION_NOT_FOUND = strawberry.enum_value("CONNECTION_NOT_FOUND", description="There is no such connection.")
    INVALID_SCOPE = strawberry.enum_value("INVALID_SCOPE", description="The scope names too many workspaces.")


@strawberry.type(description="What is wrong with the input of `connectionSetScope`.")
class ConnectionSetScopeUserError(UserError):
    """See the code."""

    code: ConnectionSetScopeErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `connectionSetScope` did.")
class ConnectionSetScopePayload:
    """The connection, or errors."""

    connection: ConnectedApp | None = strawberry.field(default=None, description="The connection as it is now.")
    user_errors: list[ConnectionSetScopeUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )
