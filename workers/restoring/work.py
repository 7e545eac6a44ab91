"""Work: what a planner knows of one record so far. Values, filled in by `workers.restoring.planner`."""

from dataclasses import dataclass, field
from typing import Any

from connectors.writing import KindWriting
from store.record import JsonObject, Record
from workers.restoring.plan import Key


@dataclass(slots=True, kw_only=True)
class Work:
    """What is known so far of one record to be restored."""

    key: Key
    held: Record
    rules: KindWriting
    live: Record | None
    brought: bool
    hard: frozenset[Key] = frozenset()
    """Records that have to be there first."""
    waits: set[Key] = field(default_factory=set)
    """Records that it names, and that have to be there or given up before it is made: it cannot be told later."""
    cannot: str | None = None
    opens: bool = False
    """Whether it has to be taken out of the archive so that something can be written inside."""
    differing: frozenset[str] = frozenset()
    lost: dict[str, str] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    """The view, flat, as it is to be; names that are not known yet are nothing that anything equals."""

    def to_write(self) -> JsonObject:
        """View what is held as it is to be in the target."""
        return self.rules.to_write(self.held, itself=self.live is not None and self.live.external_id == self.key[1])

    @property
    def is_written(self) -> bool:
        """Whether a step makes or changes it."""
        return self.cannot is None and (self.live is None or bool(self.differing) or self.opens)

    @property
    def is_archived(self) -> bool:
        """Whether it is in the target's archive."""
        return self.live is not None and self.rules.is_archived(self.rules.view(self.live))
