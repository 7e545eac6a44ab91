"""OAuth: authorisation codes with PKCE (RFC 7636), and refresh tokens that work once."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from connectors.call import Call, Reply
from connectors.errors import BadReply, Retriable, Unauthorised
from connectors.http import Http

MARGIN_SECONDS = 600.0
"""How long before its end an access token is renewed."""
_TOKEN_REPLY_BYTES = 2**18
_REFUSALS = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "invalid_token", "access_denied"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """Holdfast as an OAuth client of one app."""

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: Sequence[str]
    extra: Mapping[str, str] = field(default_factory=dict)
    """What else the app wants in the authorisation URL."""
    sends_form: bool = False
    """Whether the token endpoint takes a form, as RFC 6749 has it, and not JSON."""


def new_verifier() -> str:
    """Make a PKCE code verifier: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(app: OAuthApp, *, redirect_uri: str, state: str, code_challenge: str) -> str:
    """Return where to send a person to authorise."""
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(app.scopes),
        "state": state,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        **app.extra,
    }
    parts = urlsplit(app.authorize_url)
    joined = "&".join(filter(None, (parts.query, urlencode(query))))
    return urlunsplit(parts._replace(query=joined))


async def exchange(
    http: Http, app: OAuthApp, *, code: str, code_verifier: str, redirect_uri: str, now: datetime
) -> Mapping[str, str]:
    """Turn an authorisation code into credentials. Sent once: a code works once.

    Raises Unauthorised where the app refuses the code, Retriable where it did not answer.
    """
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": code_verifier,
        "redirect_uri": redirect_uri,
    }
    return _credentials(await _post(http, app, body), now, {})


async def refresh(http: Http, app: OAuthApp, credentials: Mapping[str, str], now: datetime) -> Mapping[str, str]:
    """Return new credentials for old ones.

    The refresh token works once, and the reply holds the next: the caller holds a lock on the grant, and saves the
    result before using it. Sent once, so that a lost reply is not followed by a second use of the same token.
    Raises Unauthorised where the person has to authorise again.
    """
    token = credentials.get("refresh_token")
    if not token:
        raise Unauthorised("the grant has no refresh token: authorise again")
    reply = await _post(http, app, {"grant_type": "refresh_token", "refresh_token": token})
    return _credentials(reply, now, credentials)


def is_due(credentials: Mapping[str, str], now: datetime, *, margin_seconds: float = MARGIN_SECONDS) -> bool:
    """Whether the access token ends within the margin. One whose end is not known is not due."""
    ends_at = expiry(credentials)
    return ends_at is not None and ends_at - timedelta(seconds=margin_seconds) <= now


def expiry(credentials: Mapping[str, str]) -> datetime | None:
    """Return when the access token ends, where that is known."""
    try:
        ends_at = datetime.fromisoformat(credentials.get("expires_at", ""))
    except ValueError:
        return None
    return ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC)


async def _post(http: Http, app: OAuthApp, body: Mapping[str, str]) -> Reply:
    asked = {"client_id": app.client_id, "client_secret": app.client_secret, **body}
    call = Call(
        method="POST",
        url=app.token_url,
        json=None if app.sends_form else asked,
        form=asked if app.sends_form else None,
        headers={"accept": "application/json"},
        idempotent=False,
        max_bytes=_TOKEN_REPLY_BYTES,
    )
    reply = await http.request(call)
    error = reply.error()
    if error is None:
        return reply
    if isinstance(error, BadReply) and not _is_refusal(reply):
        raise Retriable(str(error))
    raise Unauthorised(str(error))


def _is_refusal(reply: Reply) -> bool:
    try:
        value = reply.json()
    except BadReply:
        return False
    return isinstance(value, dict) and value.get("error") in _REFUSALS


def _credentials(reply: Reply, now: datetime, old: Mapping[str, str]) -> Mapping[str, str]:
    value = reply.json()
    token = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token:
        raise BadReply(f"{reply.place} answered without an access token")
    new = {**old, "access_token": token}
    for name in ("refresh_token", "scope"):
        if isinstance(value.get(name), str):
            new[name] = value[name]
    seconds = value.get("expires_in")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        new["expires_at"] = (now + timedelta(seconds=float(seconds))).isoformat()
    return new
