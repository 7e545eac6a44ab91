"""The command line: `holdfast`."""

import os
import sys
from importlib import import_module

import typer

START, USE, PRODUCTION = "Start", "Use", "Production"

COMMANDS = {
    "up": ("up", START),
    "demo": ("demo", START),
    "connect": ("connect", USE),
    "backup": ("backup", USE),
    "status": ("status", USE),
    "scope": ("scope", USE),
    "records": ("records", USE),
    "history": ("history", USE),
    "diff": ("diff", USE),
    "get": ("get", USE),
    "restore": ("restore", USE),
    "drill": ("drill", USE),
    "export": ("export", USE),
    "drive": ("drive", USE),
    "audit": ("audit", USE),
    "verify": ("verify", USE),
    "alerts": ("alerts", USE),
    "retention": ("retention", USE),
    "hold": ("hold", USE),
    "erase": ("erase", USE),
    "api": ("services", PRODUCTION),
    "worker": ("services", PRODUCTION),
    "scheduler": ("services", PRODUCTION),
    "migrate": ("services", PRODUCTION),
    "key": ("key", PRODUCTION),
    "account": ("account", PRODUCTION),
    "token": ("token", PRODUCTION),
    "rebuild": ("rebuild", PRODUCTION),
    "settings": ("settings", PRODUCTION),
}
"""Command → the module that holds it, and under which heading help lists it."""


def assemble(arguments: list[str]) -> typer.Typer:
    """Make the program. Where the first argument names a command, only that one is imported.

    All of them take a second, most of it for servers that `holdfast status` has no use for.
    """
    app = typer.Typer(
        name="holdfast",
        help="Backup for the cloud apps a team works in: every version kept, every record proven, all restorable.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    # A callback keeps one command from being taken for the whole program.
    app.callback()(_nothing)
    wanted = [name for name in arguments[:1] if name in COMMANDS]
    for name in wanted or COMMANDS:
        module_name, heading = COMMANDS[name]
        module = import_module(f"api.cli.{module_name}")
        if isinstance(getattr(module, "app", None), typer.Typer):
            app.add_typer(module.app, name=name, rich_help_panel=heading)
        else:
            app.command(name, rich_help_panel=heading)(getattr(module, name))
    return app


def main() -> None:
    """Run a command. A fault that can be expected is one line on stderr and an exit code that says what kind."""
    try:
        assemble(sys.argv[1:])()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone, `head` for instance; nothing may be flushed there any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - each has its line
        from api.cli.exits import explain  # noqa: PLC0415 - it knows every error there is, which takes time to import

        message, code = explain(error)
        sys.stderr.write(f"holdfast: {message}\n")
        sys.exit(code)


def _nothing() -> None:
    pass
