"""Account, members and tokens: who uses Holdfast."""

from datetime import datetime
from enum import Enum
from typing import Self

import strawberry

from api import ids, lists
from api.arguments import After, Before, First, Last, Slice
from api.auth import Scope, Scoped
from api.context import Info
from api.page import Connection
from api.types.drive import DriveDestination
from api.types.keeping import Hold, Retention
from api.types.log import Log
from api.types.node import Node
from store import accounts, drive, holds, members, retentions, tokens
from store.members import Role as StoredRole


@strawberry.enum(description="What a member may do.")
class Role(Enum):
    """`store.members.Role`, described."""

    OWNER = strawberry.enum_value(StoredRole.OWNER, description="Everything.")
    OPERATOR = strawberry.enum_value(
        StoredRole.OPERATOR, description="Connect apps, start and cancel work, make tokens; read everything."
    )
    VIEWER = strawberry.enum_value(StoredRole.VIEWER, description="Read everything, change nothing.")
    AUDITOR = strawberry.enum_value(
        StoredRole.AUDITOR, description="See that everything was kept, and nothing of what the records say."
    )


@strawberry.type(description="A person in the account.")
class Member(Node):
    """A row of `members`."""

    email: str = strawberry.field(description="Their address: one member has it, in this account.")
    name: str = strawberry.field(description="Their name.")
    role: Role = strawberry.field(description="What they may do.")
    created_at: datetime = strawberry.field(description="When they joined.")

    @classmethod
    def of(cls, row: members.Member) -> Self:
        """Show a member."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.MEMBER, row.member_id)),
            email=row.email,
            name=row.name,
            role=Role(row.role),
            created_at=row.created_at,
        )


@strawberry.type(
    description="A token that lets a program act for a member, within scopes. The token itself is not kept."
)
class ApiToken(Node):
    """A row of `api_tokens`."""

    name: str = strawberry.field(description="What it was called when it was made.")
    scopes: list[str] = strawberry.field(
        description="What it may do, so long as its member's role allows it too: `record:read`, `backup:start`."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it stops working; null: it does not.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null: it was not.")

    @classmethod
    def of(cls, row: tokens.ApiToken) -> Self:
        """Show a token's row."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.TOKEN, row.token_id)),
            name=row.name,
            scopes=sorted(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@strawberry.type(description="A tenant: its members, keys and connections. Nothing crosses from one to another.")
class Account(Node):
    """A row of `accounts`."""

    name: str = strawberry.field(description="Its name.")
    time_zone: str = strawberry.field(description="An IANA name; backups run in the evening there.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, row: accounts.Account) -> Self:
        """Show an account."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.ACCOUNT, row.account_id)),
            name=row.name,
            time_zone=row.time_zone,
            created_at=row.created_at,
        )

    @strawberry.field(description="Its members, oldest first.", extensions=[Scoped(Scope.ACCOUNT_READ)])
    async def members(self, info: Info) -> list[Member]:
        """A team is small: all of them at once."""
        async with info.context.session() as connection:
            return [Member.of(row) for row in await members.of_account(connection, info.context.account_id)]

    @strawberry.field(
        description="What happened to its backups, under a signed head; null before the first.",
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def log(self, info: Info) -> Log | None:
        """As it stands now."""
        async with info.context.session() as connection:
            return await Log.of(connection, info.context.account_id)

    @strawberry.field(
        description="Its copy in Google Drive; null where none is connected.",
        extensions=[Scoped(Scope.CONNECTION_READ)],
    )
    async def drive(self, info: Info) -> DriveDestination | None:
        """An account has one at most."""
        keys = await info.context.keys()
        async with info.context.session() as connection:
            row = await drive.find(connection, info.context.account_id)
        return None if row is None else DriveDestination.of(row, keys)

    @strawberry.field(
        description="How many snapshots its connections keep that have no retention of their own; null: all.",
        extensions=[Scoped(Scope.ACCOUNT_READ)],
    )
    async def retention(self, info: Info) -> Retention | None:
        """The account's own."""
        async with info.context.session() as connection:
            found = (await retentions.of_account(connection, info.context.account_id)).get(None)
        return Retention.of(found) if found else None

    @strawberry.field(
        description="Its legal holds, oldest first, lifted ones too.", extensions=[Scoped(Scope.ACCOUNT_READ)]
    )
    async def holds(self, info: Info) -> list[Hold]:
        """There are few: all of them at once."""
        keys = await info.context.keys()
        async with info.context.session() as connection:
            return [Hold.of(row) for row in await holds.of_account(connection, keys)]

    @strawberry.field(
        description="Its API tokens, oldest first: an owner sees everybody's, others their own.",
        extensions=[Scoped(Scope.ACCOUNT_READ)],
    )
    async def api_tokens(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ApiToken]:
        """Revoked and expired ones too."""
        return await lists.list_tokens(info, Slice(first=first, after=after, last=last, before=before), ApiToken.of)


@strawberry.type(description="Who is asking: a member, by a token.")
class Viewer:
    """The token and its member."""

    member: Member = strawberry.field(description="The member for whom the token acts.")
    token: ApiToken = strawberry.field(description="The token itself.")
    scopes: list[str] = strawberry.field(
        description="What this request may do: the token's scopes, as far as the member's role allows them."
    )
