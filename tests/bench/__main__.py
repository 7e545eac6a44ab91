"""`make bench`: every bench, or with ONLY=name those whose results bear that name; a table and `build/bench.json`."""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable

from tests.bench import cycle, drive, files, memory, monday, proofs, redmine, store, trees, trello
from tests.bench.result import Result, machine, table, write

BENCHES: dict[tuple[str, ...], Callable[[], Awaitable[list[Result]]]] = {
    ("store-initial", "store-bytes-text", "store-changed"): store.text,
    ("store-bytes-boards",): store.boards,
    ("store-files",): files.files,
    ("tree-build", "tree-diff"): trees.trees,
    ("as-of",): trees.as_of,
    ("audit-root", "proof-record", "proof-absence"): proofs.proofs,
    ("log-append", "log-checkpoints"): proofs.logs,
    ("verify-bucket",): proofs.offline,
    ("memory",): memory.memory,
    ("trello-requests",): trello.requests,
    ("monday-requests", "monday-complexity"): monday.account,
    ("monday-long-requests", "monday-long-complexity"): monday.long_board,
    ("drive-initial", "drive-calls", "drive-changed"): drive.copies,
    ("redmine-requests", "redmine-first", "redmine-unchanged", "redmine-changed"): redmine.redmine,
    ("trello-cycle",): cycle.cycle,
}


async def run(only: str | None) -> list[Result]:
    """Run the benches that give `only`, or all."""
    results: list[Result] = []
    for names, bench in BENCHES.items():
        if only is None or only in names:
            print(f"… {', '.join(names)}", flush=True)
            results += await bench()
            gc.collect()
    return results


def main() -> None:
    """See the module."""
    only = os.environ.get("ONLY") or None
    known = [name for names in BENCHES for name in names]
    if only and only not in known:
        sys.exit(f"no bench is named {only!r}; there are {', '.join(known)}")
    results = asyncio.run(run(only))
    write(results)
    print(f"\n{machine()}\n\n{table(results)}")


if __name__ == "__main__":
    main()
