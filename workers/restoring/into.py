"""Into: where a drill restores to."""

from enum import StrEnum


class Into(StrEnum):
    """Where a drill restores to."""

    SCRATCH = "scratch"
    """A workspace of the app, made for it and deleted afterwards."""
    MEMORY = "memory"
