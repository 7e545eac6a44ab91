"""OAuth flows: what was begun, and waits ten minutes for a person to come back from the app."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import msgspec

from store import queries
from store.database import Connection
from store.errors import NotFound
from store.keys import AccountKeys, open_secret, seal_secret
from store.record import AccountId, ConnectionId

WAIT = timedelta(minutes=10)

_SQL = queries.load("oauth_flows")
_PURPOSE = "oauth flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthFlow:
    """What must be remembered between sending a person away and their return."""

    app: str
    code_verifier: str = field(repr=False)
    redirect_uri: str
    name: str
    """Of the connection to make."""
    connection_id: UUID | None
    """The connection to widen by this person's grant, or None to make one."""
    included: list[str] | None
    excluded: list[str]
    settings: dict[str, bool] = field(default_factory=dict)
    """What else was wished for."""


async def begin(connection: Connection, keys: AccountKeys, account_id: AccountId, flow: OAuthFlow) -> str:
    """Remember a flow; return the `state` to send along, which only the person's browser will know."""
    await connection.execute(_SQL.forget_expired)
    state = secrets.token_urlsafe(32)
    sealed = seal_secret(keys, msgspec.json.encode(flow), _PURPOSE)
    await connection.execute(_SQL.begin, _fingerprint(state), account_id, flow.app, sealed, WAIT)
    return state


async def account_of(connection: Connection, state: str) -> AccountId:
    """Find whose flow this is: asked before the account is known. NotFound for one that is unknown, used or too old."""
    account_id = await connection.fetchval(_SQL.find, _fingerprint(state))
    if account_id is None:
        raise NotFound("no such OAuth flow is waiting")
    return AccountId(account_id)


async def finish(connection: Connection, keys: AccountKeys, account_id: AccountId, state: str) -> OAuthFlow:
    """Take the flow away and return it: it works once. NotFound as with `account_of`."""
    row = await connection.fetchrow(_SQL.finish, account_id, _fingerprint(state))
    if row is None:
        raise NotFound("no such OAuth flow is waiting")
    return msgspec.json.decode(open_secret(keys, row["sealed"], _PURPOSE), type=OAuthFlow)


def connection_to_widen(flow: OAuthFlow) -> ConnectionId | None:
    """Name the connection the flow was begun for, if any."""
    return None if flow.connection_id is None else ConnectionId(flow.connection_id)


def _fingerprint(state: str) -> bytes:
    return hashlib.sha256(state.encode(errors="surrogatepass")).digest()
