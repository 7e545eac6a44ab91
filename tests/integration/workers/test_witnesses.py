"""Witnesses: each published head is cosigned by all that are set, and a rewritten history by none."""

from contextlib import asynccontextmanager

import pytest

from store import log, verify, witnesses
from store.checkpoint import Checkpoint
from store.cosignature import WitnessKey
from store.log import Log
from tests.integration.workers.witness_server import witness_server
from workers.settings import Settings, SettingsError
from workers.witnessing import Witnessing


@pytest.fixture
def ada():
    with witness_server("witness.example/ada") as made:
        yield made


@pytest.fixture
def bob():
    with witness_server("witness.example/bob") as made:
        yield made


@asynccontextmanager
async def witnessing(bench, *servers):
    asked = tuple(f"{server.vkey} {server.url}" for server in servers)
    settings = bench.runtime.settings.model_copy(update={"witnesses": asked, "allow_private_addresses": True})
    made = Witnessing.of(bench.runtime, settings)
    yield made
    await made.aclose()


async def keys(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return [verify.read_key(vkey) for vkey in await log.vkeys(connection, bench.account_id)]


async def trusting(bench, *servers):
    """Let them know the log, as an operator does: by its key."""
    found = await keys(bench)
    for server in servers:
        server.known[found[0].name] = found


async def audit(bench, *servers):
    asked = [verify.read_key(server.vkey, verify.COSIGNS) for server in servers]
    return verify.check_bucket(bench.runtime.backend.folder, await keys(bench), None, None, asked)


def sizes(bench, server):
    start = witnesses.name_of(bench.account_id, 0, WitnessKey.parse(server.vkey)).partition("0000000000")[0]
    key_id = WitnessKey.parse(server.vkey).key_id.hex()
    names = [name.removeprefix(start) for name in bench.runtime.backend.list(start)]
    return [int(name.partition("-")[0]) for name in names if name.endswith(key_id)]


async def test_each_published_head_is_cosigned_by_all(bench, ada, bob):
    await bench.back_up()
    await trusting(bench, ada, bob)
    async with witnessing(bench, ada, bob) as made:
        assert [bench.account_id] == await made.ask()
        assert [] == await made.ask()
        await bench.back_up()
        assert [bench.account_id] == await made.ask()

    assert ([2, 3], [2, 3]) == (sizes(bench, ada), sizes(bench, bob))
    assert [(0, 200), (2, 200)] == ada.asked
    told = await audit(bench, ada, bob)
    assert "witness.example/ada saw the first 3 at 2026-09-21T" in told
    assert "witness.example/bob saw the first 3 at 2026-09-21T" in told


async def test_a_witness_that_is_away_holds_up_no_other_and_is_asked_again(bench, ada, bob):
    await bench.back_up()
    await trusting(bench, ada, bob)
    ada.is_away = True
    async with witnessing(bench, ada, bob) as made:
        assert [] == await made.ask()
        assert ([], [2]) == (sizes(bench, ada), sizes(bench, bob))
        with pytest.raises(verify.UnprovenError, match="ada has cosigned no head"):
            await audit(bench, ada, bob)

        ada.is_away = False
        assert [bench.account_id] == await made.ask()
    assert [(0, 200)] == bob.asked, "who has cosigned is not asked twice"
    assert [2] == sizes(bench, ada)


async def test_another_process_learns_from_the_witness_what_it_has_seen(bench, ada):
    await bench.back_up()
    await trusting(bench, ada)
    async with witnessing(bench, ada) as made:
        await made.ask()
    await bench.back_up()
    async with witnessing(bench, ada) as made:
        assert [bench.account_id] == await made.ask()

    assert [(0, 200), (0, 409), (2, 200)] == ada.asked


async def test_no_witness_cosigns_another_history(bench, ada, caplog):
    await bench.back_up()
    await trusting(bench, ada)
    repository = await bench.runtime.repository(bench.account_id)
    async with witnessing(bench, ada) as made:
        await made.ask()
        origin = (await keys(bench))[0].name
        ada.heads[origin] = verify.Checkpoint(origin, 2, bytes(32))
        await Log(repository).rotate()
        await Log(repository).publish()
        assert [] == await made.ask()
        assert 422 == ada.asked[-1][1]

        ada.heads[origin] = verify.Checkpoint(origin, 9, bytes(32))
        assert [] == await made.ask()
    assert "has seen 9 entries of this log, which has 3: was Postgres put back from an older copy?" in caplog.text
    assert [2] == sizes(bench, ada)


@pytest.mark.parametrize("how", ["a stranger's", "of another head", "junk", "nothing"])
async def test_no_answer_that_proves_nothing_is_kept(bench, ada, bob, how, caplog):
    await bench.back_up()
    await trusting(bench, ada)
    other = Checkpoint(origin="example.com/log", size=2, root=bytes(32)).text().encode() + b"\n"
    answers = {
        "a stranger's": bob.cosign,
        "of another head": lambda _: cosign(other),
        "junk": lambda _: b"\xff junk",
        "nothing": lambda _: b"",
    }
    cosign = ada.cosign
    ada.cosign = answers[how]
    async with witnessing(bench, ada) as made:
        assert [] == await made.ask()
        assert [] == sizes(bench, ada)
        assert "answered with no cosignature" in caplog.text

        ada.cosign = cosign
        assert [bench.account_id] == await made.ask()


async def test_no_byte_of_a_cosigned_head_can_be_altered(bench, ada):
    await bench.back_up()
    await trusting(bench, ada)
    async with witnessing(bench, ada) as made:
        await made.ask()
    name = witnesses.name_of(bench.account_id, 2, WitnessKey.parse(ada.vkey))
    file = bench.runtime.backend.folder / name
    good = file.read_bytes()
    key = verify.read_key(ada.vkey, verify.COSIGNS)
    known = await keys(bench)
    for at in range(len(good)):
        file.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        with pytest.raises(verify.UnprovenError):
            verify.check_bucket(bench.runtime.backend.folder, known, None, None, [key])


def test_what_is_no_witness_is_named(monkeypatch, ada):
    assert Witnessing.of(None, Settings.load()) is None
    signer = "example.com/foo+530d903a+AekyeRK7ZgYLUdNp0pgdPhfT8O0kTlO/ZbS4kGJgXpdz"
    for value, said in (
        (f"{signer} https://w.example", "HOLDFAST_WITNESSES: a witness is its verifier key, a space and its address"),
        (ada.vkey, "HOLDFAST_WITNESSES: the address of the witness witness.example/ada"),
        (f"{ada.vkey} https://a.example, {ada.vkey} https://b.example", "HOLDFAST_WITNESSES: a witness is there twice"),
    ):
        monkeypatch.setenv("HOLDFAST_WITNESSES", value)
        with pytest.raises(SettingsError, match=said):
            Settings.load()
