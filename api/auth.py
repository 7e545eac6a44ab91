"""Who asks, and what they may: tokens, roles and scopes."""

from dataclasses import dataclass
from enum import StrEnum
from inspect import isawaitable
from typing import Any

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension, SyncExtensionResolver
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from api.errors import ApiError, ErrorCode
from store import tokens
from store.database import Database
from store.members import Role
from store.record import AccountId, MemberId, TokenId


class Scope(StrEnum):
    """One thing a token may be allowed to do."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    TOKEN_WRITE = "token:write"  # noqa: S105 - a scope's name
    CONNECTION_READ = "connection:read"
    CONNECTION_WRITE = "connection:write"
    SNAPSHOT_READ = "snapshot:read"
    RECORD_READ = "record:read"
    OPERATION_READ = "operation:read"
    OPERATION_CANCEL = "operation:cancel"
    BACKUP_START = "backup:start"
    VERIFICATION_START = "verification:start"
    DESTINATION_WRITE = "destination:write"
    DRIVE_WRITE = "drive:write"
    RETENTION_WRITE = "retention:write"
    HOLD_WRITE = "hold:write"
    ERASURE_START = "erasure:start"
    RESTORE_START = "restore:start"
    EXPORT_START = "export:start"


# An auditor sees that everything was kept, and nothing of what it says.
_SEES = frozenset({Scope.ACCOUNT_READ, Scope.CONNECTION_READ, Scope.SNAPSHOT_READ, Scope.OPERATION_READ})
_AUDITOR = _SEES | {Scope.VERIFICATION_START}
_VIEWER = _SEES | {Scope.RECORD_READ}
_OPERATOR = (
    _AUDITOR
    | _VIEWER
    | {
        Scope.TOKEN_WRITE,
        Scope.CONNECTION_WRITE,
        Scope.OPERATION_CANCEL,
        Scope.BACKUP_START,
        Scope.DESTINATION_WRITE,
        Scope.DRIVE_WRITE,
        Scope.RESTORE_START,
        Scope.EXPORT_START,
    }
)

ALLOWED: dict[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(Scope),
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.VIEWER: frozenset(_VIEWER),
    Role.AUDITOR: _AUDITOR,
}
"""What each role allows. A token's scopes are narrowed to it at every request, so a lesser role counts at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is asking: a member, by a token."""

    account_id: AccountId
    member_id: MemberId
    token_id: TokenId
    token_sha256: bytes
    role: Role
    scopes: frozenset[str]


async def authenticate(database: Database, token: str) -> Viewer | None:
    """Find who holds a token; None when it is unknown, expired or revoked."""
    if not token.startswith(tokens.PREFIX):
        return None
    return await recognise(database, tokens.fingerprint(token))


async def recognise(database: Database, token_sha256: bytes) -> Viewer | None:
    """Find who holds the token with this SHA-256; asked again at each event of a subscription."""
    async with database.system() as connection:
        found = await tokens.living(connection, token_sha256)
    if found is None:
        return None
    token, role = found
    return Viewer(
        account_id=token.account_id,
        member_id=token.member_id,
        token_id=token.token_id,
        token_sha256=token_sha256,
        role=role,
        scopes=token.scopes & ALLOWED[role],
    )


def bearer(header: str | None) -> str | None:
    """Take the token out of an Authorization header; None when there is none of that scheme."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def require(viewer: Viewer | None, scope: Scope) -> Viewer:
    """Return the viewer, if this is theirs to ask."""
    if viewer is None:
        raise ApiError(ErrorCode.UNAUTHENTICATED, "Send a token: Authorization: Bearer hf_…")
    if scope not in viewer.scopes:
        raise ApiError(ErrorCode.FORBIDDEN, f"This needs the scope {scope.value}.", scope=scope.value)
    return viewer


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requiresScope",
    description="The scope a token needs to ask for this field.",
)
class RequiresScope:
    """How the schema says what `Scoped` enforces."""

    scope: str = strawberry.field(description="What `apiTokenCreate` can give.")


class Scoped(FieldExtension):
    """Asks for a scope before the field is resolved, and says so in the schema."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def apply(self, field: StrawberryField) -> None:
        """Document the scope, once: a field of an interface passes here again for each type that has it."""
        said = RequiresScope(scope=self.scope.value)
        if said not in field.directives:
            field.directives = [*field.directives, said]

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        """Check, then resolve."""
        require(info.context.viewer, self.scope)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: strawberry.Info, **kwargs: Any
    ) -> Any:
        """Check, then resolve."""
        require(info.context.viewer, self.scope)
        found: Any = next_(source, info, **kwargs)
        return await found if isawaitable(found) else found  # a subscription's is a stream
