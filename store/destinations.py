"""Destinations: where an account is told what happened. Addresses and signing secrets are sealed."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType, Self
from uuid import UUID, uuid4

import msgspec

from store import queries
from store.database import Connection
from store.errors import NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId

DestinationId = NewType("DestinationId", UUID)

_SQL = queries.load("destinations")
OLD_SECRET_WORKS = timedelta(hours=24)
"""How long a secret that was replaced still signs, beside the new one."""
_SECRET_BYTES = 32


class Channel(StrEnum):
    """How it is told."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What is sealed of a destination."""

    to: str
    """An e-mail address or a URL."""
    secret: str = field(default="", repr=False)
    """What a webhook is signed with: `whsec_` and Base64."""
    old_secret: str = field(default="", repr=False)
    old_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One row."""

    destination_id: DestinationId
    account_id: AccountId
    channel: Channel
    sealed: bytes = field(repr=False)
    kinds: list[str] | None
    """Which events it gets; None: every alert."""
    is_paused: bool
    failing_since: datetime | None
    reason: str | None
    arrived_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__} | {"channel": Channel(row["channel"])})

    def address(self, keys: AccountKeys) -> Address:
        """Open where it is and what it is signed with."""
        return msgspec.json.decode(open_secret(keys, self.sealed, _purpose(self.destination_id)), type=Address)


def new_secret() -> str:
    """Make what a webhook is signed with, as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


async def create(
    connection: Connection,
    keys: AccountKeys,
    *,
    account_id: AccountId,
    channel: Channel,
    address: Address,
    kinds: Iterable[str] | None,
) -> Destination:
    """Add one."""
    destination_id = DestinationId(uuid4())
    sealed = _seal(keys, destination_id, address)
    named = None if kinds is None else sorted(set(kinds))
    return Destination.of(await connection.fetchrow(_SQL.create, destination_id, account_id, channel, sealed, named))


async def get(connection: Connection, account_id: AccountId, destination_id: DestinationId) -> Destination:
    """Read one; NotFound when this account has none of that id."""
    return _found(await connection.fetchrow(_SQL.get, account_id, destination_id), destination_id)


async def of_account(connection: Connection, account_id: AccountId) -> list[Destination]:
    """List an account's, oldest first."""
    return [Destination.of(row) for row in await connection.fetch(_SQL.of_account, account_id)]


async def update(
    connection: Connection,
    account_id: AccountId,
    destination_id: DestinationId,
    *,
    kinds: Sequence[str] | None,
    is_paused: bool,
) -> Destination:
    """Say what it gets, and whether; NotFound when this account has none of that id."""
    named = None if kinds is None else sorted(set(kinds))
    row = await connection.fetchrow(_SQL.update, account_id, destination_id, named, is_paused)
    return _found(row, destination_id)


async def replace_secret(
    connection: Connection, keys: AccountKeys, destination: Destination, now: datetime
) -> tuple[Destination, str]:
    """Give a webhook a new secret; the one before signs for another day, beside it."""
    before = destination.address(keys)
    address = Address(to=before.to, secret=new_secret(), old_secret=before.secret, old_until=now + OLD_SECRET_WORKS)
    sealed = _seal(keys, destination.destination_id, address)
    row = await connection.fetchrow(_SQL.reseal, destination.account_id, destination.destination_id, sealed)
    return _found(row, destination.destination_id), address.secret


async def remove(connection: Connection, account_id: AccountId, destination_id: DestinationId) -> None:
    """Forget one, with what was on its way; NotFound when this account has none of that id."""
    if await connection.fetchval(_SQL.remove, account_id, destination_id) is None:
        raise NotFound(f"no destination {destination_id}")


async def told(
    connection: Connection, account_id: AccountId, destination_id: DestinationId, *, reason: str | None
) -> None:
    """Keep that something arrived just now, or why it did not."""
    await connection.execute(_SQL.told, account_id, destination_id, reason)


def _seal(keys: AccountKeys, destination_id: DestinationId, address: Address) -> bytes:
    return seal_secret(keys, msgspec.json.encode(address), _purpose(destination_id))


def _purpose(destination_id: DestinationId) -> str:
    return f"destination {destination_id}"


def _found(row: Any, destination_id: DestinationId) -> Destination:
    if row is None:
        raise NotFound(f"no destination {destination_id}")
    return Destination.of(row)
