"""`python -m tests.fidelity [--only WORD] [--write FILE]`: run the cases; the last line is JSON."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from pathlib import Path

from store.database import Database
from store.embedded_postgres import EmbeddedPostgres
from tests.fidelity.case import Case
from tests.fidelity.cases import CASES
from tests.fidelity.run import Outcome, run_case
from tests.fidelity.table import page, totals


def main() -> int:
    """Run what is there; 1 when anything is wrong or twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose app or title has this word")
    parser.add_argument("--write", type=Path, help="where to write the page")
    given = parser.parse_args()
    wanted = [case for case in CASES if given.only in f"{case.app} {case.title}"]
    here = [case for case in wanted if case.needs is None or case.needs.is_file()]
    for case in wanted:
        if case not in here:
            print(f"SKIPPED: {case.app}: {case.title}: its export is not here")
    outcomes = asyncio.run(_run(here))
    for outcome in outcomes:
        for tally in outcome.kinds.values():
            for problem in tally.problems:
                print(f"{outcome.case.app}: {outcome.case.title}: {problem}")
    found = totals(outcomes)
    if given.write is not None:
        given.write.write_text(page(outcomes), encoding="utf-8")
    print(json.dumps(found))
    return 1 if found["wrong"] or found["duplicates"] or not outcomes else 0


async def _run(cases: list[Case]) -> list[Outcome]:
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="holdfast-fidelity-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # noqa: ASYNC240 - Postgres may run as another user; nothing else is going on yet
        with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
            url = postgres.url()
            database = await Database.open(url, connections=8)
            await database.migrate()
            for case in cases:
                print(f"{case.app}: {case.title}", file=sys.stderr)
                outcomes.append(await run_case(case, database, url, folder / secrets.token_hex(4)))
            await database.close()
    return outcomes


sys.exit(main())
