"""Signing: what one key signed for one purpose opens with both, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.signing import Forged, Signer

SIGNER = Signer(b"k" * 32)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_what_was_signed_opens(purpose: bytes, body: bytes):
    assert body == SIGNER.open(purpose, SIGNER.sign(purpose, body))


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(1, 40))
def test_purpose_and_body_stay_apart(purpose: bytes, body: bytes, cut: int):
    text = SIGNER.sign(purpose, body)
    other = purpose + body[:cut] if body else purpose + b"x"

    with pytest.raises(Forged):
        SIGNER.open(other, text)


@given(st.text(max_size=80))
def test_nothing_else_opens(text: str):
    with pytest.raises(Forged):
        SIGNER.open(b"p", text)


def test_another_key_opens_nothing():
    with pytest.raises(Forged):
        Signer(b"l" * 32).open(b"p", SIGNER.sign(b"p", b"body"))


def test_key_is_never_shown():
    assert "kkk" not in repr(SIGNER)
