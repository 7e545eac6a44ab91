"""Remembered: a world that many tests begin with, made once and copied for each: a database and a bucket."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tests.conftest import PostgresServer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered(Generic[T]):
    """What was made, and what it left in Postgres and in its bucket."""

    template: str
    """The database to copy; nobody may be connected to it."""
    bucket: Path
    made: T

    def copy_bucket(self, to: Path) -> None:
        shutil.copytree(self.bucket, to, dirs_exist_ok=True)


@contextmanager
def remembered(server: PostgresServer, make: Callable[[str, Path], Awaitable[T]]) -> Iterator[Remembered[T]]:
    """Have it made in a database, given by its URL, and a folder. All that is open there must be closed afterwards."""
    name = f"remembered_{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="holdfast-test-") as folder:
        bucket = Path(folder) / "objects"
        made = asyncio.run(_made(server, name, bucket, make))
        yield Remembered(template=name, bucket=bucket, made=made)
        asyncio.run(server.drop(name))


async def _made(server: PostgresServer, name: str, bucket: Path, make: Callable[[str, Path], Awaitable[T]]) -> T:
    return await make(await server.create(name), bucket)
