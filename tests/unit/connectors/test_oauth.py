"""OAuth: PKCE as its standard gives it, refresh tokens used once, nothing said of either."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import oauth
from connectors.errors import BadReply, Retriable, Unauthorised
from connectors.http import Http, HttpSettings
from tests.unit.connectors.scripted import reply, scripted

NOW = datetime(2026, 5, 4, tzinfo=UTC)
SECRET = "client-secret-value"


def app(url: str) -> oauth.OAuthApp:
    return oauth.OAuthApp(
        authorize_url=f"{url}/authorize?audience=api",
        token_url=f"{url}/oauth/token",
        client_id="client",
        client_secret=SECRET,
        scopes=("read:board", "offline_access"),
        extra={"prompt": "consent"},
    )


async def refreshed(*answers, credentials=None):
    async with scripted(*answers) as server:
        http = Http(HttpSettings(allow_private=True, attempts=3))
        try:
            given = credentials if credentials is not None else {"refresh_token": "first", "access_token": "old"}
            return await oauth.refresh(http, app(server.url), given, NOW), server.asked
        finally:
            await http.aclose()


def test_the_challenge_is_the_one_of_rfc_7636():
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == oauth.challenge(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )


def test_verifiers_are_long_and_never_the_same():
    made = {oauth.new_verifier() for _ in range(100)}

    assert 100 == len(made)
    assert all(43 <= len(each) <= 128 for each in made)


def test_the_authorization_url():
    url = oauth.authorization_url(
        app("https://auth.example"), redirect_uri="https://me/cb?x=1", state="s", code_challenge="c"
    )
    query = parse_qs(urlsplit(url).query)

    expected = {
        "audience": "api",
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": "https://me/cb?x=1",
        "scope": "read:board offline_access",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "prompt": "consent",
    }
    assert expected == {name: value[0] for name, value in query.items()}


async def test_a_refresh_gives_the_next_refresh_token_and_when_it_ends():
    body = b'{"access_token": "new", "refresh_token": "second", "expires_in": 3600, "scope": "a b"}'
    credentials, asked = await refreshed(reply(body=body))

    assert {
        "access_token": "new",
        "refresh_token": "second",
        "scope": "a b",
        "expires_at": (NOW + timedelta(hours=1)).isoformat(),
    } == credentials
    assert b'"refresh_token":"first"' in asked[0].body.replace(b": ", b":")


async def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one():
    credentials, _ = await refreshed(reply(body=b'{"access_token": "new"}'))

    assert "first" == credentials["refresh_token"]


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_asks_the_person_again(status):
    with pytest.raises(Unauthorised):
        await refreshed(reply(status, b'{"error": "invalid_grant", "error_description": "Unknown"}'))


@pytest.mark.parametrize("fault", [None, reply(500), reply(503)])
async def test_a_lost_answer_is_not_followed_by_a_second_use(fault):
    async with scripted(fault, reply(body=b'{"access_token": "new"}')) as server:
        http = Http(HttpSettings(allow_private=True))
        with pytest.raises(Retriable):
            await oauth.refresh(http, app(server.url), {"refresh_token": "first"}, NOW)
        await http.aclose()

    assert 1 == len(server.asked)


async def test_an_odd_refusal_is_retriable():
    with pytest.raises(Retriable):
        await refreshed(reply(418, b"teapot"))


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"access_token": 5}', b"no json"])
async def test_an_answer_without_a_token_is_bad(body):
    with pytest.raises(BadReply):
        await refreshed(reply(body=body))


async def test_a_grant_without_a_refresh_token_is_unauthorised():
    with pytest.raises(Unauthorised):
        await refreshed(reply(), credentials={"access_token": "old"})


async def test_nothing_secret_is_said():
    texts = [repr(app("https://auth.example"))]
    for status in (400, 403, 500):
        with pytest.raises((Unauthorised, Retriable)) as raised:
            await refreshed(reply(status, f'{{"error": "invalid_grant", "refresh_token": "{SECRET}"}}'.encode()))
        texts.append(str(raised.value))

    assert not [text for text in texts if SECRET in text or "first" in text]


def test_a_token_is_due_within_the_margin():
    ends = {"expires_at": (NOW + timedelta(minutes=15)).isoformat()}
    asked = [NOW, NOW + timedelta(minutes=4), NOW + timedelta(minutes=5), NOW + timedelta(hours=1)]

    assert [False, False, True, True] == [oauth.is_due(ends, now) for now in asked]
    assert not oauth.is_due({}, NOW)
    assert not oauth.is_due({"expires_at": "nonsense"}, NOW)


async def test_a_token_endpoint_that_takes_forms_is_sent_one():
    async with scripted(reply(body=b'{"access_token": "new"}')) as server:
        http = Http(HttpSettings(allow_private=True))
        try:
            asked = replace(app(server.url), sends_form=True)
            await oauth.refresh(http, asked, {"refresh_token": "first"}, NOW)
        finally:
            await http.aclose()

    expected = {
        "client_id": ["client"],
        "client_secret": [SECRET],
        "grant_type": ["refresh_token"],
        "refresh_token": ["first"],
    }
    assert expected == parse_qs(server.asked[0].body.decode())
    assert "application/x-www-form-urlencoded" == server.asked[0].headers["content-type"]
