"""`holdfast get`: one record's content, or a file's bytes, as of any snapshot."""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
import typer

from api.cli.exits import CommandError, Exit
from api.cli.history import SELECTOR_HELP
from api.cli.look import Look
from api.cli.options import AccountName, AsOf, ConnectionName, JsonFlag
from api.cli.output import emit_json, err, out, printable, size
from api.cli.session import Session, in_session
from store.errors import Corrupt
from store.files import Recipe, decode_recipe
from store.record import FILE_KIND, JsonObject


def get(
    record: Annotated[str, typer.Argument(help=SELECTOR_HELP)],
    *,
    connection: ConnectionName = None,
    as_of: AsOf = None,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", help="Write the file's bytes here (- for standard output), not its description."),
    ] = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Print a record's content as the app gave it, or write an attachment's bytes to a file."""

    async def work(session: Session) -> JsonObject:
        look = Look(session=session, connected=await session.connection(connection))
        snapshot = await session.snapshot(look.connected, as_of)
        selector = record if file is None or ":" in record else f"{FILE_KIND}:{record}"
        version = await look.as_of(selector, snapshot.seq)
        repository = await session.repository()
        if file is not None and not version.erased:
            recipe = decode_recipe(await repository.read(version.content_id))
            written = await _write(repository.stream_file(recipe), recipe, file)
            return {"file": written, "name": recipe.name, "bytes": recipe.size_bytes, "sha256": recipe.sha256}
        opened = await look.contents([version.content_id])
        if version.erased or version.content_id not in opened:
            raise CommandError(f"the content of {selector!r} was erased", Exit.NOT_FOUND)
        return {
            "record": f"{version.key.kind}:{version.key.external_id}",
            "workspace_id": version.key.workspace_id,
            "snapshot": snapshot.seq,
            "since_snapshot": version.from_seq,
            "changed_at": version.changed_at,
            "content": opened[version.content_id],
        }

    found = in_session(work, account=account)
    if file is not None:
        _tell_file(found, to_stdout=file == "-", json=json)
    elif json:
        emit_json(found)
    else:
        out.print(printable_json(found["content"]), markup=False)


def printable_json(content: JsonObject) -> str:
    """Write content over several lines, without what would move the terminal's cursor."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
    return "\n".join(printable(line) for line in text.split("\n"))


async def _write(stream: AsyncIterator[bytes], recipe: Recipe, file: str) -> str:
    """Write a file whole or not at all; one that differs from its SHA-256 never appears under its name."""
    if file == "-":
        await _pour(stream, sys.stdout.buffer)
        return file
    path = await asyncio.to_thread(_target, file, recipe.name)
    beside = path.with_name(f".{path.name}.part")
    digest = hashlib.sha256()
    try:
        with beside.open("wb") as output:
            await _pour(stream, output, digest)
            output.flush()
            os.fsync(output.fileno())
        if digest.hexdigest() != recipe.sha256:
            raise Corrupt(f"the bytes of {recipe.name!r} are not those that were backed up")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return str(path)


def _target(file: str, name: str) -> Path:
    """Where to write: the file that was named, or one of the app's name in the folder that was."""
    path = Path(file)
    if path.is_dir():
        # The name is the app's: it may say where to go, and must not.
        name = Path(name).name
        path /= "file" if name in {"", ".", ".."} else name
    return path


async def _pour(stream: AsyncIterator[bytes], output: BinaryIO, digest: Any = None) -> None:
    async for part in stream:
        if digest is not None:
            digest.update(part)
        await asyncio.to_thread(output.write, part)


def _tell_file(found: JsonObject, *, to_stdout: bool, json: bool) -> None:
    if json and not to_stdout:
        emit_json(found)
    elif not to_stdout:
        err.print(f"{printable(found['name'])}: {size(found['bytes'])} written to {found['file']}", markup=False)
