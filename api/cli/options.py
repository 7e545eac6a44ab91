"""Options that several commands share."""

from typing import Annotated

import typer

from api.cli.moment import HELP

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
AccountName = Annotated[
    str | None, typer.Option("--account", help="The account's name or id, where there are several.")
]
ConnectionName = Annotated[
    str | None, typer.Option("--connection", "-c", help="The connection's name, app or id, where there are several.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help=f"A snapshot's number, or a time: {HELP}. The newest when left out.")
]
