"""Credentials: apps with their keys, the tokens people gave them, and what a request's credentials amount to."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.stand_in.clock import Clock
from connectors.trello.sandbox.errors import ApiError, unauthorized
from connectors.trello.sandbox.ids import Ids

Json = dict[str, Any]

CLASSIC_SCOPES = frozenset({"read", "write", "account"})
_HEADER_PART = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_OAUTH2_AREAS = {
    "boards": "board", "lists": "board", "cards": "board", "checklists": "board", "labels": "board",
    "customfields": "board", "actions": "board", "members": "member", "tokens": "member", "notifications": "member",
    "organizations": "organization", "enterprises": "enterprise",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A registered app: its key, the secret it signs with, and its OAuth 2.0 client."""

    app_id: str
    name: str
    key: str
    secret: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Token:
    """What a person gave an app. `secret` is the token itself."""

    token_id: str
    secret: str
    app: App
    member_id: str
    created: datetime
    expires: datetime | None
    scopes: frozenset[str]
    is_oauth2: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The credentials that a request brought, not judged yet."""

    key: str | None
    secret: str | None
    bearer: bool = False
    by_header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose request it is, and through which app."""

    app: App
    token: Token
    member: Json


@dataclass(slots=True)
class Credentials:
    """Everything registered, issued and revoked."""

    clock: Clock
    ids: Ids
    apps: dict[str, App] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def register(self, name: str, redirect_uris: tuple[str, ...] = ()) -> App:
        """Register an app."""
        app_id = self.ids.make(self.clock.now())
        app = App(
            app_id=app_id,
            name=name,
            key=_digest("key", app_id)[:32],
            secret=_digest("secret", app_id),
            client_id=_digest("client", app_id)[:32],
            client_secret="ATOA" + _digest("client secret", app_id),
            redirect_uris=redirect_uris,
        )
        self.apps[app.key] = app
        return app

    def issue(
        self,
        app: App,
        member_id: str,
        *,
        scopes: frozenset[str] = CLASSIC_SCOPES,
        lasts: timedelta | None = None,
        is_oauth2: bool = False,
    ) -> Token:
        """Give an app a person's token; `lasts` None is one that never runs out."""
        now = self.clock.now()
        token_id = self.ids.make(now)
        secret = _digest("token", token_id)
        token = Token(
            token_id=token_id,
            secret=secret if is_oauth2 else f"ATTA{secret}",
            app=app,
            member_id=member_id,
            created=now,
            expires=now + lasts if lasts is not None else None,
            scopes=scopes,
            is_oauth2=is_oauth2,
        )
        self.tokens[token.secret] = token
        return token

    def live(self, secret: str) -> Token:
        """Find a token that is neither revoked nor out of time."""
        token = self.tokens.get(secret)
        if token is None or (token.expires is not None and token.expires <= self.clock.now()):
            raise ApiError(401, "invalid token")
        return token

    def claim(self, authorization: str | None, params: Mapping[str, Any]) -> Claim:
        """Read the credentials from the header or from the parameters."""
        scheme, _, rest = (authorization or "").partition(" ")
        if scheme.lower() == "oauth":
            # Signed requests (OAuth 1.0a) name key and token the same way; the signature is not looked at.
            parts = dict(_HEADER_PART.findall(rest))
            return Claim(key=parts.get("oauth_consumer_key"), secret=parts.get("oauth_token"), by_header=True)
        if scheme.lower() == "bearer":
            return Claim(key=None, secret=rest.strip(), bearer=True, by_header=True)
        key, secret = params.get("key"), params.get("token")
        return Claim(key=str(key) if key else None, secret=str(secret) if secret else None)

    def judge(self, claim: Claim, *, method: str, route: str) -> Token:
        """Decide on a request's credentials: give the token, or refuse in the real API's words."""
        if claim.bearer:
            return self._judge_bearer(claim.secret or "", method, route)
        if claim.key is None and claim.secret is None:
            raise ApiError(401, "invalid token")
        if claim.key not in self.apps:
            raise ApiError(401, "invalid key")
        if not claim.secret:
            raise unauthorized() if method == "GET" else ApiError(401, "missing scopes")
        token = self.live(claim.secret)
        if token.app.key != claim.key or token.is_oauth2:
            raise ApiError(401, "invalid token")
        if (method == "GET" and "read" not in token.scopes) or (method != "GET" and "write" not in token.scopes):
            raise unauthorized()
        return token

    def _judge_bearer(self, secret: str, method: str, route: str) -> Token:
        token = self.tokens.get(secret)
        if token is None or not token.is_oauth2 or (token.expires is not None and token.expires <= self.clock.now()):
            raise ApiError(401, "Unauthorized", body={"code": 401, "message": "Unauthorized"})
        area = _OAUTH2_AREAS.get(route)
        verb = "read" if method == "GET" else "write"
        # Batch, search and webhooks are documented as closed to OAuth 2.0 apps.
        if area is None or f"{verb}:{area}:trello" not in token.scopes:
            message = "Unauthorized; scope does not match"
            raise ApiError(401, message, body={"code": 401, "message": message})
        return token


def _digest(what: str, of: str) -> str:
    return hashlib.sha256(f"{what} {of}".encode()).hexdigest()
