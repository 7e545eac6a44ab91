"""Store benches: the same records as files through restic, and through Holdfast's embedded default."""

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import orjson

from store import canonical
from store.record import ExternalId, Kind, Record, WorkspaceId
from tests.bench.peers import Restic, size_bytes
from tests.bench.result import Result
from tests.bench.samples import board_records, text_records, write_records
from tests.bench.workbench import Bench, card, new_account, new_folder, workbench

RECORDS = 100_000
_PAGE = 250
_CHANGED_EVERY = 100
_ROUNDS = 9


def _pages(replies: Sequence[bytes]) -> Iterator[list[Record]]:
    """Parse replies as a connector would: parsing is part of what is measured."""
    for reply in replies:
        yield [card(content) for content in canonical.decode(reply)]


def _replies(records: Iterator[dict[str, object]]) -> list[bytes]:
    replies = []
    while page := list(islice(records, _PAGE)):
        replies.append(orjson.dumps(page))
    return replies


def _chosen(replies: Sequence[bytes]) -> list[dict[str, object]]:
    """Take one record in a hundred."""
    return [record for reply in replies for record in orjson.loads(reply)][::_CHANGED_EVERY]


def _edited(record: dict[str, object]) -> dict[str, object]:
    """Turn a record's text around; twice, and it is as it was."""
    return record | {"desc": str(record["desc"])[::-1]}


async def text() -> list[Result]:
    """Store 100,000 records of about 2 KB in a new account; then 1 % changed; then nothing changed.

    A new account nine times, by turns with the peer, the medians compared: one run on a shared machine is a fifth
    faster or slower than the next, and sometimes half. Before each the disk is idle, so that nobody pays for what
    another wrote.
    """
    folder = new_folder()
    ours, theirs = list[tuple[float, float]](), list[tuple[float, float]]()
    stored_peer = None
    try:
        source = folder / "records"
        write_records(source, text_records(RECORDS))
        replies = _replies(text_records(RECORDS))
        chosen = _chosen(replies)
        edits = _replies(map(_edited, chosen))
        async with workbench() as bench:
            for number in range(_ROUNDS):
                account = await new_account(bench.repository.database, bench.bucket.with_name(f"bucket-{number}"))
                os.sync()
                _, initial = await account.snapshot(_pages(replies))
                stored = account.stored_bytes()
                os.sync()
                _, changed = await account.snapshot(_pages(edits))
                ours.append((initial, changed))
                if restic := _restic(folder / f"peer-{number}"):
                    os.sync()
                    initial = restic.backup(source)
                    stored_peer = size_bytes(restic.repository)
                    chosen = list(map(_edited, chosen))
                    _write_again(source, chosen)
                    os.sync()
                    theirs.append((initial, restic.backup(source)))
            before = await _written(account)
            _, unchanged = await account.snapshot([])
            assert before == await _written(account), "an unchanged account wrote packs or nodes"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for who, rounds in (("holdfast", ours), ("restic", theirs)):
        print(f"  {who}:", ", ".join(f"{initial:.2f} s and {changed:.3f}" for initial, changed in rounds))
    initial, changed = map(median, zip(*ours, strict=True))
    initial_peer, changed_peer = map(median, zip(*theirs, strict=True)) if theirs else (None, None)
    return [
        Result(
            name="store-initial",
            value=initial,
            unit="s",
            peer="restic",
            peer_value=initial_peer,
            target="at most 1/2",
            limit=0.5,
        ),
        Result(
            name="store-bytes-text",
            value=stored / 1e6,
            unit="MB",
            peer="restic",
            peer_value=stored_peer and stored_peer / 1e6,
            target="at most 70 %",
            limit=0.7,
        ),
        Result(
            name="store-changed",
            value=changed,
            unit="s",
            peer="restic",
            peer_value=changed_peer,
            target="at most 1/10",
            limit=0.1,
        ),
        Result(name="store-unchanged", value=unchanged, unit="s", target="no pack, no node"),
    ]


def _restic(folder: Path) -> Restic | None:
    """Make an empty repository of the peer's, where it is installed."""
    if not Restic.installed():
        return None
    restic = Restic(folder)
    restic.init()
    return restic


def _write_again(source: Path, records: Sequence[dict[str, object]]) -> None:
    for number, record in enumerate(records):
        path = source / f"{number * _CHANGED_EVERY % 100:02d}" / f"{record['id']}.json"
        assert path.exists()
        path.write_bytes(orjson.dumps(record))


async def _written(bench: Bench) -> tuple[int, int]:
    async with bench.repository.database.account(bench.repository.account_id) as connection:
        row = await connection.fetchrow(
            "select (select count(*) from packs) as packs, (select count(*) from nodes) as nodes"
        )
    assert row is not None
    return row["packs"], row["nodes"]


async def boards() -> list[Result]:
    """Store the records of real board exports, one file a record for restic."""
    exports = _exports()
    if not exports:
        print("store-bytes-boards: skipped, no board exports; set HOLDFAST_SHARED to the reference material")
        return []
    folder = new_folder()
    try:
        source = folder / "records"
        pages: dict[tuple[str, str], list[Record]] = {}
        for number, path in enumerate(exports):
            for kind, content in board_records(orjson.loads(path.read_bytes())):
                external_id = str(content["id"])
                record = Record(
                    workspace_id=WorkspaceId(str(number)),
                    kind=Kind(kind),
                    external_id=ExternalId(external_id),
                    content=content,
                )
                pages.setdefault((str(number), kind), []).append(record)
                place = source / str(number) / kind
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{external_id}.json").write_bytes(canonical.encode(content))
        async with workbench() as bench:
            await bench.snapshot(pages.values())
            stored = bench.stored_bytes()
        peer_value = None
        if restic := _restic(folder):
            restic.backup(source)
            peer_value = size_bytes(restic.repository) / 1e6
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Result(
            name="store-bytes-boards",
            value=stored / 1e6,
            unit="MB",
            peer="restic",
            peer_value=peer_value,
            target="at most 20 %",
            limit=0.2,
        )
    ]


def _exports() -> list[Path]:
    configured = os.environ.get("HOLDFAST_SHARED")
    shared = Path(configured) if configured else Path(__file__).resolve().parents[3] / "shared"
    return sorted((shared / "real" / "trello").glob("board-*.json"))
