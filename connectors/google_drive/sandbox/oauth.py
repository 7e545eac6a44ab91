"""OAuth 2.0, as Google does it: codes with PKCE, access tokens of an hour, refresh tokens that stay until revoked."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.google_drive.sandbox.errors import ApiError
from connectors.google_drive.sandbox.world import Access, World

Json = dict[str, Any]

ACCESS_SECONDS = 3599
CODE_SECONDS = 600
WHOLE = "https://www.googleapis.com/auth/drive"
OWN = "https://www.googleapis.com/auth/drive.file"


class OAuthError(Exception):
    """A refusal of the token endpoint."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered OAuth client."""

    client_id: str
    secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    client: Client
    email: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    grant: _Grant
    redirect_uri: str
    challenge: str | None
    is_offline: bool
    expires: datetime


@dataclass(slots=True)
class OAuth:
    """The authorisation server. `consent` is the e-mail of who presses Allow; None is one who refuses."""

    world: World
    consent: str | None = None
    unticked: frozenset[str] = frozenset()
    """The scopes whose boxes the person unticks."""
    clients: dict[str, Client] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refreshes: dict[str, _Grant] = field(default_factory=dict)
    _tokens: dict[str, tuple[_Grant, datetime]] = field(default_factory=dict)
    _known: set[tuple[str, str]] = field(default_factory=set)
    """Who has let which app in before: a refresh token comes again only with `prompt=consent`."""

    def register(self, redirect_uris: tuple[str, ...]) -> Client:
        """Register an app."""
        number = f"{len(self.clients) + 1}-{secrets.token_hex(8)}"
        made = Client(
            client_id=f"{number}.apps.googleusercontent.com",
            secret=f"GOCSPX-{secrets.token_urlsafe(20)}",
            redirect_uris=redirect_uris,
        )
        self.clients[made.client_id] = made
        return made

    def issue(self, client: Client, email: str, *, scopes: frozenset[str] = frozenset({OWN})) -> Json:
        """Give a grant without the dance: what the token endpoint would answer."""
        return self._answer(_Grant(client=client, email=email, scopes=scopes), is_offline=True)

    def authorize(self, query: Mapping[str, str]) -> str:
        """Give where the browser goes: back to the app, with a code or with why not."""
        client = self.clients.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            raise ApiError(400, "redirect_uri_mismatch", "Error 400: redirect_uri_mismatch")
        state = {"state": query["state"]} if "state" in query else {}
        if query.get("response_type") != "code" or query.get("code_challenge_method", "S256") != "S256":
            return f"{redirect_uri}?{urlencode({'error': 'invalid_request', **state})}"
        if self.consent is None:
            return f"{redirect_uri}?{urlencode({'error': 'access_denied', **state})}"
        scopes = frozenset(query.get("scope", "").split()) - self.unticked
        again = (client.client_id, self.consent) in self._known and query.get("prompt") != "consent"
        code = "4/" + secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            grant=_Grant(client=client, email=self.consent, scopes=scopes),
            redirect_uri=redirect_uri,
            challenge=query.get("code_challenge"),
            is_offline=query.get("access_type") == "offline" and not again,
            expires=self.world.clock.now() + timedelta(seconds=CODE_SECONDS),
        )
        return f"{redirect_uri}?{urlencode({'code': code, 'scope': ' '.join(sorted(scopes)), **state})}"

    def token(self, form: Mapping[str, str]) -> Json:
        """Give tokens for a code, once, or for a refresh token, which stays what it is."""
        client = self.clients.get(form.get("client_id", ""))
        if client is None or not secrets.compare_digest(form.get("client_secret", ""), client.secret):
            raise OAuthError(401, "invalid_client", "Unauthorized")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(client, form)
            case "refresh_token":
                grant = self._refreshes.get(form.get("refresh_token", ""))
                if grant is None or grant.client is not client:
                    raise OAuthError(400, "invalid_grant", "Token has been expired or revoked.")
                return self._answer(grant, is_offline=False)
            case _:
                raise OAuthError(400, "unsupported_grant_type", "Invalid grant_type")

    def revoke(self, token: str) -> None:
        """Take a grant back, by any of its tokens."""
        grant = self._refreshes.get(token) or (self._tokens[token][0] if token in self._tokens else None)
        if grant is None:
            raise OAuthError(400, "invalid_token", "Token expired or revoked")
        self.revoke_person(grant.email)

    def revoke_person(self, email: str) -> None:
        """Take all grants of a person back, as from their account's page."""
        self._refreshes = {name: grant for name, grant in self._refreshes.items() if grant.email != email}
        self._tokens = {name: held for name, held in self._tokens.items() if held[0].email != email}

    def expire_access(self) -> None:
        """Let every access token end now; refresh tokens stay."""
        self._tokens.clear()

    def judge(self, header: str | None) -> Access:
        """Say who asks, by the Authorization header."""
        scheme, _, token = (header or "").partition(" ")
        held = self._tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if held is None or held[1] <= self.world.clock.now():
            raise ApiError(401, "authError", "Invalid Credentials", where="Authorization")
        grant = held[0]
        if not grant.scopes & {WHOLE, OWN}:
            message = "Request had insufficient authentication scopes."
            raise ApiError(403, "insufficientPermissions", message)
        return Access(
            person=self.world.people[grant.email],
            client_id=grant.client.client_id,
            is_whole_drive=WHOLE in grant.scopes,
        )

    def _exchange(self, client: Client, form: Mapping[str, str]) -> Json:
        code = self._codes.pop(form.get("code", ""), None)
        if (
            code is None
            or code.grant.client is not client
            or code.redirect_uri != form.get("redirect_uri")
            or code.expires <= self.world.clock.now()
        ):
            raise OAuthError(400, "invalid_grant", "Bad Request")
        if code.challenge is not None and _challenge(form.get("code_verifier", "")) != code.challenge:
            raise OAuthError(400, "invalid_grant", "Invalid code verifier.")
        return self._answer(code.grant, is_offline=code.is_offline)

    def _answer(self, grant: _Grant, *, is_offline: bool) -> Json:
        access = "ya29." + secrets.token_urlsafe(40)
        self._tokens[access] = (grant, self.world.clock.now() + timedelta(seconds=ACCESS_SECONDS))
        answer: Json = {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }
        if is_offline:
            self._known.add((grant.client.client_id, grant.email))
            answer["refresh_token"] = "1//0" + secrets.token_urlsafe(48)
            self._refreshes[answer["refresh_token"]] = grant
        return answer


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
