"""Home: the folder that holds a whole embedded Holdfast, and how a command gets at its Postgres.

A command that finds `holdfast up` running uses its Postgres; otherwise it starts Postgres for as long as it takes, and
holds the home's lock meanwhile. With HOLDFAST_DATABASE_URL set there is no home: the command goes there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.embedded_postgres import EmbeddedPostgres, running_url
from workers.settings import Settings

POSTGRES_FOLDER = "postgres"
TOKEN_FILE = "token"  # noqa: S105 - a file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command works."""

    settings: Settings
    """With `database_url` set."""
    is_embedded: bool
    is_alone: bool
    """Whether this process runs the home's Postgres, so that no other worker can be alive."""
    notice: str | None = None
    """What a person should know about where state lies."""


@contextmanager
def open_place(settings: Settings, *, must_own: bool = False, durable: bool = True) -> Iterator[Place]:
    """Find or start Postgres; from the main thread. AlreadyRunning where `must_own` and another process has it.

    `durable=False` is for a home that is thrown away afterwards.
    """
    if settings.database_url is not None:
        yield Place(settings=settings, is_embedded=False, is_alone=False)
        return
    folder = settings.home / POSTGRES_FOLDER
    url = None if must_own else running_url(folder)
    if url is not None:
        yield Place(settings=_at(settings, url), is_embedded=True, is_alone=False)
        return
    make_private(settings.home)
    with EmbeddedPostgres(folder, durable=durable) as postgres:
        yield Place(settings=_at(settings, postgres.url()), is_embedded=True, is_alone=True, notice=postgres.notice)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can look into; one that is there stays as it is.

    Root's can be passed through, because Postgres, which never runs as root, has its state inside.
    """
    folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def _at(settings: Settings, database_url: str) -> Settings:
    # Our own URL, not one that a person typed: nothing to validate.
    return settings.model_copy(update={"database_url": database_url})
