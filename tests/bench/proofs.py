"""Proof benches: the audit root and proofs of a million records, the log's rates, a whole bucket verified offline."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from store import log, log_entry, prove, verify
from store.audit import audit_tree
from store.log import Log
from store.record import ExternalId, OperationId, Record, RecordKey
from store.snapshots import Snapshot
from store.tree.nodes import PostgresNodes
from tests.bench.files import store_files
from tests.bench.result import Result
from tests.bench.samples import text_record, vocabulary, write_files
from tests.bench.workbench import BOARD, CARD, Bench, card, new_folder, workbench

RECORDS = 1_000_000
FILE_BYTES = 1_000_000_000
ENTRIES = 2000
CHECKPOINTS = 200
_PAGE = 1000
_PROOFS = 9


async def proofs() -> list[Result]:
    """Prove records, and what never was one, in a snapshot of a million."""
    async with workbench() as bench:
        snapshot, _ = await bench.snapshot(_pages())
        assert snapshot.record_count == RECORDS
        keys = await _keys(bench)
        root = await _audit_root(bench, snapshot)
        held = [_key(number * (RECORDS - 1) // (_PROOFS - 1)) for number in range(_PROOFS)]
        gone = [RecordKey(workspace_id=BOARD, kind=CARD, external_id=ExternalId(f"{one.external_id}0")) for one in held]
        record = await _proofs(held, lambda one: prove.prove_record(bench.repository, snapshot, one), keys)
        absence = await _proofs(gone, lambda one: prove.prove_absence(bench.repository, snapshot, one), keys)
    return [
        Result(name="audit-root", value=root, unit="s", target="under 3 s", limit=3.0),
        Result(name="proof-record", value=record.making, unit="s"),
        Result(name="proof-record-check", value=record.checking * 1000, unit="ms"),
        Result(name="proof-record-bytes", value=record.size_bytes, unit="bytes"),
        Result(name="proof-absence", value=absence.making, unit="s"),
        Result(name="proof-absence-bytes", value=absence.size_bytes, unit="bytes"),
    ]


class _Measured:
    """Medians: of making and checking a proof, in seconds, and of its length beyond the content that it discloses."""

    def __init__(self, making: list[float], checking: list[float], sizes: list[int]) -> None:
        self.making = statistics.median(making)
        self.checking = statistics.median(checking)
        self.size_bytes = statistics.median(sizes)


async def _proofs(
    wanted: list[RecordKey], make: Callable[[RecordKey], Awaitable[bytes]], keys: list[verify.Key]
) -> _Measured:
    making, checking, sizes = [], [], []
    for key in wanted:
        started = time.perf_counter()
        data = await make(key)
        making.append(time.perf_counter() - started)
        started = time.perf_counter()
        verify.check_disclosure(data, keys, None)
        checking.append(time.perf_counter() - started)
        sizes.append(len(data) - len(verify.from_json(data).get("content", "")))
    return _Measured(making, checking, sizes)


async def _audit_root(bench: Bench, snapshot: Snapshot) -> float:
    times = []
    async with bench.repository.database.account(bench.repository.account_id) as connection:
        for _ in range(3):
            started = time.perf_counter()
            tree = await audit_tree(PostgresNodes(connection, bench.repository.account_id), snapshot.tree_root)
            assert (tree.root(), tree.count) == (snapshot.audit_root, RECORDS)
            times.append(time.perf_counter() - started)
    return statistics.median(times)


async def logs() -> list[Result]:
    """Append entries, each in a transaction of its own; then append and let a checkpoint in the bucket cover each."""
    async with workbench() as bench:
        held = Log(bench.repository)
        await _append(bench, held)
        started = time.perf_counter()
        for _ in range(ENTRIES):
            await _append(bench, held)
        appending = time.perf_counter() - started
        await held.publish()
        started = time.perf_counter()
        for _ in range(CHECKPOINTS):
            await _append(bench, held)
            await held.publish()
        publishing = time.perf_counter() - started
    return [
        Result(name="log-append", value=ENTRIES / appending, unit="/s"),
        Result(name="log-checkpoints", value=CHECKPOINTS / publishing, unit="/s"),
    ]


async def _append(bench: Bench, held: Log) -> None:
    async with bench.repository.database.account(bench.repository.account_id) as connection:
        entry = log_entry.restore(
            bench.repository.keys, bench.connection_id, 1, operation_id=OperationId(uuid4()), at=datetime.now(UTC)
        )
        await held.append(connection, entry)


async def offline() -> list[Result]:
    """Verify a bucket with a gigabyte of attachments as an auditor does, beside sha256sum over the same files."""
    folder = new_folder()
    try:
        source = folder / "files"
        write_files(source, FILE_BYTES)
        async with workbench() as bench:
            await store_files(bench, sorted(source.iterdir()))
            keys, stored = await _keys(bench), bench.stored_bytes()
            peer = _sha256sum(bench.bucket)
            started = time.perf_counter()
            verify.check_bucket(bench.bucket, keys, None, None)
            seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Result(name="verify-bucket", value=seconds, unit="s", peer="sha256sum", peer_value=peer),
        Result(name="verify-bucket-rate", value=stored / seconds / 1e9, unit="GB/s"),
    ]


def _sha256sum(folder: Path) -> float | None:
    tool = shutil.which("sha256sum")
    if tool is None:
        return None
    files = sorted(str(one) for one in folder.rglob("*") if one.is_file())
    started = time.perf_counter()
    subprocess.run([tool, *files], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


async def _keys(bench: Bench) -> list[verify.Key]:
    async with bench.repository.database.account(bench.repository.account_id) as connection:
        return [verify.read_key(vkey) for vkey in await log.vkeys(connection, bench.repository.account_id)]


def _pages() -> Iterator[list[Record]]:
    words = vocabulary()
    for start in range(0, RECORDS, _PAGE):
        # Small texts: what a proof costs beside the content that it discloses is what is looked for.
        yield [card(text_record(number, words) | {"desc": ""}) for number in range(start, min(start + _PAGE, RECORDS))]


def _key(number: int) -> RecordKey:
    return RecordKey(workspace_id=BOARD, kind=CARD, external_id=ExternalId(f"{number:024x}"))
