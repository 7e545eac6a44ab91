"""Cosignatures: both programs read them alike, and everything else is Unproven."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from store import verify
from store.checkpoint import Checkpoint
from store.cosignature import WitnessKey, request
from store.errors import Unproven
from store.merkle import leaf
from store.note import SigningKey, base64_of

LOG = SigningKey(name="example.com/log", seed=bytes(range(32)))
NOTE = Checkpoint(origin=LOG.name, size=1, root=leaf(b"")).sign([LOG])
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = WitnessKey(name="witness.example/w1", public_key=PRIVATE.public_key().public_bytes_raw())


def cosigned(seconds):
    text = NOTE.rpartition(b"\n\n")[0] + b"\n"
    signature = PRIVATE.sign(f"cosignature/v1\ntime {seconds}\n".encode() + text)
    stamped = base64_of(KEY.key_id + seconds.to_bytes(8, "big") + signature)
    return NOTE + f"\u2014 {KEY.name} {stamped}\n".encode()


def test_key_ids_are_of_type_four():
    assert sha256(b"witness.example/w1\n\x04" + KEY.public_key).digest()[:4] == KEY.key_id
    assert KEY == WitnessKey.parse(str(KEY))
    assert (KEY.name, KEY.key_id, KEY.public_key) == verify.read_key(str(KEY), verify.COSIGNS)


@given(seconds=st.integers(0, verify.YEAR_10000 - 1))
def test_both_read_when_it_was(seconds):
    found = KEY.find(cosigned(seconds))

    assert datetime.fromtimestamp(seconds, UTC) == found.at
    assert seconds == verify.cosigned_at(cosigned(seconds), verify.read_key(str(KEY), verify.COSIGNS))
    assert cosigned(seconds) == NOTE + found.line()


@pytest.mark.parametrize("seconds", [verify.YEAR_10000, 2**63 - 1, 2**63, 2**64 - 1])
def test_no_time_that_nobody_can_write(seconds):
    with pytest.raises(Unproven):
        KEY.find(cosigned(seconds))
    with pytest.raises(verify.UnprovenError):
        verify.cosigned_at(cosigned(seconds), verify.read_key(str(KEY), verify.COSIGNS))


def test_whoever_has_not_cosigned_is_told_apart():
    stranger = WitnessKey(name="witness.example/w2", public_key=KEY.public_key)
    with pytest.raises(Unproven, match="has not cosigned"):
        stranger.find(cosigned(7))

    assert verify.cosigned_at(cosigned(7), verify.read_key(str(stranger), verify.COSIGNS)) is None


@given(at=st.integers(len(NOTE), len(cosigned(7)) - 1), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_altered(at, bit):
    good = cosigned(7)
    with pytest.raises(Unproven):
        KEY.find(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])


@given(junk=st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_junk_raises_only_one_error(junk):
    for data in (junk, NOTE + junk):
        with pytest.raises(Unproven):
            KEY.find(data)
    with pytest.raises(Unproven):
        WitnessKey.parse(junk.decode("utf-8", "replace"))


def test_a_witness_is_asked_as_specified():
    assert b"old 0\n\n" + NOTE == request(0, [], NOTE)
    assert b"old 3\n" + base64_of(bytes(32)).encode() + b"\n\n" + NOTE == request(3, [bytes(32)], NOTE)
