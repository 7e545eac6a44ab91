"""Checkpoints and tlog-proofs: one spelling each, and nothing but the signed root counts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import note, proof
from store.checkpoint import Checkpoint, TlogProof
from store.errors import Unproven
from store.merkle import leaf, root_of
from store.note import SigningKey

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "transparency.json").read_text())["checkpoint"]
KEY = SigningKey(name="example.com/log", seed=bytes(range(32)))
ENTRIES = [b'{"n":%d}' % n for n in range(11)]
HASHES = [leaf(entry) for entry in ENTRIES]
HEAD = Checkpoint(origin=KEY.name, size=len(ENTRIES), root=root_of(HASHES))
PROOF = TlogProof(index=6, path=tuple(proof.inclusion(HASHES, 6)), checkpoint=HEAD.sign([KEY]), extra=ENTRIES[6])


def test_the_published_checkpoint_reads():
    read = Checkpoint.parse(note.parse(PUBLISHED["note"].encode()).text)

    assert (PUBLISHED["origin"], PUBLISHED["size"], PUBLISHED["text"]) == (read.origin, read.size, read.text())


def test_what_is_signed_opens():
    assert HEAD == Checkpoint.open(HEAD.sign([KEY]), [KEY.verifier])


def test_another_origin_is_refused():
    head = replace(HEAD, origin="example.com/other")

    with pytest.raises(Unproven):
        Checkpoint.open(head.sign([KEY]), [KEY.verifier])


ROOT = HEAD.text().split("\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        f"log\n11\n{ROOT}\nextension\n",
        f"log\n11\n{ROOT}",
        f"log\n011\n{ROOT}\n",
        f"log\n+11\n{ROOT}\n",
        f"log\n\u0661\n{ROOT}\n",
        f"log\n-1\n{ROOT}\n",
        f"log\n0\n{ROOT}\n",
        f"log\n99999999999999999999\n{ROOT}\n",
        f"\n11\n{ROOT}\n",
        "log\n11\nAAAA\n",
        f"log\n11\n{ROOT[:-2]}==\n",
        f"log\n11\n {ROOT}\n",
        "",
    ],
)
def test_another_spelling_is_refused(text):
    with pytest.raises(Unproven):
        Checkpoint.parse(text)


def test_a_proof_reads_back_and_holds():
    assert PROOF == TlogProof.parse(PROOF.encode())
    assert HEAD == PROOF.verify(ENTRIES[6], [KEY.verifier])
    assert replace(PROOF, extra=None) == TlogProof.parse(replace(PROOF, extra=None).encode())


def test_a_proof_of_another_entry_or_place_fails():
    for bad in (replace(PROOF, index=5), replace(PROOF, index=11), replace(PROOF, path=PROOF.path[1:])):
        with pytest.raises(Unproven):
            bad.verify(ENTRIES[6], [KEY.verifier])
    with pytest.raises(Unproven):
        PROOF.verify(ENTRIES[5], [KEY.verifier])


def check(data):
    read = TlogProof.parse(data)
    return read.verify(read.extra or b"", [KEY.verifier])


def test_every_single_byte_corruption_is_rejected():
    good = PROOF.encode()
    for at in range(len(good)):
        for flip in (1, 2, 4, 8, 16, 32, 64, 128):
            bad = good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :]
            with pytest.raises(Unproven):
                check(bad)


junk = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"c2sp.org/tlog-proof@v1", b"\n", b"extra ", b"index ", b"0", b"7", b"AAAA", PROOF.checkpoint])
    ).map(b"".join),
)


@given(data=junk)
def test_junk_raises_only_our_error(data):
    with pytest.raises(Unproven):
        TlogProof.parse(data).verify(data, [KEY.verifier])
    with pytest.raises(Unproven):
        Checkpoint.open(data, [KEY.verifier]) if data != PROOF.checkpoint else Checkpoint.parse("")
