"""Signed notes: other people's open, ours are as theirs, and nothing else passes."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import note
from store.errors import Invalid, Unproven
from store.note import SigningKey, VerifierKey

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "transparency.json").read_text())["notes"]
KEY = SigningKey(name="example.com/log", seed=bytes(range(32)))
OTHER = SigningKey(name="example.com/log", seed=bytes(32))
TEXT = "first\n\nthird\n"


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: one["from"])
def test_published_notes_open(published):
    key = VerifierKey.parse(published["vkey"])
    opened = note.verify(published["note"].encode(), [key])

    assert published["text"] == opened.text
    assert [key.name] == [signature.name for signature in opened.signatures]
    assert published["vkey"] == str(key)


def test_our_signature_is_the_published_one():
    published = PUBLISHED[1]
    _, _, name, _, secret = published["skey"].split("+", 4)
    key = SigningKey(name=name, seed=base64.b64decode(secret)[1:])

    assert published["vkey"] == str(key.verifier)
    assert published["note"].encode() == note.sign(published["text"], [key])


def test_a_text_may_hold_empty_lines():
    assert TEXT == note.verify(note.sign(TEXT, [KEY]), [KEY.verifier]).text


def test_unknown_signatures_are_passed_over():
    both = note.sign(TEXT, [OTHER, KEY])

    assert 2 == len(note.parse(both).signatures)
    assert 1 == len(note.verify(both, [KEY.verifier]).signatures)


def test_sixteen_signatures_are_read():
    keys = [SigningKey(name=f"witness{n}", seed=bytes([n]) * 32) for n in range(15)]

    assert TEXT == note.verify(note.sign(TEXT, [*keys, KEY]), [KEY.verifier]).text


def test_a_known_key_that_fails_sinks_the_note():
    broken = bytearray(note.sign(TEXT, [OTHER, KEY]))
    broken[broken.rindex(b"log ") + 20] ^= 1

    with pytest.raises(Unproven):
        note.verify(bytes(broken), [OTHER.verifier, KEY.verifier])


def test_no_known_key_is_no_note():
    with pytest.raises(Unproven):
        note.verify(note.sign(TEXT, [OTHER]), [KEY.verifier])
    with pytest.raises(Unproven):
        note.verify(note.sign(TEXT, [KEY]), [])
    with pytest.raises(Unproven):
        note.verify(note.sign(TEXT, [KEY]), [KEY.verifier, KEY.verifier])


def test_every_single_byte_corruption_is_rejected():
    good = note.sign("example.com/log\n7\n", [KEY])
    for at in range(len(good)):
        for flip in range(1, 256):
            bad = good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :]
            with pytest.raises(Unproven):
                note.verify(bad, [KEY.verifier])


@pytest.mark.parametrize("cut", [1, 2, 10, 100])
def test_a_note_cut_short_or_grown_is_rejected(cut):
    good = note.sign(TEXT, [KEY])
    for bad in (good[:-cut], good[cut:], good + b"\n", good + b"x" * cut, b"\n" + good, good.replace(b"\n", b"\r\n")):
        with pytest.raises(Unproven):
            note.verify(bad, [KEY.verifier])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        "a+530d903a+",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fo +530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
    ],
)
def test_a_wrong_vkey_is_rejected(vkey):
    with pytest.raises(Unproven):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize("text", ["", "no end", "a\tb\n", "a\r\n"])
def test_what_cannot_be_a_note_is_not_signed(text):
    with pytest.raises(Invalid):
        note.sign(text, [KEY])
    with pytest.raises(Invalid):
        note.sign("text\n", [])


def test_keys_are_never_shown():
    assert "SigningKey(name='example.com/log')" == repr(KEY)


junk = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from([b"\n", b"\n\n", "\u2014 ".encode(), b"a", b" ", b"AAAAAAAA", b"=", b"+", b"\xff"])).map(
        b"".join
    ),
)


@given(data=junk)
def test_junk_raises_only_our_error(data):
    for read in (note.parse, lambda it: note.verify(it, [KEY.verifier])):
        try:
            read(data)
        except Unproven:
            continue


@given(text=st.text(max_size=100))
def test_junk_keys_raise_only_our_error(text):
    for one in (text, f"{text}+00000000+{text}", f"a+00000000+{base64.b64encode(text.encode()).decode()}"):
        with pytest.raises(Unproven):
            VerifierKey.parse(one)
