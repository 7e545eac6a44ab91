"""OAuth 2.0, as auth.atlassian.com does it: codes with PKCE (S256, required), and refresh tokens that work once."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.trello.sandbox.credentials import App, Credentials, Token
from connectors.trello.sandbox.errors import ApiError

Json = dict[str, Any]

ACCESS_SECONDS = 3600
CODE_SECONDS = 600
REFRESH_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    app: App
    member_id: str
    redirect_uri: str
    challenge: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refresh:
    app: App
    member_id: str
    scopes: frozenset[str]
    expires: datetime
    access: Token


@dataclass(slots=True)
class OAuth:
    """The authorisation server. `consent` is the person who presses Allow; None is one who refuses."""

    credentials: Credentials
    consent: str | None = None
    _codes: dict[str, _Code] = field(default_factory=dict)
    _refreshes: dict[str, _Refresh] = field(default_factory=dict)

    def authorize(self, query: Mapping[str, str]) -> str:
        """Give where the browser goes: back to the app, with a code or with why not."""
        app = self._app(query.get("client_id"))
        redirect_uri = query.get("redirect_uri", "")
        if app is None or redirect_uri not in app.redirect_uris:
            raise ApiError(400, "invalid client or redirect_uri")
        state = {"state": query["state"]} if "state" in query else {}
        error = self._refusal(query)
        if error:
            return f"{redirect_uri}?{urlencode({'error': error, **state})}"
        assert self.consent is not None
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            app=app,
            member_id=self.consent,
            redirect_uri=redirect_uri,
            challenge=query["code_challenge"],
            scopes=frozenset(query.get("scope", "").split()),
            expires=self.credentials.clock.now() + timedelta(seconds=CODE_SECONDS),
        )
        return f"{redirect_uri}?{urlencode({'code': code, **state})}"

    def token(self, body: Mapping[str, Any]) -> Json:
        """Give tokens for a code or for a refresh token. Each works once."""
        app = self._app(body.get("client_id"))
        if app is None or body.get("client_secret") != app.client_secret:
            raise _refused(401, "access_denied", "Unauthorized")
        match body.get("grant_type"):
            case "authorization_code":
                return self._exchange(app, body)
            case "refresh_token":
                return self._renew(app, body)
            case _:
                raise _refused(400, "unsupported_grant_type", "grant_type is not supported")

    def _exchange(self, app: App, body: Mapping[str, Any]) -> Json:
        code = self._codes.pop(str(body.get("code")), None)
        verifier = str(body.get("code_verifier", ""))
        if (
            code is None
            or code.app is not app
            or code.redirect_uri != body.get("redirect_uri")
            or code.expires <= self.credentials.clock.now()
            or challenge_of(verifier) != code.challenge
        ):
            raise _refused(403, "invalid_grant", "Invalid authorization code")
        return self._issue(app, code.member_id, code.scopes)

    def _renew(self, app: App, body: Mapping[str, Any]) -> Json:
        held = self._refreshes.pop(str(body.get("refresh_token")), None)
        if held is None or held.app is not app or held.expires <= self.credentials.clock.now():
            raise _refused(403, "invalid_grant", "Unknown or invalid refresh token.")
        self.credentials.tokens.pop(held.access.secret, None)
        return self._issue(app, held.member_id, held.scopes)

    def _issue(self, app: App, member_id: str, scopes: frozenset[str]) -> Json:
        lasts = timedelta(seconds=ACCESS_SECONDS)
        access = self.credentials.issue(app, member_id, scopes=scopes, lasts=lasts, is_oauth2=True)
        answer: Json = {
            "access_token": access.secret,
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }
        if "offline_access" in scopes:
            refresh = secrets.token_urlsafe(48)
            self._refreshes[refresh] = _Refresh(
                app=app,
                member_id=member_id,
                scopes=scopes,
                expires=self.credentials.clock.now() + timedelta(days=REFRESH_DAYS),
                access=access,
            )
            answer["refresh_token"] = refresh
        return answer

    def _app(self, client_id: object) -> App | None:
        return next((app for app in self.credentials.apps.values() if app.client_id == client_id), None)

    def _refusal(self, query: Mapping[str, str]) -> str | None:
        if query.get("response_type") != "code":
            return "unsupported_response_type"
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return "invalid_request"
        return "access_denied" if self.consent is None else None


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _refused(status: int, error: str, description: str) -> ApiError:
    return ApiError(status, description, body={"error": error, "error_description": description})
