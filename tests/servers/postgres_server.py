"""Debian's Postgres, an older major version than the wheel's, run by our own launcher."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.embedded_postgres import EmbeddedPostgres
from tests.servers.process import CannotRunError


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Start it below `folder`, and say where it is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise CannotRunError("no Postgres in /usr/lib/postgresql")
    before = os.environ.get("HOLDFAST_PG_BIN")
    os.environ["HOLDFAST_PG_BIN"] = str(found[0].parent)
    try:
        postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        postgres.start()
    finally:
        os.environ.pop("HOLDFAST_PG_BIN")
        if before is not None:
            os.environ["HOLDFAST_PG_BIN"] = before
    try:
        yield {"HOLDFAST_TEST_DATABASE_URL": postgres.url(database="postgres", superuser=True)}
    finally:
        postgres.stop()
