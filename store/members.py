"""Members: the people of an account, each in one role."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid4

from store import queries
from store.accounts import valid_name
from store.database import Connection
from store.errors import Conflict, Invalid, NotFound
from store.record import AccountId, MemberId

_SQL = queries.load("members")
_EMAIL_LENGTH = 254


class Role(StrEnum):
    """What a member may do, at most; `api.auth` says which scopes each allows."""

    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One row."""

    member_id: MemberId
    account_id: AccountId
    email: str
    name: str
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**{**row, "role": Role(row["role"])})


async def create(connection: Connection, *, account_id: AccountId, email: str, name: str, role: Role) -> Member:
    """Add a member; Conflict when the account already has one with this address, Invalid when it is no address."""
    address = email.strip().lower()
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > _EMAIL_LENGTH or " " in address or not address.isprintable():
        raise Invalid("an e-mail address is a name, @ and a domain")
    row = await connection.fetchrow(_SQL.create, MemberId(uuid4()), account_id, address, valid_name(name), role)
    if row is None:
        raise Conflict("the account already has a member with this address")
    return Member.of(row)


async def get(connection: Connection, account_id: AccountId, member_id: MemberId) -> Member:
    """Read one; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.get, account_id, member_id)
    if row is None:
        raise NotFound(f"no member {member_id}")
    return Member.of(row)


async def by_email(connection: Connection, account_id: AccountId, email: str) -> Member | None:
    """Find one by address."""
    row = await connection.fetchrow(_SQL.by_email, account_id, email.strip().lower())
    return None if row is None else Member.of(row)


async def of_account(connection: Connection, account_id: AccountId) -> list[Member]:
    """List an account's members, oldest first."""
    return [Member.of(row) for row in await connection.fetch(_SQL.of_account, account_id)]
