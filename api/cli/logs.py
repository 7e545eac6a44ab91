"""Logs: one line an event on stderr; libraries only when something is wrong."""

import logging

from rich.logging import RichHandler

from api.cli.output import err
from workers.settings import LogLevel

_OURS = ("api", "workers", "store", "connectors")


def log_to_stderr(level: LogLevel) -> None:
    """Log what the product says at this level, and what libraries say from warnings on."""
    handler = RichHandler(console=err, show_path=False, rich_tracebacks=False, log_time_format="%H:%M:%S")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    # Broken connections to a broker are told at critical, and are what the sweeper is for.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
