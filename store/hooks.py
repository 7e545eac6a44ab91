"""Hooks: where an app calls about the changes of a workspace, and the calls that came.

The address ends in 32 random bytes that only the app is told; here lies their SHA-256.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid4

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId, GrantId, WorkspaceId

_SQL = queries.load("hooks")
DELIVERIES_KEPT = timedelta(days=2)
"""Within this a delivery that comes again changes nothing. One that comes later yet marks its workspace once more, and
costs one read: no delivery is refused for its age, so that no clock that is wrong can keep a change out."""
PATH_LENGTH = 43


class HookStatus(StrEnum):
    """Whether the app calls."""

    ASKED = "asked"
    """It was asked to, and may not have answered."""
    LISTENING = "listening"
    REFUSED = "refused"
    """It does not want to; it is asked again after some days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One row."""

    hook_id: UUID
    account_id: AccountId
    connection_id: ConnectionId
    workspace_id: WorkspaceId
    grant_id: GrantId
    base_url: str
    path_sha256: bytes = field(repr=False)
    status: HookStatus
    status_reason: str | None
    external_ids: list[str]
    asked_at: datetime
    listening_since: datetime | None
    heard_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        return cls(**{**row, "status": HookStatus(row["status"])})


def new_path() -> str:
    """Return the end of an address that nobody guesses: 43 characters that a URL holds as they are."""
    return secrets.token_urlsafe(32)


def fingerprint(path: str) -> bytes:
    """Return what is kept of the end of an address."""
    return hashlib.sha256(path.encode(errors="surrogatepass")).digest()


async def by_path(connection: Connection, path: str) -> Hook | None:
    """Find the hook whose address ends so: asked before the account is known."""
    row = await connection.fetchrow(_SQL.by_path, fingerprint(path)) if len(path) == PATH_LENGTH else None
    return Hook.of(row) if row else None


async def known_paths(connection: Connection, paths: Collection[str]) -> set[str]:
    """Return those that are the end of some hook's address, whatever account it is of."""
    of_path = {fingerprint(path): path for path in paths}
    rows = await connection.fetch(_SQL.known_paths, list(of_path))
    return {of_path[row["path_sha256"]] for row in rows}


async def of_connection(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> list[Hook]:
    """List a connection's."""
    return [Hook.of(row) for row in await connection.fetch(_SQL.of_connection, account_id, connection_id)]


async def of_workspaces(
    connection: Connection, account_id: AccountId, keys: Iterable[tuple[ConnectionId, WorkspaceId]]
) -> dict[tuple[ConnectionId, WorkspaceId], Hook]:
    """Read those of some workspaces."""
    wanted = list(keys)
    rows = await connection.fetch(
        _SQL.of_workspaces, account_id, [key[0] for key in wanted], [key[1] for key in wanted]
    )
    return {(row["connection_id"], row["workspace_id"]): Hook.of(row) for row in rows}


async def ask(
    connection: Connection,
    *,
    account_id: AccountId,
    connection_id: ConnectionId,
    workspace_id: WorkspaceId,
    grant_id: GrantId,
    base_url: str,
    path: str,
) -> Hook:
    """Keep that the app is about to be asked, in place of what it was asked before.

    To be committed before it is: the app calls the address at once, to see whether anybody is there.
    """
    row = await connection.fetchrow(
        _SQL.ask, uuid4(), account_id, connection_id, workspace_id, grant_id, base_url, fingerprint(path)
    )
    return Hook.of(row)


async def set_listening(
    connection: Connection, account_id: AccountId, hook_id: UUID, external_ids: Sequence[str]
) -> None:
    """Say that the app calls from now on, and what it names the hook."""
    await connection.execute(_SQL.set_listening, account_id, hook_id, list(external_ids))


async def set_lost(connection: Connection, account_id: AccountId, hook_ids: Collection[UUID]) -> None:
    """Say that the app calls no longer."""
    await connection.execute(_SQL.set_lost, account_id, list(hook_ids))


async def set_refused(connection: Connection, account_id: AccountId, hook_id: UUID, reason: str) -> None:
    """Say that the app does not want to call, and why."""
    await connection.execute(_SQL.set_refused, account_id, hook_id, reason)


async def of_paused(connection: Connection, *, limit: int = 1000) -> list[Hook]:
    """List what apps are asked to call about for connections that are paused, whatever account they are of."""
    return [Hook.of(row) for row in await connection.fetch(_SQL.of_paused, limit)]


async def remove(connection: Connection, account_id: AccountId, hook_id: UUID) -> None:
    """Forget a hook, with its deliveries. A call that still comes is told that nobody is there."""
    await connection.execute(_SQL.remove, account_id, hook_id)


async def hear(connection: Connection, hook: Hook, delivery_id: str, workspace_ids: Collection[WorkspaceId]) -> bool:
    """Keep a delivery and mark what it is about, in one statement; False when it was heard before."""
    count = await connection.fetchval(
        _SQL.hear, hook.account_id, hook.hook_id, delivery_id, hook.connection_id, list(workspace_ids)
    )
    return bool(count)


async def forget_deliveries(connection: Connection, account_id: AccountId, connection_id: ConnectionId) -> None:
    """Forget deliveries that are too old to come again."""
    await connection.execute(_SQL.forget_deliveries, account_id, connection_id, DELIVERIES_KEPT)
