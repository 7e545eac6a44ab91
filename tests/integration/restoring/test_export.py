"""Export: an archive that says what it holds, the same from any byte on, checked by other people's programs."""

import asyncio
import csv
import hashlib
import io
import json
import random
import tarfile
from collections import Counter

import pytest

from store import exports, versions
from store.errors import Corrupt
from store.living import Living
from store.operations import Operation, OperationStatus
from tests.integration.restoring.conftest import Bench, key
from workers.exporting.layout import Layout
from workers.exporting.rows import Rows
from workers.exporting.stream import stream
from workers.queue import start_export


async def export(bench: Bench, **asked) -> Operation:
    async with bench.runtime.database.account(bench.account_id) as connection:
        queued = await start_export(
            connection, account_id=bench.account_id, connection_id=bench.connected.connection_id, seq=1, **asked
        )
    done = await bench.perform(queued)
    assert OperationStatus.SUCCEEDED is done.status, done.error_message
    return done


async def opened(bench: Bench, done: Operation) -> tuple[Rows, Layout]:
    repository = await bench.runtime.repository(bench.account_id)
    async with bench.runtime.database.account(bench.account_id) as connection:
        found = await exports.get(connection, bench.account_id, done.operation_id)
    layout = Layout.decode(found.layout(repository.keys))
    rows = Rows(repository=repository, connection_id=bench.connected.connection_id, seq=found.seq, asked=layout.asked)
    return rows, layout


async def read(rows: Rows, layout: Layout, start: int = 0, end: int | None = None) -> bytes:
    end = layout.size_bytes if end is None else end
    return b"".join([piece async for piece in stream(rows, layout, start, end)])


def lines_of(data: bytes, kind: str) -> list[bytes]:
    """The lines of JSON that an archive has of a kind."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.extractfile(f"records/{kind}.jsonl")
        assert member is not None
        return member.read().splitlines()


async def test_an_archive_holds_every_record_in_the_apps_shape_and_every_file(bench: Bench, tmp_path):
    done = await export(bench)
    data = await read(*await opened(bench, done))

    assert done.result["bytes"] == len(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = archive.getnames()
    # By tar, which is not ours; and `extractall` warns without a filter, which Python 3.11.2 does not know.
    unpack = await asyncio.create_subprocess_exec(
        "tar", "-xf", "-", "--no-same-owner", cwd=tmp_path, stdin=asyncio.subprocess.PIPE
    )
    await unpack.communicate(data)
    assert unpack.returncode == 0
    async with bench.runtime.database.account(bench.account_id) as connection:
        living = await Living.of(connection, bench.connected.connection_id, 1)
        counted = sum(map(Counter, (await living.count_by_kind()).values()), Counter())
    for kind, count in counted.items():
        lines = (tmp_path / "records" / f"{kind}.jsonl").read_bytes().splitlines()
        rows = list(csv.DictReader((tmp_path / "records" / f"{kind}.csv").read_text("utf-8").splitlines()))
        assert (kind, count, count) == (kind, len(lines), len(rows))
    cards = {json.loads(line)["id"]: json.loads(line) for line in lines_of(data, "card")}
    for card in bench.world.cards:
        assert (card["name"], card["desc"]) == (cards[card["id"]]["name"], cards[card["id"]]["desc"])
    files = [name for name in names if name.startswith("files/")]
    assert counted["file"] == len(files)
    # In the app's tree: workspace, board, list, card, file.
    assert {5} <= {name.count("/") for name in files}
    # By sha256sum, which is not ours.
    check = await asyncio.create_subprocess_exec("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=tmp_path)
    assert 0 == await check.wait()
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert ("holdfast export v1", 1, []) == (manifest["format"], manifest["snapshot"], manifest["omitted"])


async def test_any_range_is_what_lies_there_in_the_whole(bench: Bench, monkeypatch):
    monkeypatch.setattr("workers.exporting.perform._MARK_EVERY", 7)
    done = await export(bench)
    rows, layout = await opened(bench, done)
    data = await read(rows, layout)

    assert data == await read(rows, layout)
    chance = random.Random(3)
    edges = [0, 1, 511, 512, 513, len(data) - 1, len(data) - 1024, len(data)]
    for _ in range(25):
        start, end = sorted(chance.sample(range(len(data) + 1), 2))
        assert data[start:end] == await read(rows, layout, start, end)
    for start in edges:
        for end in edges:
            if start <= end:
                assert data[start:end] == await read(rows, layout, start, end)


async def test_a_subtree_and_a_workspace_are_exported_alone(bench: Bench):
    card = max(bench.world.cards.of(bench.board), key=lambda found: len(found["idChecklists"]))
    one = await opened(bench, await export(bench, records=[key("card", card["id"])]))
    board = await opened(bench, await export(bench, workspaces=[bench.board]))

    alone, whole = await read(*one), await read(*board)
    assert [card["id"]] == [json.loads(line)["id"] for line in lines_of(alone, "card")]
    assert set(card["idChecklists"]) == {json.loads(line)["id"] for line in lines_of(alone, "checklist")}
    cards = {found["id"] for found in bench.world.cards.of(bench.board)}
    assert cards == {json.loads(line)["id"] for line in lines_of(whole, "card")}
    assert [] == lines_of(whole, "organization")


async def test_what_cannot_be_read_is_told_and_left_out(bench: Bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        found = await versions.list_records(connection, bench.connected.connection_id, 1, kinds=["label"])
        await connection.execute("delete from chunks where chunk_id = $1", bytes(found[0].content_id))
    bench.runtime._repositories.clear()

    done = await export(bench)
    rows, layout = await opened(bench, done)

    assert [f"label/{found[0].key.external_id}"] == [warning["where"] for warning in done.warnings]
    assert [("label", found[0].key.external_id)] == layout.omitted
    assert done.result["bytes"] == len(await read(rows, layout))


async def test_what_is_lost_after_it_was_measured_ends_the_archive_and_is_never_passed_off(bench: Bench):
    done = await export(bench)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await connection.execute("delete from chunks")
    bench.runtime._repositories.clear()

    with pytest.raises(Corrupt):
        await read(*await opened(bench, done))


async def test_the_same_snapshot_gives_the_same_archive(bench: Bench):
    digests = [hashlib.sha256(await read(*await opened(bench, await export(bench)))).hexdigest() for _ in range(2)]

    assert digests[0] == digests[1]
