"""The command line: `holdfast`."""

import os
import sys

import typer

from api.cli import accounts, connect, keys, services, show, tokens
from api.cli.backup import backup
from api.cli.demo import demo
from api.cli.diff import diff
from api.cli.exits import explain
from api.cli.get import get
from api.cli.history import history
from api.cli.records import records
from api.cli.status import status
from api.cli.up import up

app = typer.Typer(
    name="holdfast",
    help="Backup for the cloud apps a team works in: every version kept, every record proven, everything restorable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(rich_help_panel="Start")(up)
app.command(rich_help_panel="Start")(demo)
app.add_typer(connect.app, name="connect", rich_help_panel="Use")
for command in (backup, status, records, history, diff, get):
    app.command(rich_help_panel="Use")(command)
services.register(app)
app.add_typer(keys.app, name="key", rich_help_panel="Production")
app.add_typer(accounts.app, name="account", rich_help_panel="Production")
app.add_typer(tokens.app, name="token", rich_help_panel="Production")
app.command(rich_help_panel="Production")(show.settings)
app.command(rich_help_panel="Production")(show.schema)


def main() -> None:
    """Run a command. A fault that can be expected is one line on stderr and an exit code that says what kind."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone, `head` for instance; nothing may be flushed there any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - each has its line
        message, code = explain(error)
        sys.stderr.write(f"holdfast: {message}\n")
        sys.exit(code)
