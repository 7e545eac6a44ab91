"""The auditor's program: agrees with ours, opens what others published, and refuses every altered byte."""

import ast
import base64
import contextlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import note, objects, proof, verify
from store.checkpoint import Checkpoint, TlogProof
from store.errors import Invalid, Unproven
from store.log import Log
from store.merkle import leaf, root_of
from store.note import SigningKey, VerifierKey
from store.tiles import Tile, bundle_path
from store.verify import UnprovenError
from tests.unit.store.auditor import FILE, ask, bucket, vkey
from tests.unit.store.cycle_store import card, new_store
from tests.unit.store.test_log import append

PUBLISHED = json.loads((Path(__file__).parents[2] / "vectors" / "transparency.json").read_text())
CT = PUBLISHED["certificate_transparency"]
KEY = SigningKey(name="example.com/log", seed=bytes(range(32)))
READS = [verify.read_key(str(KEY.verifier))]
LEAVES = [leaf(b"%d" % n) for n in range(70)]
ROOTS = [root_of(LEAVES[:n]) for n in range(71)]


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


def test_it_needs_nothing_of_ours():
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(FILE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }

    assert imported - {"cryptography"} <= sys.stdlib_module_names


@pytest.mark.parametrize("published", PUBLISHED["notes"], ids=lambda one: one["from"])
def test_published_notes_open(published):
    key = verify.read_key(published["vkey"])

    assert (published["text"], {key.name}) == verify.open_note(published["note"].encode(), [key])


@pytest.mark.parametrize("case", CT["inclusion"])
def test_published_inclusion(case):
    leaves = [leaf(bytes.fromhex(text)) for text in CT["leaves"]][: case["size"]]
    path, root = [bytes.fromhex(text) for text in case["proof"]], bytes.fromhex(CT["roots"][case["size"] - 1])
    verify.check_inclusion(leaves[case["index"]], case["index"], case["size"], path, root)

    assert root == verify.root_of(verify.levels(leaves), case["size"])


def test_a_log_of_a_billion_entries():
    case = PUBLISHED["argon2020"]
    old, new = (
        verify.Checkpoint("argon", case[f"{which}_size"], base64.b64decode(case[f"{which}_root"]))
        for which in ("old", "new")
    )
    path = [base64.b64decode(text) for text in case["consistency"]]
    verify.check_consistency(old, new, path)

    with pytest.raises(UnprovenError):
        verify.check_consistency(old, new, path[:-1])


def both_say(ours, theirs):
    """Whether the two agree; and what they agree on."""
    said = []
    for check, error in ((ours, Unproven), (theirs, UnprovenError)):
        try:
            check()
        except error:
            said.append(False)
        else:
            said.append(True)
    assert said[0] == said[1]
    return said[0]


@given(size=st.integers(1, 70), index=st.integers(-1, 71), twist=st.integers(0, 20))
def test_both_say_the_same_of_inclusion(size, index, twist):
    real = min(max(index, 0), size - 1)
    path = proof.inclusion(LEAVES[:size], real)
    path = path[: twist - 10] if twist > 10 else path
    both_say(
        lambda: proof.verify_inclusion(LEAVES[real], index, size, path, ROOTS[size]),
        lambda: verify.check_inclusion(LEAVES[real], index, size, path, ROOTS[size]),
    )


@given(old=st.integers(1, 70), new=st.integers(1, 70), claimed=st.integers(1, 70), drop=st.booleans())
def test_both_say_the_same_of_growth(old, new, claimed, drop):
    old, new = sorted((old, new))
    path = proof.consistency(LEAVES[:new], old)
    path = path[:-1] if drop else path
    head = verify.Checkpoint("log", new, ROOTS[new])
    holds = both_say(
        lambda: proof.verify_consistency(claimed, ROOTS[old], new, ROOTS[new], path),
        lambda: verify.check_consistency(verify.Checkpoint("log", claimed, ROOTS[old]), head, path),
    )

    assert holds == (claimed == old and (not drop or old == new))


@given(
    parts=st.lists(
        st.sampled_from(["\u2014 ", "example.com/log", " ", "\n", "\n\n", "a", "+", "7", "\t", "\u00a0"]), max_size=12
    ),
    signed=st.booleans(),
)
def test_both_say_the_same_of_notes(parts, signed):
    text = "".join(parts)
    data = text.encode()
    if signed:
        with contextlib.suppress(Invalid):
            data = note.sign(text + "\n", [KEY])
    both_say(lambda: note.verify(data, [KEY.verifier]), lambda: verify.open_note(data, READS))
    both_say(lambda: Checkpoint.open(data, [KEY.verifier]), lambda: verify.open_checkpoint(data, READS))


@given(data=st.binary(max_size=200))
def test_both_say_the_same_of_junk(data):
    assert not both_say(lambda: note.verify(data, [KEY.verifier]), lambda: verify.open_note(data, READS))
    assert not both_say(lambda: TlogProof.parse(data), lambda: verify.open_proof(data, READS))
    assert not both_say(
        lambda: VerifierKey.parse(data.decode("latin-1")), lambda: verify.read_key(data.decode("latin-1"))
    )
    with pytest.raises(UnprovenError):
        verify.check_disclosure(data, READS, None)


json_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PARTS = ("key", "salt", "content", "index", "path", "before", "after", "manifest", "pack")
GOOD_ENTRY = json.dumps(
    {
        "kind": "snapshot",
        "v": 1,
        "records": {"count": 1, "root": f"sha256:{'0' * 64}"},
        "objects": {"count": 1, "root": f"sha256:{'0' * 64}"},
        "statement": f"sha256:{'0' * 64}",
    }
).encode()


@given(
    said=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("key", "salt", "content", "index", "path", "before", "after", "manifest", "pack"), json_junk
        ),
    ),
    form=st.sampled_from(["record", "absence", "statement", "pack"]),
)
def test_junk_in_a_disclosure_raises_only_one_error(said, form):
    head = Checkpoint(origin=KEY.name, size=1, root=leaf(GOOD_ENTRY)).sign([KEY])
    snapshot = TlogProof(index=0, path=(), checkpoint=head, extra=GOOD_ENTRY).encode().decode()
    data = json.dumps(
        {**said, "format": f"holdfast {form} proof v1", "snapshot": snapshot},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )

    with pytest.raises(UnprovenError):
        verify.check_disclosure(data.encode("utf-8", "surrogatepass"), READS, None)


@pytest.mark.parametrize(("index", "width"), [(0, 256), (999, 5), (1000, 256), (1234067, 1)])
def test_both_name_tiles_alike(index, width):
    assert f"tile/entries/{verify.place(index, width)}" == bundle_path(Tile(0, index, width))


async def test_a_bucket_is_checked_without_keys(store, tmp_path):
    for state in ([card(1)], [card(1), card(2)], [card(1), card(2)], []):
        await store.snapshot(state)
    copy = shutil.copytree(bucket(store), tmp_path / "copy")
    (saved,) = copy.glob("logs/*/checkpoint")
    saved = saved.rename(tmp_path / "last quarter")
    await store.snapshot([card(3)])
    code, line = ask("--key", await vkey(store), "bucket", bucket(store), "--since", saved)

    assert 0 == code, line
    assert "6 entries, none rewritten of the 5 signed before; 5 snapshots need" in line
    (log,) = bucket(store).glob("logs/*")
    assert 0 == ask("--key", await vkey(store), "log", log, "--since", saved)[0]
    (first, *_) = sorted(bucket(store).glob("proofs/*/*"))
    manifest = next(bucket(store).glob("manifests/*/0000000001-*"))
    assert 0 == ask("--key", await vkey(store), "proof", first, "--manifest", manifest)[0]
    assert 1 == ask("--key", await vkey(store), "proof", first, "--manifest", saved)[0]


async def test_a_rewritten_history_is_found_out_and_both_notes_are_evidence(store, tmp_path):
    await append(store, 5)
    await store.snapshot([card(1)])
    (saved,) = bucket(store).glob("logs/*/checkpoint")
    held = verify.open_checkpoint(saved.read_bytes(), [verify.read_key(await vkey(store))])
    async with store.transaction() as connection:
        signing = (await _keys(connection, store))[0]
    forged = tmp_path / "forged"
    forged.write_bytes(Checkpoint(origin=held.origin, size=held.size, root=bytes(32)).sign([signing]))
    code, line = ask("--key", await vkey(store), "grew", saved, forged, "--proof", _empty(tmp_path, held.size))

    assert 1 == code
    assert "keep both notes" in line
    assert 1 == ask("--key", await vkey(store), "bucket", bucket(store), "--since", forged)[0]


async def test_two_heads_that_contradict_each_other_are_evidence(store, tmp_path):
    await append(store, 5)
    await Log(store.repository).publish()
    (folder,) = bucket(store).glob("logs/*")
    saved = tmp_path / "saved"
    saved.write_bytes((folder / "checkpoint").read_bytes())
    async with store.transaction() as connection:
        signing = (await _keys(connection, store))[0]
    forged = tmp_path / "forged"
    forged.write_bytes(Checkpoint(origin=signing.name, size=6, root=bytes(32)).sign([signing]))
    key = await vkey(store)
    code, line = ask("--key", key, "contradiction", saved, forged)
    assert (0, True) == (code, f"{'00' * 32}" in line), line
    assert (1, True) == _not_evidence(ask("--key", key, "contradiction", saved, saved))

    await append(store, 3)
    await Log(store.repository).publish()
    head = folder / "checkpoint"
    assert 1 == ask("--key", key, "contradiction", forged, head)[0], "of two sizes, and no log to tell"
    assert 0 == ask("--key", key, "contradiction", forged, head, "--log", folder)[0]
    assert 0 == ask("--key", key, "contradiction", head, forged, "--log", folder)[0]
    assert (1, True) == _not_evidence(ask("--key", key, "contradiction", saved, head, "--log", folder))
    larger = tmp_path / "larger"
    larger.write_bytes(Checkpoint(origin=signing.name, size=8, root=bytes(32)).sign([signing]))
    assert 1 == ask("--key", key, "contradiction", saved, larger, "--log", folder)[0], "another log than the larger's"
    others = tmp_path / "others"
    others.write_bytes(Checkpoint(origin=KEY.name, size=6, root=bytes(32)).sign([KEY]))
    assert 1 == ask("--key", key, "contradiction", saved, others)[0], "anybody can write a note that contradicts"


def _not_evidence(told):
    return told[0], told[1].endswith("do not contradict each other")


async def _keys(connection, store):
    from store import log_keys

    return (await log_keys.load_keys(connection, store.repository.keys)).signing


def _empty(tmp_path, size):
    file = tmp_path / "proof of growth"
    file.write_text(f"old {size}\n")
    return file


async def test_a_whole_log_of_several_tiles_is_checked(store):
    await append(store, 600)
    await Log(store.repository).publish()
    (folder,) = bucket(store).glob("logs/*")
    code, line = ask("--key", await vkey(store), "log", folder)

    assert (0, True) == (code, "601 entries and their tiles" in line)
    (folder / "tile/1/000.p/2").write_bytes(bytes(64))
    assert 1 == ask("--key", await vkey(store), "log", folder)[0]


def test_a_command_that_is_wrong_says_so():
    with pytest.raises(SystemExit) as stopped:
        verify.main(["--key", str(KEY.verifier), "nonsense"])

    assert 2 == stopped.value.code
    assert 1 == ask("--key", "nonsense", "checkpoint", "/none")[0]


def test_heads_that_differ_are_told_apart():
    head = Checkpoint(origin=KEY.name, size=7, root=ROOTS[7])

    assert verify.open_checkpoint(head.sign([KEY]), READS) == (KEY.name, 7, ROOTS[7])
    with pytest.raises(UnprovenError):
        verify.open_checkpoint(replace(head, origin="other").sign([KEY]), READS)


def test_lists_of_packs_are_written_as_they_are_read():
    assert b"holdfast objects v1\n+ " + b"11" * 32 + b"\n- " + b"00" * 32 + b"\n" == objects.encode(
        [bytes(32)], [b"\x11" * 32]
    )
