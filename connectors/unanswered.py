"""Unanswered: workspaces that an app does not answer for, put off until all others are read, and left out at last."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.base import Anew, Item, Warned, WarningCode
from connectors.errors import Retriable
from store.record import WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The end of what was read of one workspace: there was no answer."""

    workspace_id: WorkspaceId
    where: str
    error: Retriable


@dataclass(slots=True, kw_only=True)
class PutOff:
    """Those of one attempt at a cycle. One workspace that an app cannot give must not keep the others from being saved.

    Of an app that answers for nothing it says so early: it is away, and another attempt makes more sense.
    """

    outage: int
    """How many in a row end without an answer before the app is taken to be away."""
    found: list[Unanswered] = field(default_factory=list)
    _in_a_row: int = 0

    def add(self, found: Unanswered) -> None:
        """Put one off. Raises its Retriable where the app is away."""
        self.found.append(found)
        self._in_a_row += 1
        if self._in_a_row >= self.outage:
            raise found.error

    def answered(self) -> None:
        """Take note that the app answers."""
        self._in_a_row = 0

    def leave(self, *, is_last_attempt: bool, is_anything_read: bool) -> Iterator[Item]:
        """Leave them out with a warning each. Raises Retriable instead where another attempt follows.

        Also where nothing was read at all, unless there was but one to read: then the app may well be away.
        What is held of them stays as it was, rather than half of it as it is.
        """
        if not self.found:
            return
        if not is_last_attempt or (len(self.found) > 1 and not is_anything_read):
            raise self.found[0].error
        yield Anew(workspace_ids=frozenset(each.workspace_id for each in self.found))
        for each in self.found:
            yield Warned(code=WarningCode.UNANSWERED, where=each.where, message=str(each.error))
