"""The command line: `holdfast`."""

import os
import sys
from collections.abc import Collection
from importlib import import_module
from typing import NamedTuple

import typer

START, USE, PRODUCTION = "Start", "Use", "Production"


class Command(NamedTuple):
    """One command: the module that holds it, under which heading help lists it, and what help says of it there."""

    module: str
    heading: str
    says: str


COMMANDS = {
    "up": Command("up", START, "Start everything in one place, with its own Postgres, and stay up until stopped."),
    "demo": Command("demo", START, "Show all of it on a made-up Trello workspace."),
    "connect": Command("connect", USE, "Connect a cloud app."),
    "backup": Command("backup", USE, "Take a snapshot now."),
    "status": Command(
        "status", USE, "Show connections with their newest snapshots, what runs, and when the next backup is due."
    ),
    "scope": Command("scope", USE, "Show what is backed up and what no grant reaches."),
    "records": Command("records", USE, "List records, as the newest snapshot or an earlier one has them."),
    "history": Command("history", USE, "Show every version of one record, with the fields that differ."),
    "diff": Command("diff", USE, "Show what was added, edited, moved and deleted from one snapshot to another."),
    "get": Command(
        "get", USE, "Print a record's content as the app gave it, or write an attachment's bytes to a file."
    ),
    "restore": Command("restore", USE, "Put records back."),
    "drill": Command("drill", USE, "Hold a restore drill."),
    "export": Command(
        "export", USE, "Write an archive: JSON lines and CSV for each kind, files in the app's tree, and SHA256SUMS."
    ),
    "drive": Command("drive", USE, "Keep a readable copy in Google Drive."),
    "audit": Command("audit", USE, "Proofs for people who do not trust us, and the program that checks them."),
    "verify": Command("verify", USE, "Verify all that an account stores."),
    "alerts": Command("alerts", USE, "Who is told what happens, by mail or webhook."),
    "retention": Command("retention", USE, "How many snapshots are kept, and giving up the others."),
    "hold": Command("hold", USE, "Legal holds: while one lies, nothing is given up, erased or collected."),
    "erase": Command("erase", USE, "Make stored content unreadable for good."),
    "api": Command("services", PRODUCTION, "Serve the API alone."),
    "worker": Command("services", PRODUCTION, "Run operations that the API and the scheduler start."),
    "scheduler": Command("services", PRODUCTION, "Start the daily backups."),
    "migrate": Command("services", PRODUCTION, "Bring the schema of HOLDFAST_DATABASE_URL up to date."),
    "key": Command("key", PRODUCTION, "The master key, which wraps the keys of every account."),
    "account": Command("account", PRODUCTION, "Accounts: tenants that share nothing."),
    "token": Command("token", PRODUCTION, "API tokens, for programs and for people."),
    "rebuild": Command("rebuild", PRODUCTION, "Make a lost Postgres again, from the bucket and the master key alone."),
    "settings": Command("settings", PRODUCTION, "List every setting: its variable, its value, and what it means."),
}


def assemble(wanted: Collection[str]) -> typer.Typer:
    """Make the program with these commands; of the others, only what help says of them.

    To import them all takes more than a second, most of it for servers that `holdfast status` has no use for.
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
    for name, command in COMMANDS.items():
        if name not in wanted:
            app.command(name, help=command.says, rich_help_panel=command.heading)(_nothing)
            continue
        module = import_module(f"api.cli.{command.module}")
        if isinstance(getattr(module, "app", None), typer.Typer):
            app.add_typer(module.app, name=name, rich_help_panel=command.heading)
        else:
            app.command(name, rich_help_panel=command.heading)(getattr(module, name))
    return app


def main() -> None:
    """Run a command. A fault that can be expected is one line on stderr and an exit code that says what kind."""
    try:
        # Whatever is run is among the arguments, wherever it stands. A shell that completes a line gives none, and may
        # ask for the options of any command.
        assemble(COMMANDS if "_HOLDFAST_COMPLETE" in os.environ else sys.argv[1:])()
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
