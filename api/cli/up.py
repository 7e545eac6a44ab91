"""`holdfast up`: the whole of Holdfast in one place."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.logs import log_to_stderr
from api.cli.output import err, out
from api.cli.stack import Stack, Stopped, run_stack
from workers.settings import Settings


def up(
    home: Annotated[Path | None, typer.Option("--home", help="Where state lies, instead of HOLDFAST_HOME.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port to listen on; 0: any free one.")] = None,
) -> None:
    """Start everything in one place, with its own Postgres, and stay up until stopped. Needs no service and no root."""
    settings = Settings.load(**given(home=home, host=host, port=port))
    log_to_stderr(settings.log_level)
    try:
        run_stack(settings, _stay)
    except Stopped:
        err.print("[dim]Stopped. Backups that were running go on when it is started again.")


def program_name() -> str:
    """What to type for this program: its name where the shell finds it, else its path."""
    return "holdfast" if shutil.which("holdfast") else os.path.relpath(sys.argv[0])


def given(**options: object) -> dict[str, object]:
    """Keep the options that somebody gave."""
    return {name: value for name, value in options.items() if value is not None}


async def _stay(stack: Stack) -> None:
    print_addresses(stack)
    program = program_name()
    out.print(f"[dim]Next, in another shell: {program} connect --help, then {program} backup")
    await asyncio.Event().wait()


def print_addresses(stack: Stack) -> None:
    """Say where everything is; the token only when it was just made."""
    settings = stack.session.place.settings
    out.print()
    out.print("[bold green]●[/] [bold]Holdfast is up.[/]  Stop it with Ctrl-C.")
    _line("GraphQL API", f"{stack.url}/graphql")
    _line("query console", f"{stack.url}/graphiql")
    token_file = settings.home / "token"
    _line("token", f"{stack.home.token} (also in {token_file})" if stack.home.is_new else f"in {token_file}")
    _line("state", str(settings.home))
    _line("objects", stack.session.runtime.backend.url)
    if stack.session.place.notice:
        out.print(f"[dim]{stack.session.place.notice}")


def _line(name: str, value: str) -> None:
    out.print(f"  {name:<14}", end="", style="dim")
    out.print(value, soft_wrap=True, markup=False)
