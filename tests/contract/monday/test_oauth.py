"""OAuth 2.0 at the stand-in: tokens that do not end, and those of newer apps, which do."""

from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.monday.sandbox.server import REDIRECT_URI
from connectors.oauth import challenge, new_verifier


@pytest.fixture
def verifier():
    return new_verifier()


def authorize(client, verifier, **changes):
    query = {
        "client_id": client.sandbox.app.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "boards:read me:read",
        "state": "s",
        "code_challenge": challenge(verifier),
        **changes,
    }
    return client.http.get(f"{client.sandbox.url}/oauth2/authorize", params=query, follow_redirects=False)


def exchange(client, code, verifier, **changes):
    app = client.sandbox.app
    body = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": REDIRECT_URI,
        **changes,
    }
    return client.http.post(f"{client.sandbox.url}/oauth2/token", json=body)


def code_of(reply):
    return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]


def test_a_code_becomes_a_token_once(client, verifier):
    code = code_of(authorize(client, verifier))
    first, second = exchange(client, code, verifier), exchange(client, code, verifier)

    client.token = first.json()["access_token"]
    assert "boards:read me:read" == first.json()["scope"]
    assert "expires_in" not in first.json()
    assert str(client.sandbox.owner.id) == client.ask("{ me { id } }")["me"]["id"]
    assert "invalid_grant" == second.json()["error"]


def test_tokens_of_newer_apps_end_and_are_renewed_once(client, verifier, clock):
    client.sandbox.app.rotates = True
    first = exchange(client, code_of(authorize(client, verifier)), verifier).json()
    clock.advance(3601)
    client.token = first["access_token"]
    assert 401 == client.send("{ me { id } }").status_code

    renew = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = exchange(client, "", verifier, **renew).json()
    client.token = second["access_token"]

    assert client.ask("{ me { id } }")
    assert "invalid_grant" == exchange(client, "", verifier, **renew).json()["error"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"code": "x"}, "invalid_grant"),
        ({"code_verifier": "x"}, "invalid_grant"),
        ({"redirect_uri": "https://x.example"}, "invalid_grant"),
    ],
)
def test_what_does_not_fit_is_refused(client, verifier, changes, error):
    code = code_of(authorize(client, verifier))

    assert (
        error
        == exchange(client, changes.pop("code", code), changes.pop("code_verifier", verifier), **changes).json()[
            "error"
        ]
    )


def test_whoever_presses_cancel_is_sent_back_without_a_code(client, verifier):
    client.sandbox.oauth.consent = None

    assert "error=access_denied" in authorize(client, verifier).headers["location"]


@pytest.mark.parametrize("changes", [{"client_id": "x"}, {"redirect_uri": "https://x.example"}])
def test_nobody_is_sent_to_an_address_that_is_not_registered(client, verifier, changes):
    assert 400 == authorize(client, verifier, **changes).status_code
