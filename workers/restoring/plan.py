"""Plan: every step of a restore, and the digest by which it is agreed to. Values only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Any

from connectors.pacing import Budget
from connectors.writing import Action, AppWriting
from store import canonical
from store.record import ExternalId, Kind, WorkspaceId

VERSION = 1

Key = tuple[Kind, ExternalId]
"""A record of one connection."""

Named = tuple[Kind, str]
"""A name: of a record, by its kind and id; or a further name, by that name's kind (`connectors.writing.Name`)."""

WORKSPACE = Kind("~workspace")
"""The kind under which names of workspaces stand among other names."""


class Mode(StrEnum):
    """What a restore does with what is there."""

    COPY = "copy"
    """Makes everything anew beside it."""
    IN_PLACE = "in_place"
    """Makes what is gone, and changes what differs to what it was."""


class Phase(IntEnum):
    """Steps of one phase begin when all of the phase before have ended."""

    MAKE = 1
    RELATE = 2
    """Fields that name what was made after their own record."""
    FINISH = 3
    """Covers, archive flags: what has to come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write, or the word that there is none. Holds ids and names of fields; never content."""

    ordinal: int
    phase: Phase
    lane: str
    """Steps of one lane go one after the other."""
    action: Action
    kind: Kind
    workspace_id: WorkspaceId
    """Where the held record lies."""
    external_id: ExternalId
    target_id: ExternalId | None
    """The record in the target that is changed or stays; None for one to be made."""
    fields: tuple[str, ...] = ()
    """What is written."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Field → why it does not come back."""
    reason: str | None = None
    """Why it cannot be restored."""
    calls: int = 0
    needs: tuple[int, ...] = ()
    """Steps without which this one cannot be done."""
    waits: tuple[int, ...] = ()
    """Steps of other lanes that have to end before it, well or not."""
    seen: str | None = None
    """A fingerprint of what the record in the target was when this was planned: a change since makes the plan stale."""
    brought: bool = False
    """Not asked for, but needed by what was."""

    @property
    def key(self) -> Key:
        """The held record."""
        return self.kind, self.external_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All steps, in order, and what they were made for: `about` says of what, as of when, and where to."""

    about: Mapping[str, Any]
    steps: tuple[Step, ...]
    names: Mapping[Named, str | None] = field(default_factory=dict)
    """What takes the place of each name that is not its own in the target; None: nothing does, or not yet."""

    @property
    def digest(self) -> str:
        """Name the plan: SHA-256 over its canonical form, so that what is started is what was read."""
        return sha256(canonical.encode(self.encode())).hexdigest()

    def encode(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return {
            "v": VERSION,
            "about": dict(self.about),
            "names": [[*name, new] for name, new in sorted(self.names.items())],
            "steps": [encode_step(step) for step in self.steps],
        }

    @property
    def calls(self) -> int:
        """How many calls it costs."""
        return sum(step.calls for step in self.steps)

    def counts(self) -> Mapping[Action, int]:
        """Count the records by what is done with them first."""
        first: dict[Key, Action] = {}
        for step in self.steps:
            first.setdefault(step.key, step.action)
        return Counter(first.values())


def encode_step(step: Step) -> dict[str, Any]:
    """Return a step as JSON."""
    return {
        "ordinal": step.ordinal,
        "phase": int(step.phase),
        "lane": step.lane,
        "action": step.action.value,
        "kind": step.kind,
        "workspace": step.workspace_id,
        "id": step.external_id,
        "target": step.target_id,
        "fields": list(step.fields),
        "lost": dict(step.lost),
        "reason": step.reason,
        "calls": step.calls,
        "needs": list(step.needs),
        "waits": list(step.waits),
        "seen": step.seen,
        "brought": step.brought,
    }


def changed(before: Plan, now: Plan) -> tuple[Named, ...]:
    """Name the records whose steps are other ones now, and what they name that is another now; sorted.

    None where one plan is as good as the other.
    """
    one, other = _by_record(before), _by_record(now)
    steps = {
        (kind, str(found))
        for kind, found in one.keys() | other.keys()
        if one.get((kind, found)) != other.get((kind, found))
    }
    names = {name for name in before.names.keys() | now.names.keys() if _place(before, name) != _place(now, name)}
    return tuple(sorted(steps | names))


def _place(plan: Plan, named: Named) -> str | None:
    return plan.names.get(named, named[1])


def duration_seconds(steps: Sequence[Step], writing: AppWriting) -> float:
    """Say about how long the calls take: by what the app allows, and by its answers' own time in the longest lane."""
    calls = sum(step.calls for step in steps)
    lanes: Counter[str] = Counter()
    for step in steps:
        lanes[step.lane] += step.calls
    most = max(lanes.values(), default=0)
    side_by_side = max(most, calls / max(1, min(writing.lanes, len(lanes) or 1)))
    return max([side_by_side * writing.call_seconds, *(_seconds(calls, budget) for budget in writing.budgets)])


def _seconds(calls: int, budget: Budget) -> float:
    """The first window's worth goes at once."""
    return max(0, -(-calls // budget.limit) - 1) * budget.interval_seconds


def _by_record(plan: Plan) -> dict[Key, list[dict[str, Any]]]:
    found: dict[Key, list[dict[str, Any]]] = {}
    for step in plan.steps:
        # Ordinals move when another record's steps do.
        encoded = encode_step(step)
        del encoded["ordinal"], encoded["needs"], encoded["waits"]
        found.setdefault(step.key, []).append(encoded)
    return found
