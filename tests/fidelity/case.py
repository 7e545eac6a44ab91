"""Case: one workspace of one app to be lost and restored, in a stand-in; `CASES` lists those of all apps."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from store.record import WorkspaceId


class Standing(Protocol):
    """A stand-in that runs, with something in it."""

    settings: Mapping[str, Any]
    """What a worker's settings have to say to reach it: `{"trello_url": ...}`."""
    method: str
    subject: str
    credentials: Mapping[str, str]
    """Of a grant that may read and write everything."""
    workspaces: Sequence[WorkspaceId]
    """What is lost and restored, all at once."""

    def lose(self) -> None:
        """Delete these workspaces, with all in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of blocks in `docs/fidelity.md`."""

    app: str
    title: str
    """For people: what it is of, naming nobody."""
    open: Callable[[], AbstractContextManager[Standing]]
    needs: Path | None = None
    """A real export that it loads: skipped where that is not there."""
