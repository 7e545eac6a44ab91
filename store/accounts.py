"""Accounts: a tenant's name and time zone. Everything else hangs below one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from store import queries
from store.database import Connection
from store.errors import Invalid, NotFound
from store.record import AccountId

NAME_LENGTH = 200

_SQL = queries.load("accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One row."""

    account_id: AccountId
    name: str
    time_zone: str
    """IANA name: backups run in the evening there."""
    created_at: datetime


async def create(
    connection: Connection, *, name: str, time_zone: str = "UTC", account_id: AccountId | None = None
) -> Account:
    """Add an account, without members or keys; Invalid for a name or time zone that is none.

    The transaction must be the system's, or be bound to the `account_id` given.
    """
    row = await connection.fetchrow(
        _SQL.create, account_id or AccountId(uuid4()), valid_name(name), valid_time_zone(time_zone)
    )
    assert row is not None
    return Account(**row)


async def get(connection: Connection, account_id: AccountId) -> Account:
    """Read one; NotFound when there is none."""
    row = await connection.fetchrow(_SQL.get, account_id)
    if row is None:
        raise NotFound(f"no account {account_id}")
    return Account(**row)


async def every(connection: Connection) -> list[Account]:
    """List the accounts this transaction may see, oldest first, without erased ones: all in the system's."""
    return [Account(**row) for row in await connection.fetch(_SQL.every)]


async def update(
    connection: Connection, account_id: AccountId, *, name: str | None = None, time_zone: str | None = None
) -> Account:
    """Change what is given; Invalid for a name or time zone that is none, NotFound when there is no such account."""
    row = await connection.fetchrow(
        _SQL.update,
        account_id,
        None if name is None else valid_name(name),
        None if time_zone is None else valid_time_zone(time_zone),
    )
    if row is None:
        raise NotFound(f"no account {account_id}")
    return Account(**row)


def valid_name(name: str) -> str:
    """Return a name without outer space; Invalid when it is empty, too long, or holds control characters."""
    name = name.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid(f"a name has 1 to {NAME_LENGTH} printable characters")
    return name


def valid_time_zone(time_zone: str) -> str:
    """Return an IANA time zone's name; Invalid when there is none of that name."""
    try:
        return ZoneInfo(time_zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("a time zone is an IANA name, such as Europe/Berlin") from None
