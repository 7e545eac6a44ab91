"""OAuth: the page where a person lets an app in, and the codes and tokens that follow."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from connectors.monday.sandbox.credentials import CODE_LIFE, Code, Credentials, Token

Json = dict[str, Any]


class OAuthError(Exception):
    """What OAuth 2.0 calls the fault."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}
        self.status = status


@dataclass(slots=True)
class OAuth:
    """The authorisation server."""

    credentials: Credentials
    consent: int | None = None
    """Who presses Allow; None: somebody presses Cancel."""

    def authorize(self, query: Mapping[str, str]) -> str:
        """Answer the page: where the person is sent back to."""
        app, world = self.credentials.app, self.credentials.world
        if query.get("client_id") != app.client_id:
            raise OAuthError("invalid_client", "unknown client_id")
        uri = query.get("redirect_uri", "")
        if uri not in app.redirect_uris:
            raise OAuthError("invalid_request", "redirect_uri is not registered")
        if self.consent is None:
            return f"{uri}?{urlencode({'error': 'access_denied', 'state': query.get('state', '')})}"
        code = world.ids.token(32)
        self.credentials.codes[code] = Code(
            user_id=self.consent,
            redirect_uri=uri,
            scope=query.get("scope", ""),
            challenge=query.get("code_challenge"),
            ends=world.clock.now() + CODE_LIFE,
        )
        return f"{uri}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def token(self, body: Mapping[str, Any]) -> Json:
        """Turn a code, or a refresh token, into tokens."""
        app = self.credentials.app
        secret = str(body.get("client_secret", ""))
        if body.get("client_id") != app.client_id or not hmac.compare_digest(secret, app.client_secret):
            raise OAuthError("invalid_client", "client_id or client_secret is wrong", 401)
        if body.get("grant_type") == "refresh_token":
            return self._refresh(str(body.get("refresh_token")))
        found = self.credentials.codes.pop(str(body.get("code")), None)
        if found is None or found.ends <= self.credentials.world.clock.now():
            raise OAuthError("invalid_grant", "the code is unknown, used or old")
        if body.get("redirect_uri") != found.redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri differs")
        if found.challenge is not None and _challenge(str(body.get("code_verifier", ""))) != found.challenge:
            raise OAuthError("invalid_grant", "code_verifier does not fit")
        user = self.credentials.world.users[found.user_id]
        return _told(self.credentials.issue(user, is_app=True, scopes=tuple(found.scope.split())))

    def _refresh(self, refresh: str) -> Json:
        held = next((each for each in self.credentials.tokens.values() if each.refresh == refresh), None)
        if held is None:
            raise OAuthError("invalid_grant", "the refresh token is unknown or used")
        self.credentials.revoke(held.secret)
        user = self.credentials.world.users[held.user_id]
        return _told(self.credentials.issue(user, is_app=True, scopes=held.scopes))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _told(token: Token) -> Json:
    told: Json = {"access_token": token.secret, "token_type": "Bearer", "scope": " ".join(token.scopes)}
    if token.ends is not None:
        told |= {"expires_in": 3600, "refresh_token": token.refresh}
    return told
