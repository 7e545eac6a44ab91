"""OAuth 2.0: codes with PKCE, refresh tokens that work once, and scopes."""

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox
from connectors.trello.sandbox.oauth import challenge_of
from connectors.trello.sandbox.server import REDIRECT_URI
from tests.contract.trello.rich import Rich

Json = dict[str, Any]

SCOPES = "read:board:trello read:member:trello read:organization:trello offline_access"


class Flow:
    """A client of the authorisation server, that can leave a step out."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.verifier = secrets.token_urlsafe(48)

    def authorize(self, **changed: str | None) -> httpx.Response:
        query = {
            "audience": "api.atlassian.com",
            "client_id": self.sandbox.app.client_id,
            "scope": SCOPES,
            "redirect_uri": REDIRECT_URI,
            "state": "a state",
            "response_type": "code",
            "prompt": "consent",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            **changed,
        }
        return httpx.get(
            f"{self.sandbox.auth_url}/authorize", params={x: value for x, value in query.items() if value is not None}
        )

    def code(self, **changed: str | None) -> str:
        return parse_qs(urlsplit(self.authorize(**changed).headers["location"]).query)["code"][0]

    def token(self, **body: str) -> httpx.Response:
        app = self.sandbox.app
        sent = {"client_id": app.client_id, "client_secret": app.client_secret, "redirect_uri": REDIRECT_URI, **body}
        return httpx.post(f"{self.sandbox.auth_url}/oauth/token", json=sent)

    def exchange(self, **changed: str) -> httpx.Response:
        body = {"grant_type": "authorization_code", "code_verifier": self.verifier, **changed}
        return self.token(**({"code": self.code()} | body))

    def refresh(self, token: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def get(self, access_token: str, path: str) -> httpx.Response:
        return httpx.get(f"{self.sandbox.url}/1{path}", headers={"Authorization": f"Bearer {access_token}"})


@pytest.fixture
def flow(bench: Sandbox) -> Flow:
    return Flow(bench)


def test_code_becomes_tokens_that_read(flow: Flow) -> None:
    issued = flow.exchange().json()
    me = flow.get(issued["access_token"], "/members/me")

    assert (3600, "Bearer") == (issued["expires_in"], issued["token_type"])
    assert set(SCOPES.split()) == set(issued["scope"].split())
    assert (200, flow.sandbox.owner["id"]) == (me.status_code, me.json()["id"])
    assert "x-rate-limit-api-token-remaining" in me.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"response_type": "token"},
    ],
)
def test_authorisation_without_pkce_is_refused(flow: Flow, changed: dict[str, str | None]) -> None:
    back = parse_qs(urlsplit(flow.authorize(**changed).headers["location"]).query)

    assert "code" not in back
    assert ["a state"] == back["state"]


def test_person_may_refuse(flow: Flow) -> None:
    flow.sandbox.services.oauth.consent = None
    location = flow.authorize().headers["location"]
    flow.sandbox.services.oauth.consent = flow.sandbox.owner["id"]

    assert ["access_denied"] == parse_qs(urlsplit(location).query)["error"]


@pytest.mark.parametrize("changed", [{"redirect_uri": "https://evil.example/"}, {"client_id": "someone else"}])
def test_unknown_client_or_address_is_never_redirected_to(flow: Flow, changed: dict[str, str]) -> None:
    assert 400 == flow.authorize(**changed).status_code


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code_verifier": "not the one"}, 403, "invalid_grant"),
        ({"code": "made up"}, 403, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1/other"}, 403, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_exchange_that_does_not_fit_is_refused(flow: Flow, changed: dict[str, str], status: int, error: str) -> None:
    reply = flow.exchange(**changed)

    assert (status, error) == (reply.status_code, reply.json()["error"])


def test_code_works_once(flow: Flow) -> None:
    code = flow.code()

    assert [200, 403] == [flow.exchange(code=code).status_code for _ in range(2)]


def test_refresh_token_rotates_and_works_once(flow: Flow) -> None:
    first = flow.exchange().json()
    second = flow.refresh(first["refresh_token"]).json()
    again = flow.refresh(first["refresh_token"])

    assert second["refresh_token"] != first["refresh_token"]
    assert (403, "invalid_grant") == (again.status_code, again.json()["error"])
    assert 401 == flow.get(first["access_token"], "/members/me").status_code
    assert 200 == flow.get(second["access_token"], "/members/me").status_code
    assert 200 == flow.refresh(second["refresh_token"]).status_code


def test_no_refresh_token_without_offline_access(flow: Flow) -> None:
    issued = flow.exchange(code=flow.code(scope="read:member:trello")).json()

    assert "refresh_token" not in issued


def test_access_token_runs_out_after_an_hour(flow: Flow) -> None:
    issued = flow.exchange().json()
    assert isinstance(flow.sandbox.world.clock, ManualClock)
    flow.sandbox.world.clock.advance(3600)
    late = flow.get(issued["access_token"], "/members/me")

    assert (401, {"code": 401, "message": "Unauthorized"}) == (late.status_code, late.json())
    assert 200 == flow.refresh(issued["refresh_token"]).status_code


def test_scopes_hold(flow: Flow) -> None:
    issued = flow.exchange(code=flow.code(scope="read:member:trello")).json()
    with flow.sandbox.editing() as world:
        rich = Rich.build(world, flow.sandbox.owner)
    refused = flow.get(issued["access_token"], f"/boards/{rich.board['id']}")

    assert (401, "Unauthorized; scope does not match") == (refused.status_code, refused.json()["message"])
    assert 200 == flow.get(issued["access_token"], "/members/me").status_code


def test_batch_is_closed_to_oauth2(flow: Flow) -> None:
    issued = flow.exchange().json()

    assert 401 == flow.get(issued["access_token"], "/batch?urls=/members/me").status_code


def test_bearer_may_download(flow: Flow) -> None:
    issued = flow.exchange().json()
    with flow.sandbox.editing() as world:
        rich = Rich.build(world, flow.sandbox.owner)
    path = f"/cards/{rich.card['id']}/attachments/{rich.attachment['id']}/download/a.png"

    assert 302 == flow.get(issued["access_token"], path).status_code


def test_malformed_request_is_refused(flow: Flow) -> None:
    reply = httpx.post(f"{flow.sandbox.auth_url}/oauth/token", content=b"{")

    assert (400, "invalid_request") == (reply.status_code, reply.json()["error"])
