"""Signing in to Drive: with PKCE, for our own files only, and until the person takes it back."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors import oauth
from connectors.errors import Forbidden, Refused, Unauthorised
from connectors.google_drive import sign_in
from connectors.google_drive.sandbox.oauth import OWN
from connectors.google_drive.sandbox.server import REDIRECT_URI
from connectors.google_drive.settings import DriveSettings
from connectors.http import Http
from tests.contract.google_drive.conftest import NOW, settings_of


@pytest.fixture
async def http(sandbox):
    made = Http(settings_of(sandbox).http)
    yield made
    await made.aclose()


def walked(sandbox, verifier: str) -> dict[str, str]:
    """Send the person to Google, as a browser would go, and return what they come back with."""
    url = sign_in.authorize_url(
        settings_of(sandbox), redirect_uri=REDIRECT_URI, state="st", code_challenge=oauth.challenge(verifier)
    )
    back = httpx.get(url).headers["location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


async def exchanged(sandbox, http, verifier: str | None = None):
    ours = oauth.new_verifier()
    code = walked(sandbox, ours)["code"]
    return await sign_in.exchange(
        http,
        settings_of(sandbox),
        code=code,
        code_verifier=verifier or ours,
        redirect_uri=REDIRECT_URI,
        now=NOW,
    )


def test_only_our_own_files_are_asked_for(sandbox):
    url = sign_in.authorize_url(settings_of(sandbox), redirect_uri=REDIRECT_URI, state="st", code_challenge="c")
    query = parse_qs(urlsplit(url).query)

    assert [OWN] == query["scope"]
    assert (["offline"], ["consent"], ["S256"]) == (
        query["access_type"],
        query["prompt"],
        query["code_challenge_method"],
    )


def test_a_holdfast_without_an_oauth_client_says_so():
    settings = DriveSettings(client_id="", client_secret="")
    with pytest.raises(Refused, match="not set up"):
        sign_in.authorize_url(settings, redirect_uri=REDIRECT_URI, state="st", code_challenge="c")


async def test_a_code_becomes_a_lasting_grant(sandbox, http):
    given = await exchanged(sandbox, http)
    about = await sign_in.identify(http, settings_of(sandbox), given)

    assert (sandbox.owner.email, sandbox.owner.permission_id) == (about.email, about.subject)
    assert (given["scope"], bool(given["refresh_token"])) == (OWN, True)


async def test_the_lasting_grant_comes_again_when_somebody_connects_again(sandbox, http):
    await exchanged(sandbox, http)

    assert (await exchanged(sandbox, http))["refresh_token"]


async def test_another_verifier_is_refused(sandbox, http):
    with pytest.raises(Unauthorised, match="invalid_grant"):
        await exchanged(sandbox, http, verifier=oauth.new_verifier())


async def test_an_unticked_box_is_told(sandbox, http):
    sandbox.oauth.unticked = frozenset({OWN})
    with pytest.raises(Forbidden, match="was not ticked"):
        await exchanged(sandbox, http)


def test_somebody_who_says_no_comes_back_with_that(sandbox):
    sandbox.oauth.consent = None

    assert {"error": "access_denied", "state": "st"} == walked(sandbox, oauth.new_verifier())


async def test_a_refresh_gives_a_new_access_token_and_keeps_the_refresh_token(sandbox, http):
    given = await exchanged(sandbox, http)
    sandbox.world.clock.advance(3600)
    later = NOW + timedelta(seconds=3600)
    fresh = await sign_in.refresh(http, settings_of(sandbox), given, later)

    assert sign_in.is_due(given, later)
    assert not sign_in.is_due(fresh, later)
    assert given["refresh_token"] == fresh["refresh_token"]
    assert sandbox.owner.email == (await sign_in.identify(http, settings_of(sandbox), fresh)).email


async def test_a_dead_grant_asks_the_person_to_connect_again(sandbox, http):
    given = await exchanged(sandbox, http)
    sandbox.oauth.revoke_person(sandbox.owner.email)
    with pytest.raises(Unauthorised, match="invalid_grant"):
        await sign_in.refresh(http, settings_of(sandbox), given, NOW)


async def test_a_grant_is_given_back_and_nothing_else_changes(sandbox, http):
    given = await exchanged(sandbox, http)
    sandbox.hand.folder("mine")

    assert await sign_in.revoke(http, settings_of(sandbox), given)
    assert await sign_in.revoke(http, settings_of(sandbox), given)
    assert ["mine"] == list(sandbox.hand.paths())
    with pytest.raises(Unauthorised):
        await sign_in.refresh(http, settings_of(sandbox), given, NOW)


async def test_giving_back_never_raises(sandbox, http):
    sandbox.stop()

    assert not await sign_in.revoke(http, settings_of(sandbox), {"refresh_token": "x"})
