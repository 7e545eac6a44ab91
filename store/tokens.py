"""API tokens: 256 random bits that stand for a member, within scopes. Only a token's SHA-256 is kept."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from store import queries
from store.accounts import valid_name
from store.database import Connection
from store.errors import NotFound
from store.members import Role
from store.record import AccountId, MemberId, TokenId

PREFIX = "hf_"
"""So that a secret scanner knows one when it sees it."""

_SQL = queries.load("tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """One row, without the token."""

    token_id: TokenId
    account_id: AccountId
    member_id: MemberId
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"scopes": frozenset(row["scopes"])})


def fingerprint(token: str) -> bytes:
    """Hash a token as it is kept. A plain hash will do: nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


async def issue_token(
    connection: Connection,
    *,
    account_id: AccountId,
    member_id: MemberId,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> tuple[str, ApiToken]:
    """Make a token and return it, the only time it can be seen, with its row."""
    token = PREFIX + secrets.token_urlsafe(32)
    row = await connection.fetchrow(
        _SQL.create,
        TokenId(uuid4()),
        account_id,
        member_id,
        valid_name(name),
        fingerprint(token),
        sorted(set(scopes)),
        expires_at,
    )
    assert row is not None
    return token, ApiToken.of(row)


async def living(connection: Connection, sha256: bytes) -> tuple[ApiToken, Role] | None:
    """Find a token that is neither revoked nor expired, and its member's role. Asked before the account is known."""
    row = await connection.fetchrow(_SQL.living, sha256)
    return None if row is None else (ApiToken.of(row), Role(row["role"]))


async def get(connection: Connection, account_id: AccountId, token_id: TokenId) -> ApiToken:
    """Read one; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.get, account_id, token_id)
    if row is None:
        raise NotFound(f"no token {token_id}")
    return ApiToken.of(row)


async def page(
    connection: Connection,
    account_id: AccountId,
    *,
    member_id: MemberId | None = None,
    beyond: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int,
) -> list[ApiToken]:
    """List tokens, oldest first (`backwards`: newest first), beyond the given `(created_at, token_id)`."""
    created_at, token_id = beyond or (None, None)
    query = _SQL.page_back if backwards else _SQL.page
    rows = await connection.fetch(query, account_id, member_id, created_at, token_id, limit)
    return [ApiToken.of(row) for row in rows]


async def count(connection: Connection, account_id: AccountId, *, member_id: MemberId | None = None, limit: int) -> int:
    """Count them, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, member_id, limit))


async def revoke(connection: Connection, account_id: AccountId, token_id: TokenId) -> ApiToken:
    """End a token now and for good; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.revoke, account_id, token_id)
    if row is None:
        raise NotFound(f"no token {token_id}")
    return ApiToken.of(row)
