"""Time-stamps: each published head gets a token of an authority, checked by OpenSSL and by the auditor's program."""

import asyncio
import re
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from store import log, log_keys, timestamps, verify
from store.checkpoint import Checkpoint
from store.errors import Invalid
from tests.integration.workers.authority import authority
from workers.settings import Settings, SettingsError
from workers.stamping import Stamper
from workers.timestamp import Authority

PAGE = Path(__file__).parents[3] / "docs" / "audit.md"
(COMMANDS,) = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def tsa(tmp_path):
    with authority(tmp_path / "authority") as made:
        yield made


@asynccontextmanager
async def stamper(bench, tsa):
    settings = bench.runtime.settings.model_copy(
        update={
            "timestamp_url": tsa.url,
            "timestamp_certificates": tsa.roots,
            "allow_private_addresses": True,
        }
    )
    made = await Stamper.of(bench.runtime, settings)
    yield made
    await made.aclose()


def names(bench):
    prefix = timestamps.name_of(bench.account_id, 0).removesuffix("0000000000")
    return [name.removeprefix(prefix) for name in bench.runtime.backend.list(prefix)]


async def keys(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return [verify.read_key(vkey) for vkey in await log.vkeys(connection, bench.account_id)]


def walk(folder):
    """Do what the page says."""
    return subprocess.run(
        ["bash", "-euc", COMMANDS], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


async def test_each_published_head_is_stamped_once_and_openssl_agrees(bench, tsa, tmp_path):
    await bench.back_up()
    async with stamper(bench, tsa) as made:
        assert [bench.account_id] == await made.stamp()
        assert [] == await made.stamp()
        await bench.back_up()
        assert [bench.account_id] == await made.stamp()

    assert (2, ["0000000002", "0000000002.tsr", "0000000003", "0000000003.tsr"]) == (len(tsa.asked), names(bench))
    folder = bench.runtime.backend.folder
    (tmp_path / "bucket").symlink_to(folder)
    (tmp_path / "authority.pem").write_bytes(tsa.roots.read_bytes())
    done = await asyncio.to_thread(walk, tmp_path)
    assert (0, 2) == (done.returncode, done.stdout.count("Verification: OK")), done.stdout + done.stderr
    assert "all there and unaltered" in verify.check_bucket(folder, await keys(bench), None, None)

    note = folder / timestamps.name_of(bench.account_id, 2)
    note.write_bytes((folder / timestamps.name_of(bench.account_id, 3)).read_bytes()[:-1])
    assert (await asyncio.to_thread(walk, tmp_path)).returncode
    with pytest.raises(verify.UnprovenError):
        verify.check_bucket(folder, await keys(bench), None, None)


async def test_a_stamped_note_of_another_history_is_evidence(bench, tsa):
    await bench.back_up()
    async with stamper(bench, tsa) as made:
        await made.stamp()
    folder = bench.runtime.backend.folder
    note = folder / timestamps.name_of(bench.account_id, 2)
    async with bench.runtime.database.account(bench.account_id) as connection:
        held = await log_keys.load_keys(connection, (await bench.runtime.repository(bench.account_id)).keys)
    signed = Checkpoint.read(note.read_bytes())
    known, good = await keys(bench), note.read_bytes()
    note.write_bytes(Checkpoint(origin=signed.origin, size=2, root=bytes(32)).sign(held.signing))
    with pytest.raises(verify.UnprovenError, match="rewritten below the 2 entries of 0000000002; keep both notes"):
        verify.check_bucket(folder, known, None, None)

    note.write_bytes(good)
    longer = note.with_name("0000000009")
    longer.write_bytes(Checkpoint(origin=signed.origin, size=9, root=bytes(32)).sign(held.signing))
    longer.with_suffix(".tsr").write_bytes(b"")
    with pytest.raises(verify.UnprovenError, match="fewer entries than the head 0000000009"):
        verify.check_bucket(folder, known, None, None)


@pytest.mark.parametrize("how", ["away", "junk", "another note", "another authority"])
async def test_no_answer_that_proves_nothing_is_kept(bench, tsa, tmp_path, how):
    await bench.back_up()
    query = TimestampRequestBuilder().data(b"another note").hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()
    with authority(tmp_path / "other") as other:
        answers = {
            "away": lambda _: b"",
            "junk": lambda _: b"0\x80junk",
            "another note": lambda _: tsa.stamp(query),
            "another authority": other.stamp,
        }
        tsa.answer = answers[how]
        async with stamper(bench, tsa) as made:
            assert [] == await made.stamp()
            assert [] == names(bench)

            tsa.answer = tsa.stamp
            assert [bench.account_id] == await made.stamp(), "it is tried again"


async def test_nothing_is_asked_where_no_authority_is_set(bench):
    assert await Stamper.of(bench.runtime, bench.runtime.settings) is None


def test_what_cannot_be_asked_or_checked_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDFAST_TIMESTAMP_URL", "https://tsa.example.org")
    with pytest.raises(SettingsError, match="HOLDFAST_TIMESTAMP_URL and HOLDFAST_TIMESTAMP_CERTIFICATES"):
        Settings.load()
    with pytest.raises(Invalid, match="cannot be read"):
        Authority.of("https://tsa.example.org", tmp_path / "none")
    (tmp_path / "junk").write_text("junk")
    with pytest.raises(Invalid, match="no certificates in PEM"):
        Authority.of("https://tsa.example.org", tmp_path / "junk")
