"""Proofs of what is in a snapshot, checked by the auditor's own program."""

import json
import random

import pytest

from store import canonical, log, prove, verify
from store.errors import Conflict, NotFound
from store.record import ExternalId, Kind, PackId, RecordKey, WorkspaceId
from store.tree.nodes import PostgresNodes
from store.tree.read import counts_before, entries, entries_at
from tests.unit.store.auditor import ask, ask_alone, bucket, vkey
from tests.unit.store.cycle_store import card, new_store


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


def key(external_id, workspace="board", kind="card"):
    return RecordKey(workspace_id=WorkspaceId(workspace), kind=Kind(kind), external_id=ExternalId(external_id))


def write(tmp_path, data):
    file = tmp_path / "proof"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("count", [1, 2, 3, 33, 300])
async def test_a_record_is_disclosed_and_nothing_else(store, tmp_path, count):
    snapshot = await store.snapshot([card(n, f"secret of {n}") for n in range(count)])
    held = await vkey(store)
    for n in {0, count // 2, count - 1}:
        data = await prove.prove_record(store.repository, snapshot, key(f"{n:04d}"))
        code, line = ask("--key", held, "disclosure", write(tmp_path, data))

        assert 0 == code, line
        assert f"proven: record board card {n:04d} is in snapshot 1 of hmac:" in line
        assert 1 == data.count(b"secret of")


async def test_absence_is_proven_without_content(store, tmp_path):
    snapshot = await store.snapshot([card(n, "secret") for n in range(1, 40, 2)])
    held = await vkey(store)
    for absent in (key("0000"), key("0002"), key("0038"), key("0041"), key("0001", "a"), key("0001", "zoo")):
        data = await prove.prove_absence(store.repository, snapshot, absent)
        code, line = ask("--key", held, "disclosure", write(tmp_path, data))

        assert 0 == code, line
        assert line.startswith("proven: no record")
        assert b"secret" not in data


async def test_nothing_is_in_an_empty_snapshot(store, tmp_path):
    snapshot = await store.snapshot([])
    data = await prove.prove_absence(store.repository, snapshot, key("0001"))

    assert 0 == ask("--key", await vkey(store), "disclosure", write(tmp_path, data))[0]


async def test_what_is_there_has_no_absence_and_what_is_not_no_presence(store):
    snapshot = await store.snapshot([card(1)])
    with pytest.raises(Conflict):
        await prove.prove_absence(store.repository, snapshot, key("0001"))
    with pytest.raises(NotFound):
        await prove.prove_record(store.repository, snapshot, key("0002"))


@pytest.mark.parametrize(
    "lie",
    [
        {"key": {"id": "0007", "kind": "card", "workspace": "board"}},
        {"key": {"id": "0003", "kind": "card", "workspace": "board"}},
        {"key": {"id": "0009", "kind": "card", "workspace": "board"}},
        {"before": None},
        {"after": None},
        {"after": "0011"},
        {"before": "0001"},
    ],
)
async def test_lies_about_absence_are_found_out(store, tmp_path, lie):
    snapshot = await store.snapshot([card(n) for n in range(1, 20, 2)])
    said = json.loads(await prove.prove_absence(store.repository, snapshot, key("0004")))
    for side, other in lie.items():
        if isinstance(other, str):  # a real leaf, but not the one beside
            elsewhere = json.loads(await prove.prove_absence(store.repository, snapshot, key(f"{int(other) + 1:04d}")))
            said[side] = elsewhere["before"]
        else:
            said[side] = other
    data = canonical.encode(said)

    assert 1 == ask("--key", await vkey(store), "disclosure", write(tmp_path, data))[0]


async def test_the_manifest_is_disclosed_to_whoever_has_no_key(store, tmp_path):
    snapshot = await store.snapshot([card(1)])
    data = await prove.prove_statement(store.repository, snapshot)

    assert 0 == ask("--key", await vkey(store), "disclosure", write(tmp_path, data))[0]
    altered = data.replace(b'\\"added\\":1', b'\\"added\\":2')
    assert altered != data
    assert 1 == ask("--key", await vkey(store), "disclosure", write(tmp_path, altered))[0]


async def test_a_pack_is_what_was_written(store, tmp_path):
    await store.snapshot([card(1)])
    snapshot = await store.snapshot([card(1, "edited"), card(2)])
    held = await vkey(store)
    for file in sorted(bucket(store).glob("packs/*/*"))[:2]:
        try:
            data = await prove.prove_pack(store.repository, snapshot, PackId(bytes.fromhex(file.name)))
        except NotFound:
            continue
        proof = write(tmp_path, data)

        assert 0 == ask("--key", held, "disclosure", proof, "--object", file)[0]
        file.write_bytes(file.read_bytes() + b"x")
        assert 1 == ask("--key", held, "disclosure", proof, "--object", file)[0]
    with pytest.raises(NotFound):
        await prove.prove_pack(store.repository, snapshot, PackId(bytes(32)))


async def test_a_list_that_a_failed_attempt_left_misleads_nobody(store):
    await store.snapshot([card(1)])
    backend = store.repository.backend
    left = f"holdfast objects v1\n+ {'00' * 32}\n".encode()
    backend.put(f"objects/{store.connection_id}/0000000002-{'0' * 16}", left)
    second = await store.snapshot([card(2)])

    for pack in await prove.objects.packs_of(backend, second):
        assert await prove.prove_pack(store.repository, second, pack)


async def test_history_between_two_heads_only_grew(store, tmp_path):
    heads = []
    for text in "abc":
        await store.snapshot([card(1, text)])
        (file,) = bucket(store).glob("logs/*/checkpoint")
        heads.append(tmp_path / text)
        heads[-1].write_bytes(file.read_bytes())
    held = await vkey(store)
    proof = write(tmp_path, await prove.prove_growth(store.repository, 2, 4))

    assert (0, 0) == (
        ask("--key", held, "grew", heads[0], heads[2], "--proof", proof)[0],
        ask("--key", held, "grew", heads[0], heads[1], "--log", file.parent)[0],
    )
    assert 1 == ask("--key", held, "grew", heads[1], heads[2], "--proof", proof)[0]
    assert 1 == ask("--key", held, "grew", heads[2], heads[0], "--log", file.parent)[0]


async def test_all_records_add_up_and_are_in_order(store, tmp_path):
    snapshot = await store.snapshot([card(n) for n in range(50)])
    keys = store.repository.keys
    (proof,) = bucket(store).glob("proofs/*/*")
    disclosed = b"".join([part async for part in prove.disclose_records(store.repository, snapshot)])
    content_ids = {version.key.external_id: version.content_id.hex() for version in await store.versions(1)}
    lines = [json.loads(line) for line in disclosed.splitlines()]
    lines = [line | {"content_id": content_ids[line["key"]["id"]]} for line in lines]

    def records(given, *more):
        file = write(tmp_path, b"".join(canonical.encode(line) + b"\n" for line in given))
        return ask("--key", held, "records", proof, file, *more)[0]

    held = await vkey(store)
    assert snapshot.record_count == len(lines)
    assert 0 == records(lines)
    assert 0 == records(lines, "--audit-key", keys.audit_key.hex())
    assert 1 == records(lines, "--audit-key", keys.hash_key.hex())
    assert 1 == records(lines[1:])
    assert 1 == records([lines[1], lines[0], *lines[2:]])
    assert 1 == records([{**lines[0], "content": "{}"}, *lines[1:]])


def believed(data, keys):
    try:
        return verify.check_disclosure(data, keys, None)
    except verify.UnprovenError:
        return None


async def test_every_single_byte_corruption_of_a_disclosure_is_rejected(store):
    snapshot = await store.snapshot([card(n, "a \x1f\n \u00e9") for n in range(5)])
    keys = [verify.read_key(await vkey(store))]
    for making in (
        prove.prove_record(store.repository, snapshot, key("0002")),
        prove.prove_absence(store.repository, snapshot, key("00025")),
    ):
        good = await making
        assert believed(good, keys)
        for at in range(len(good)):
            for flip in (1, 2, 16, 32, 128):
                bad = good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :]
                if believed(bad, keys):  # another key between the same two leaves: as absent as the first
                    said, claimed = json.loads(good), json.loads(bad)
                    assert "before" in said
                    assert said | {"key": claimed["key"]} == claimed


async def test_the_file_works_alone(store, tmp_path):
    snapshot = await store.snapshot([card(1)])
    data = await prove.prove_record(store.repository, snapshot, key("0001"))
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "proof").write_bytes(data)
    code, line = ask_alone(alone, "--key", await vkey(store), "disclosure", "proof")

    assert (0, "proven: record") == (code, line[:14])
    (alone / "proof").write_bytes(data[:-1])
    assert 1 == ask_alone(alone, "--key", await vkey(store), "disclosure", "proof")[0]
    assert 2 == ask_alone(alone, "--key", await vkey(store), "disclosure", ".")[0]


async def test_no_proof_without_a_checkpoint(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(log.Log, "publish", lambda self: _nothing())
        snapshot = await store.snapshot([card(1)])

    with pytest.raises(NotFound):
        await prove.prove_record(store.repository, snapshot, key("0001"))


async def _nothing():
    return None


async def test_entries_are_found_by_number(store):
    numbers = random.Random(1).sample(range(10_000), 500)
    snapshot = await store.snapshot([card(n) for n in numbers])
    async with store.transaction() as connection:
        nodes = PostgresNodes(connection, store.repository.account_id)
        every = [entry async for batch in entries(nodes, snapshot.tree_root) for entry in batch]
        assert [every[7], every[499]] == await entries_at(nodes, snapshot.tree_root, [7, 499, 500])
        keys = [b"", *[key for at in (0, 1, 31, 250, 499) for key in (every[at][0], every[at][0] + b"\0")], b"\xff"]
        counts = await counts_before(nodes, snapshot.tree_root, keys)
        assert [0, 0, 1, 1, 2, 31, 32, 250, 251, 499, 500, 500] == counts
