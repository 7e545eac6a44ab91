"""`holdfast demo`: the whole of it on a made-up Trello workspace, in half a minute."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api import connecting
from api.cli import diff as diffing
from api.cli import history as histories
from api.cli.exits import CommandError, Exit
from api.cli.follow import follow
from api.cli.logs import log_to_stderr
from api.cli.look import Look
from api.cli.output import emit_json, err, out, size
from api.cli.serving import services_of
from api.cli.stack import Stack, Stopped, run_stack
from api.cli.up import given, print_addresses, program_name
from api.connecting import Wish
from connectors.trello.sandbox import Edits, RateLimits, Sandbox, edit, generate
from connectors.trello.spec import KEY_TOKEN
from connectors.trello.spec import SPEC as TRELLO
from store.connected_apps import ConnectedApp
from store.operations import Operation, OperationStatus
from store.record import JsonObject
from store.usage import usage
from workers.queue import start_backup
from workers.settings import LogLevel, Settings

NAME = "Trello (stand-in)"
# Trello's own 100 requests in 10 seconds, which connectors pace themselves to, would be most of the demo's time.
_FAST = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
_RECORD_SHOWN = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demo:
    """What the demo works with."""

    stack: Stack
    sandbox: Sandbox
    connected: ConnectedApp
    quiet: bool

    @property
    def look(self) -> Look:
        return Look(session=self.stack.session, connected=self.connected)


def demo(
    *,
    home: Annotated[Path | None, typer.Option("--home", help="Keep state here; a folder that goes away else.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The API's port; 0: any free one.")] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when it is done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --exit: end with one line of JSON.")] = False,
) -> None:
    """Show all of it on a made-up Trello workspace: two snapshots, what changed between, one record's history."""
    if json and not leave:
        raise CommandError("--json goes with --exit", Exit.USAGE)
    log_to_stderr(LogLevel.WARNING)
    started = time.monotonic()
    with _home(home) as folder, Sandbox(generate(), limits=_FAST) as sandbox:
        # The stand-in listens on loopback, where connectors do not go unless told.
        settings = Settings.load(
            **given(home=folder, port=0 if leave and port is None else port),
            trello_url=sandbox.url,
            allow_private_addresses=True,
        )

        async def work(stack: Stack) -> JsonObject:
            summary = await _show(stack, sandbox, quiet=json)
            summary["seconds"] = round(time.monotonic() - started, 2)
            if not leave:
                _print_stay(stack, sandbox, summary)
                await asyncio.Event().wait()
            return summary

        try:
            summary = run_stack(settings, work, durable=home is not None)
        except Stopped:
            err.print("[dim]Stopped." + (f" What it made is in {folder}." if home else " What it made is gone."))
            return
    if json:
        emit_json(summary)


@contextmanager
def _home(given_home: Path | None) -> Iterator[Path]:
    if given_home is not None:
        yield given_home
        return
    folder = Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # Postgres, which never runs as root, has its state inside
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _show(stack: Stack, sandbox: Sandbox, *, quiet: bool) -> JsonObject:
    connected = await _connect(stack, sandbox)
    demo = _Demo(stack=stack, sandbox=sandbox, connected=connected, quiet=quiet)
    if not quiet:
        out.print("[bold]Holdfast[/] backs up a made-up Trello workspace, served by a stand-in on this machine.\n")
    await _back_up(demo, "First snapshot")
    with sandbox.editing() as world:
        edits = edit(world, sandbox.owner)
    if not quiet:
        out.print(f"  [dim]Meanwhile in Trello: {_phrases(edits)}.")
    second = await _back_up(demo, "Second snapshot")
    newer = await stack.session.snapshot(connected, None)
    told = await diffing.tell(demo.look, await diffing.before(demo.look, newer), newer, limit=1000)
    if not quiet:
        _print_changes(told)
        out.print("\n[bold]One card's history[/]\n")
        out.print(histories.render(await histories.tell(demo.look, f"{_RECORD_SHOWN}:{edits.edited[0]}")))
    return await _summary(demo, second)


async def _connect(stack: Stack, sandbox: Sandbox) -> ConnectedApp:
    session = stack.session
    held = [each for each in await session.connections() if each.name == NAME]
    wish = Wish(app=TRELLO.app, name=NAME, connection_id=held[0].connection_id if held else None)
    credentials = {"key": sandbox.key, "token": sandbox.token}
    return await connecting.connect(services_of(session.runtime), session.account_id, wish, KEY_TOKEN, credentials)


async def _back_up(demo: _Demo, title: str) -> Operation:
    session = demo.stack.session
    database = session.runtime.database
    async with database.account(session.account_id) as connection:
        operation = await start_backup(
            connection, account_id=session.account_id, connection_id=demo.connected.connection_id
        )
    await demo.stack.queue.wake(operation.operation_id)
    ended = await follow(database, session.account_id, operation.operation_id, title=title, quiet=demo.quiet)
    if ended.status is not OperationStatus.SUCCEEDED:
        raise CommandError(f"{title.lower()}: {ended.error_code}: {ended.error_message}", Exit.FAILED)
    return ended


async def _summary(demo: _Demo, second: Operation) -> JsonObject:
    session = demo.stack.session
    result = second.result or {}
    async with session.runtime.database.account(session.account_id) as connection:
        held = await usage(connection, session.account_id)
    return {
        "snapshots": held.snapshots,
        "records": result["records"],
        "chunks": held.chunks,
        "bytes_stored": held.stored_bytes,
        "added": result["added"],
        "edited": result["edited"],
        "deleted": result["deleted"],
    }


def _phrases(edits: Edits) -> str:
    counted = (
        (len(edits.added), "card added", "cards added"),
        (len(edits.edited), "edited", "edited"),
        (len(edits.moved), "moved", "moved"),
        (len(edits.archived), "archived", "archived"),
        (len(edits.deleted), "deleted", "deleted"),
        (len(edits.attachments), "file attached", "files attached"),
        (len(edits.comments), "comment", "comments"),
        (len(edits.check_items), "item ticked", "items ticked"),
        (len(edits.renamed_lists), "list renamed", "lists renamed"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted if count)


def _print_changes(told: JsonObject) -> None:
    """Actions are Trello's own journal of the same edits: counted, so that the edits themselves can be seen."""
    journal = [change for change in told["changes"] if change["kind"] == "action"]
    rest = [change for change in told["changes"] if change["kind"] != "action"]
    out.print()
    diffing.print_changes({**told, "changes": rest}, brief=True)
    if journal:
        out.print(f"[dim]… and {len(journal):,} entries of Trello's own action history")


def _print_stay(stack: Stack, sandbox: Sandbox, summary: JsonObject) -> None:
    out.print(
        f"\n[bold]{summary['snapshots']} snapshots[/] of {summary['records']:,} records "
        f"in {summary['chunks']:,} chunks, {size(summary['bytes_stored'])} stored, in {summary['seconds']} s"
    )
    print_addresses(stack)
    out.print(f"  [dim]{'stand-in':<14}[/]{sandbox.url}", soft_wrap=True)
    out.print("\n[dim]To look around from another shell:")
    home = stack.session.place.settings.home
    out.print(
        f"  export HOLDFAST_HOME={home} HOLDFAST_TRELLO_URL={sandbox.url} HOLDFAST_ALLOW_PRIVATE_ADDRESSES=1",
        soft_wrap=True,
        markup=False,
    )
    program = program_name()
    out.print(f"  {program} records --kind card; {program} diff; {program} status", soft_wrap=True, markup=False)
