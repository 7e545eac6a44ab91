"""Legal holds: while one lies on a connection or an account, nothing of it is given up, erased or collected.

Placing and lifting are entries of the log. Who did it and why lies sealed, in Postgres and in the bucket, and the
entry commits to it (`store.statement`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self
from uuid import uuid4

from store import keeping, log_entry, statement
from store.database import Connection
from store.errors import Conflict, Held, Invalid, NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.log import Log
from store.queries import load
from store.record import AccountId, ConnectionId, HoldId
from store.repository import Repository

REASON_LENGTH = 2000

_SQL = load("keeping")
_PURPOSE = "hold reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One row, opened."""

    hold_id: HoldId
    connection_id: ConnectionId | None
    """None: the whole account."""
    reason: str
    placed_by: str
    placed_at: datetime
    lift_reason: str | None
    lifted_by: str | None
    lifted_at: datetime | None
    """None: it holds."""

    @classmethod
    def of(cls, row: Any, keys: AccountKeys) -> Self:
        """Open a row."""
        lifted = row["sealed_lift_reason"]
        return cls(
            hold_id=HoldId(row["hold_id"]),
            connection_id=row["connection_id"],
            reason=open_secret(keys, row["sealed_reason"], _PURPOSE).decode(),
            placed_by=row["placed_by"],
            placed_at=row["placed_at"],
            lift_reason=None if lifted is None else open_secret(keys, lifted, _PURPOSE).decode(),
            lifted_by=row["lifted_by"],
            lifted_at=row["lifted_at"],
        )


class Word(NamedTuple):
    """Who said that a hold is to lie, or to lie no more, and why."""

    reason: str
    by: str
    at: datetime


async def place(repository: Repository, connection_id: ConnectionId | None, *, reason: str, by: str) -> Hold:
    """Place a hold. What is being taken away meanwhile is waited for; afterwards nothing is, until it is lifted.

    Invalid without a reason, NotFound when the account has no such connection. Publish the log next.
    """
    word = Word(valid_reason(reason), by, datetime.now(UTC))
    account_id, keys, hold_id = repository.account_id, repository.keys, HoldId(uuid4())
    said = await _keep(repository, hold_id, connection_id, word, placed=True)
    async with repository.database.account(account_id) as connection:
        await keeping.holding(connection, account_id)
        await _need_connection(connection, account_id, connection_id)
        await put(connection, keys, hold_id, connection_id, word)
        entry = log_entry.hold(keys, connection_id, hold_id, placed=True, said=said, at=word.at)
        await Log(repository).append(connection, entry)
        return await get(connection, keys, hold_id)


async def lift(repository: Repository, hold_id: HoldId, *, reason: str, by: str) -> Hold:
    """Lift a hold. Invalid without a reason, NotFound when there is none, Conflict when it was lifted before."""
    word = Word(valid_reason(reason), by, datetime.now(UTC))
    account_id, keys = repository.account_id, repository.keys
    async with repository.database.account(account_id) as connection:
        held = await get(connection, keys, hold_id)
    if held.lifted_at is not None:
        raise Conflict(f"hold {hold_id} was lifted before")
    said = await _keep(repository, hold_id, held.connection_id, word, placed=False)
    async with repository.database.account(account_id) as connection:
        if not await put_lifted(connection, keys, hold_id, word):
            raise Conflict(f"hold {hold_id} was lifted by somebody else meanwhile")
        entry = log_entry.hold(keys, held.connection_id, hold_id, placed=False, said=said, at=word.at)
        await Log(repository).append(connection, entry)
        return await get(connection, keys, hold_id)


async def put(
    connection: Connection, keys: AccountKeys, hold_id: HoldId, connection_id: ConnectionId | None, word: Word
) -> None:
    """Insert the row of a hold that lies from then on."""
    sealed = seal_secret(keys, word.reason.encode(), _PURPOSE)
    values = (hold_id, keys.account_id, connection_id, sealed, word.by, word.at)
    await connection.execute(_SQL.place_hold, *values)


async def put_lifted(connection: Connection, keys: AccountKeys, hold_id: HoldId, word: Word) -> bool:
    """Note that it lies no more from then on; False when it did not."""
    sealed = seal_secret(keys, word.reason.encode(), _PURPOSE)
    row = await connection.fetchrow(_SQL.lift_hold, keys.account_id, hold_id, word.at, word.by, sealed)
    return row is not None


async def get(connection: Connection, keys: AccountKeys, hold_id: HoldId) -> Hold:
    """Read one; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.hold, keys.account_id, hold_id)
    if row is None:
        raise NotFound(f"no hold {hold_id}")
    return Hold.of(row, keys)


async def of_account(connection: Connection, keys: AccountKeys) -> list[Hold]:
    """List an account's holds, the oldest first, lifted ones too."""
    return [Hold.of(row, keys) for row in await connection.fetch(_SQL.holds, keys.account_id)]


async def forbid_account(connection: Connection, account_id: AccountId) -> None:
    """Held when a hold lies on the whole account."""
    hold_id = await connection.fetchval(_SQL.holding_account, account_id)
    if hold_id is not None:
        raise Held(f"legal hold {hold_id} forbids taking anything away")


def valid_reason(reason: str) -> str:
    """Return a reason without outer space; Invalid when it is empty or too long."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH or "\0" in reason:
        raise Invalid(f"a reason has 1 to {REASON_LENGTH} characters")
    return reason


async def _keep(
    repository: Repository, hold_id: HoldId, connection_id: ConnectionId | None, word: Word, *, placed: bool
) -> statement.Statement:
    said = {
        "hold": str(hold_id),
        "connection": None if connection_id is None else str(connection_id),
        "placed": placed,
        "reason": word.reason,
        "by": word.by,
        "at": word.at.isoformat(),
    }
    return await statement.keep(repository.backend, repository.keys, said)


async def _need_connection(connection: Connection, account_id: AccountId, connection_id: ConnectionId | None) -> None:
    if connection_id is not None and not await connection.fetchval(_SQL.is_connection, account_id, connection_id):
        raise NotFound(f"no connection {connection_id}")
