"""Files bench: 1 GB of mixed files as attachments, beside borg with lz4; and a byte inserted into 100 MB."""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from store.cycle import Cycle
from store.files import FileMeta
from store.log import Log
from store.record import ExternalId, OperationId, ParentRef
from tests.bench.peers import Borg
from tests.bench.result import Result
from tests.bench.samples import write_files
from tests.bench.workbench import BOARD, CARD, Bench, new_folder, workbench

TOTAL_BYTES = 1_000_000_000
_READ_BYTES = 1024 * 1024
_AT_ONCE = 4
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def files() -> list[Result]:
    """Store them all, four at a time, as a backup does."""
    folder = new_folder()
    try:
        source = folder / "files"
        write_files(source, TOTAL_BYTES)
        async with workbench() as bench:
            seconds = await store_files(bench, sorted(source.iterdir()))
        peer_seconds = None
        if Borg.installed():
            borg = Borg(folder)
            borg.init()
            peer_seconds = borg.backup(source)
        inserted = await _inserted(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Result(
            name="store-files",
            value=seconds,
            unit="s",
            peer="borg lz4",
            peer_value=peer_seconds,
            target="no slower",
            limit=1.0,
        ),
        Result(
            name="store-files-inserted-byte",
            value=inserted / 1e6,
            unit="MB",
            target="at most 4 MB more",
            limit=4.0,
        ),
    ]


async def store_files(bench: Bench, paths: list[Path]) -> float:
    """Store files as one snapshot, four at a time, as a backup does; returns the seconds until it is signed."""
    started = time.perf_counter()
    async with Cycle.open(bench.repository, bench.connection_id, OperationId(uuid4()), _NOW) as cycle:
        turn = asyncio.Semaphore(_AT_ONCE)

        async def put(path: Path) -> None:
            async with turn:
                await cycle.put_file(_meta(path), _read(path))

        async with asyncio.TaskGroup() as group:
            for path in paths:
                group.create_task(put(path))
        await cycle.commit({}, _NOW)
    await Log(bench.repository).publish()
    return time.perf_counter() - started


async def _inserted(folder: Path) -> int:
    """Store 100 MB, insert a byte in the middle, store again; return the bytes that cost."""
    data = random.Random(5).randbytes(100_000_000)
    path = folder / "large"
    path.write_bytes(data)
    async with workbench() as bench:
        await store_files(bench, [path])
        before = bench.stored_bytes()
        middle = len(data) // 2
        path.write_bytes(data[:middle] + b"!" + data[middle:])
        await store_files(bench, [path])
        return bench.stored_bytes() - before


def _meta(path: Path) -> FileMeta:
    return FileMeta(
        workspace_id=BOARD,
        external_id=ExternalId(path.name),
        parent=ParentRef(kind=CARD, external_id=ExternalId("card")),
        name=path.name,
        media_type=None,
        revision="1",
    )


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(_READ_BYTES):
            yield part
