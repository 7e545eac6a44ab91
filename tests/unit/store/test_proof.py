"""Inclusion and consistency: the published proofs, every small tree, and everything else refused."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import proof
from store.errors import Invalid, Unproven
from store.merkle import leaf, root_of
from store.proof import Subtree

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "transparency.json").read_text())
CT = PUBLISHED["certificate_transparency"]
LEAVES = [leaf(b"%d" % n) for n in range(70)]
ROOTS = [root_of(LEAVES[:n]) for n in range(71)]


def hashes(texts):
    return [bytes.fromhex(text) for text in texts]


def refuses(check, *arguments):
    with pytest.raises(Unproven):
        check(*arguments)


@pytest.mark.parametrize("case", CT["inclusion"])
def test_published_inclusion(case):
    leaves = [leaf(entry) for entry in hashes(CT["leaves"])][: case["size"]]
    expected, root = hashes(case["proof"]), bytes.fromhex(CT["roots"][case["size"] - 1])
    proof.verify_inclusion(leaves[case["index"]], case["index"], case["size"], expected, root)

    assert expected == proof.inclusion(leaves, case["index"])


@pytest.mark.parametrize("case", CT["consistency"])
def test_published_consistency(case):
    leaves = [leaf(entry) for entry in hashes(CT["leaves"])][: case["new"]]
    old, new = (bytes.fromhex(CT["roots"][case[which] - 1]) for which in ("old", "new"))
    proof.verify_consistency(case["old"], old, case["new"], new, hashes(case["proof"]))

    assert hashes(case["proof"]) == proof.consistency(leaves, case["old"])


def test_a_log_of_a_billion_entries():
    case = PUBLISHED["argon2020"]
    path = [base64.b64decode(text) for text in case["consistency"]]
    old, new = base64.b64decode(case["old_root"]), base64.b64decode(case["new_root"])
    proof.verify_consistency(case["old_size"], old, case["new_size"], new, path)

    assert len(path) == len(proof.consistency_runs(case["old_size"], case["new_size"]))
    refuses(proof.verify_consistency, case["old_size"] + 1, old, case["new_size"], new, path)


def altered(path):
    """Every way to change a path by one hash."""
    for at in range(len(path)):
        yield [*path[:at], bytes(32), *path[at + 1 :]]
        yield [*path[:at], *path[at + 1 :]]
        yield [*path[:at], bytes(31), *path[at + 1 :]]
        yield [*path[:at], path[at], *path[at:]]
    yield [*path, LEAVES[0]]
    yield [LEAVES[0], *path]


@pytest.mark.parametrize("size", range(1, 71))
def test_every_inclusion_in_every_small_tree(size):
    for index in range(size):
        path = proof.inclusion(LEAVES[:size], index)
        proof.verify_inclusion(LEAVES[index], index, size, path, ROOTS[size])
        refuses(proof.verify_inclusion, LEAVES[index - 1] if size > 1 else bytes(32), index, size, path, ROOTS[size])
        refuses(proof.verify_inclusion, LEAVES[index], index, size, path, ROOTS[size - 1])
        for other in {index - 1, index + 1, index ^ 2, size, -1} - {index}:
            refuses(proof.verify_inclusion, LEAVES[index], other, size, path, ROOTS[size])
        for bad in altered(path):
            refuses(proof.verify_inclusion, LEAVES[index], index, size, bad, ROOTS[size])


@pytest.mark.parametrize("new", range(1, 71))
def test_every_consistency_of_every_small_tree(new):
    for old in range(1, new + 1):
        path = proof.consistency(LEAVES[:new], old)
        proof.verify_consistency(old, ROOTS[old], new, ROOTS[new], path)
        refuses(proof.verify_consistency, old, ROOTS[old - 1], new, ROOTS[new], path)
        refuses(proof.verify_consistency, old, ROOTS[old], new, ROOTS[new - 1], path)
        refuses(proof.verify_consistency, old - 1, ROOTS[old], new, ROOTS[new], path)
        for bad in altered(path):
            refuses(proof.verify_consistency, old, ROOTS[old], new, ROOTS[new], bad)


def test_a_tree_is_not_proven_to_grow_from_nothing_or_to_shrink():
    refuses(proof.verify_consistency, 0, ROOTS[0], 5, ROOTS[5], [])
    refuses(proof.verify_consistency, 6, ROOTS[6], 5, ROOTS[5], [])
    for old, new in ((0, 5), (6, 5), (-1, 5)):
        with pytest.raises(Invalid):
            proof.consistency_runs(old, new)
    for index in (-1, 5):
        with pytest.raises(Invalid):
            proof.inclusion_runs(index, 5)


@given(size=st.integers(1, 200), data=st.data())
def test_proofs_from_kept_subtrees_are_the_same(size, data):
    leaves = [leaf(b"%d" % n) for n in range(size)]
    kept = {}
    for level in range(size.bit_length()):
        for index in range(size >> level):
            kept[Subtree(level, index)] = root_of(leaves[index << level : (index + 1) << level])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))

    assert proof.inclusion(leaves, index) == proof.assemble(proof.inclusion_runs(index, size), kept)
    assert proof.consistency(leaves, old) == proof.assemble(proof.consistency_runs(old, size), kept)
    assert set(proof.needed(proof.consistency_runs(old, size))) <= kept.keys()
