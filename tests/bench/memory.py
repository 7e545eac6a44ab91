"""Memory bench: the peak of a process that backs up a million records."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from store.record import Record
from tests.bench.result import Result
from tests.bench.samples import text_record, vocabulary
from tests.bench.workbench import card, workbench

RECORDS = 1_000_000
_PAGE = 1000


async def memory() -> list[Result]:
    """Run the backup in a process of its own; take what the kernel says it held at most."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.memory", stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the measured process failed with {process.returncode}")
    return [Result(name="memory", value=float(output.split()[-1]), unit="MB", target="under 400 MB", limit=400.0)]


def _pages() -> Iterator[list[Record]]:
    words = vocabulary()
    for start in range(0, RECORDS, _PAGE):
        # Small texts: what grows with the number of records is what is looked for.
        yield [card(text_record(number, words) | {"desc": ""}) for number in range(start, start + _PAGE)]


async def _measure() -> float:
    async with workbench() as bench:
        snapshot, _ = await bench.snapshot(_pages())
        assert snapshot.record_count == RECORDS
    return _peak_mb()


def _peak_mb() -> float:
    """Read what the kernel says this process held at most; `ru_maxrss` would count the parent that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    print(asyncio.run(_measure()))
