"""Golden files: what was written once opens forever.

`HOLDFAST_WRITE_VECTORS=1 pytest tests/unit/store/test_vectors.py` writes those that are missing, for a new version of
a format; it never replaces one.
"""

import json
import os
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from store import manifest, pack
from store.block import Codec
from store.canonical import decode, encode
from store.content import prepare
from store.errors import Corrupt
from store.keys import PLAIN_BYTES, AccountKeys, chunk_seed, content_id, open_secret, seal_secret
from store.master_keys import LocalMasterKey, MasterKeys
from store.pack import BlockPlace, PackCipher, assemble
from store.record import AccountId, ChunkId, ExternalId, Kind, NodeId, Record, WorkspaceId
from store.tree import node
from store.tree.node import child_value

VECTORS = Path(__file__).parents[2] / "vectors"
ACCOUNT = AccountId(UUID("00000000-0000-4000-8000-000000000001"))
KEYS = AccountKeys.from_plain(ACCOUNT, bytes(range(PLAIN_BYTES)))
MASTERS = MasterKeys(LocalMasterKey(bytes(range(32))))
CARDS = [encode({"id": f"{number:024x}", "name": f"Card {number}", "closed": number % 2 == 0}) for number in range(40)]
FILE = bytes(range(256))
LATE = encode({"id": f"{99:024x}", "name": "Card 99", "closed": True})


@pytest.fixture
def vector():
    """Return a golden file's bytes; with HOLDFAST_WRITE_VECTORS, write it first if there is none."""

    def read(name: str, make) -> bytes:
        path = VECTORS / name
        if "HOLDFAST_WRITE_VECTORS" in os.environ and not path.exists():
            path.write_bytes(make())
        return path.read_bytes()

    return read


def make_pack() -> bytes:
    cipher = PackCipher(KEYS, bytes(reversed(range(32))))

    def seal(number: int, chunks: list[bytes], dictionary: bytes | None = None):
        ids = [ChunkId(content_id(KEYS, chunk)) for chunk in chunks]
        return cipher.seal_block(number, chunks, ids, dictionary=dictionary)

    blocks = [seal(0, CARDS), seal(1, [FILE]), seal(2, [LATE], b"".join(CARDS))]
    data, _ = assemble(cipher, blocks, [None, None, BlockPlace(pack_id=pack.THIS_PACK, block_no=0)])
    return data


def test_a_pack_of_version_1_opens(vector) -> None:
    data = vector("pack-v1.bin", make_pack)
    cipher, footer = pack.read_footer(KEYS, data)
    plains: list[bytes] = []
    for entry in footer.blocks:
        sealed = data[entry.offset : entry.offset + entry.sealed_size]
        plains.append(cipher.open_block(entry.block_no, sealed, dictionary=plains[0] if entry.dictionary else None))

    assert [b"".join(CARDS), FILE, LATE] == plains
    assert [Codec.ZSTD, Codec.STORED, Codec.ZSTD_DICTIONARY] == [entry.codec for entry in footer.blocks]
    assert "fcccf210a4ddd5a2958c0ec2d7696252eaaf58d1d48096d7c29535aea38ceb37" == pack.pack_id_of(data).hex()
    names = [prefix for entry in footer.blocks for prefix in entry.chunk_prefixes]
    assert [content_id(KEYS, chunk)[:16] for chunk in (*CARDS, FILE, LATE)] == names


def test_account_keys_of_version_1_unwrap(vector) -> None:
    wrapped = vector("account-keys-v1.bin", lambda: MASTERS.wrap(ACCOUNT, KEYS.to_plain()))

    assert KEYS == AccountKeys.from_plain(ACCOUNT, MASTERS.unwrap(ACCOUNT, wrapped))


def test_a_secret_of_version_1_opens(vector) -> None:
    sealed = vector("secret-v1.bin", lambda: seal_secret(KEYS, b"a token", "grant"))

    assert b"a token" == open_secret(KEYS, sealed, "grant")


def make_content() -> bytes:
    contents = [{"b": 1, "a": "é"}, {"pos": 16384.5, "\U0001f600": 1e21, "\ufb33": [1.0, None, True]}, {}]
    records = [
        Record(
            workspace_id=WorkspaceId("board"), kind=Kind("card"), external_id=ExternalId(str(number)), content=content
        )
        for number, content in enumerate(contents)
    ]
    rows = [
        {"key": key.decode(), "content_id": content.hex(), "leaf_hash": leaf.hex(), "canonical": plain.decode()}
        for key, content, leaf, plain in zip(*prepare(KEYS, records), strict=True)
    ]
    return json.dumps({"chunk_seed": str(chunk_seed(KEYS)), "records": rows}, indent=1, ensure_ascii=False).encode()


def test_ids_and_leaves_stay_what_they_are(vector) -> None:
    expected = json.loads(vector("content-v1.json", make_content))

    assert expected == json.loads(make_content())
    assert all(row["canonical"].encode() == encode(decode(row["canonical"].encode())) for row in expected["records"])


NODE_KEYS = [f"board\0card\0{number:08d}".encode() for number in range(3)]
LEAF_VALUES = [sha256(str(number).encode()).digest() * 2 + b"t" * number for number in range(3)]
BRANCH_VALUES = [child_value(NodeId(sha256(key).digest()), 30 + len(key)) for key in NODE_KEYS]


@pytest.mark.parametrize(("name", "level", "values"), [("node", 0, LEAF_VALUES), ("branch", 1, BRANCH_VALUES)])
def test_a_tree_node_of_version_1_opens(vector, name: str, level: int, values: list[bytes]) -> None:
    golden = vector(f"{name}-v1.bin", lambda: node.encode(level, NODE_KEYS, values))

    assert (level, NODE_KEYS, values) == node.decode(golden)
    assert golden == node.encode(level, NODE_KEYS, values)


def test_a_sealed_manifest_of_version_1_opens(vector) -> None:
    text = encode({"v": 1, "ledger": [{"workspace_id": "board", "read": "changed"}] * 20})
    sealed = vector("manifest-v1.bin", lambda: manifest.seal(KEYS, text, {"boards": {"board": 7}}))

    assert (text, {"boards": {"board": 7}}) == manifest.open_(KEYS, sealed)


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0{}", b"\0{}\n", b"\0{}\n[]", b"\0{}\n{", b"\7{}\n{}", b"\1{}\n{}"])
def test_what_is_not_a_manifest_with_its_state_is_corrupt(payload: bytes) -> None:
    with pytest.raises(Corrupt):
        manifest.open_(KEYS, seal_secret(KEYS, payload, manifest.PURPOSE))
