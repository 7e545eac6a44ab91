"""RFC 6962 tree hashes."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from store.merkle import EMPTY_ROOT, RootHash, leaf, parent, root_of


def reference(leaves: list[bytes]) -> bytes:
    """Write RFC 6962 section 2.1 as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return parent(reference(leaves[:split]), reference(leaves[split:]))


def test_empty_tree():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_certificate_transparency_vectors():
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]

    assert (
        root_of([leaf(bytes.fromhex(text)) for text in inputs]).hex()
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(sizes=st.lists(st.integers(0, 40), max_size=8))
def test_streaming_equals_the_rfc(sizes):
    leaves = [leaf(str(n).encode()) for n in range(sum(sizes))]
    tree = RootHash()
    at = 0
    for size in sizes:
        tree.add(b"".join(leaves[at : at + size]))
        at += size

        assert reference(leaves[:at]) == tree.root()
