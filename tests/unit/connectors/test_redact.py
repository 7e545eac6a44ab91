"""Redaction: what has the form of a credential does not pass."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redact import REDACTED, place, redact

SECRET = "s3cr3t-Value~of/a+token="


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.trello.com/1/boards?key=abc&token={SECRET}",
        f'Authorization: OAuth oauth_consumer_key="abcdef", oauth_token="{SECRET}"',
        f"Bearer {SECRET}",
        f'{{"refresh_token": "{SECRET}"}}',
        f"client_secret={SECRET}&code=1",
        f"https://bucket.s3.amazonaws.com/file?X-Amz-Credential=me&X-Amz-Signature={SECRET}",
        f"access_token: {SECRET}",
        f"https://return.example/#token={SECRET}",
    ],
)
def test_credentials_by_their_form(text):
    said = redact(text)

    assert SECRET not in said
    assert "abcdef" not in said


def test_tokens_that_stand_alone():
    text = f"invalid token ATTA{'0f' * 38} or {'0123abcd' * 4}"

    assert f"invalid token {REDACTED} or {REDACTED}" == redact(text)


def test_ordinary_words_stay():
    texts = ["invalid value for idList", "unauthorized card permission requested", "invalid token", "invalid key"]

    assert texts == [redact(text) for text in texts]


@given(st.text(min_size=6, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_a_known_secret_never_passes(secret, before, after):
    text = f"{before}{secret}{after} {quote_plus(secret)}"

    said = redact(text, [secret])
    assert secret not in said.replace(REDACTED, "") or secret in REDACTED


def test_a_place_is_method_and_path():
    url = f"https://user:pw@api.trello.com/1/tokens/{'ab' * 32}/?key=k&token={SECRET}#{SECRET}"

    assert f"GET /1/tokens/{REDACTED}/" == place("GET", url)
