"""The contract of every connector that restores: subclass, give a `case`, and all of it is tested on your stand-in."""

from collections import Counter

import pytest

from connectors.errors import Retriable
from connectors.writing import Action, Change, Creation, Made, Writer
from store.record import FILE_KIND
from tests.contract.round_trip import MemoryJournal, Restored, WritingCase, carry_out, copied, hold, situation_of
from workers.restoring.plan import Mode
from workers.restoring.planner import plan
from workers.restoring.readback import Result


class CrashedError(Exception):
    """The process is gone."""


class Crashing(Writer):
    """Passes calls on, and dies behind the first creation of a kind that it has not died at yet."""

    def __init__(self, writer: Writer, died_at: set[str], *, error: type[Exception] = CrashedError) -> None:
        self.writer = writer
        self.died_at = died_at
        self.error = error
        self.created: Counter[str] = Counter()

    async def create(self, creation: Creation) -> Made:
        made = await self.writer.create(creation)
        if creation.kind not in self.died_at:
            self.died_at.add(creation.kind)
            raise self.error(creation.kind)
        return made

    async def update(self, change: Change) -> Made:
        made = await self.writer.update(change)
        if f"update {change.kind}" not in self.died_at:
            self.died_at.add(f"update {change.kind}")
            raise self.error(change.kind)
        return made

    async def discard(self, workspace_id: str) -> None:
        await self.writer.discard(workspace_id)


def said(restored: Restored) -> dict:
    """What is not as it should be, for a failing test to show."""
    bad = restored.of(Result.WRONG, Result.FAILED)
    return {key: found.wrong or found.reason for key, found in bad.items()} | dict.fromkeys(restored.extra, "extra")


def lose(case: WritingCase) -> None:
    for workspace_id in copied(case):
        case.lose(workspace_id)


class WriterContract:
    """What holds of every connector that writes."""

    async def test_rules_are_of_kinds_that_are_restorable_and_name_kinds_that_there_are(self, case: WritingCase):
        kinds, rules = case.connector.spec.kinds, case.connector.writing.by_kind

        held = await hold(case)
        further = {
            name.kind
            for record in held.records.values()
            if record.kind in rules
            for name in rules[record.kind].names(record)
        }
        assert {kind for kind, spec in kinds.items() if spec.restorable} - {FILE_KIND} == {
            rule.kind for rule in rules.values() if rule.can_create
        }
        assert {reference.kind for rule in rules.values() for reference in rule.references} <= {*kinds, *further}
        assert not further & kinds.keys()
        for rule in rules.values():
            assert rule.late <= rule.updated_with
            assert rule.archive_field is None or rule.archive_field in rule.late

    async def test_a_workspace_that_was_lost_comes_back_equal_but_for_what_was_said(self, case: WritingCase):
        held = await hold(case)
        lose(case)

        situation = await situation_of(case, held, held.within(*copied(case)), Mode.COPY)
        restored = await carry_out(case, held, situation)

        assert {} == said(restored)
        made = {key[0] for key, found in restored.findings.items() if found.action is Action.CREATE}
        assert {kind for kind, rules in case.connector.writing.by_kind.items() if rules.can_create} - made <= {
            kind for kind, spec in case.connector.spec.kinds.items() if spec.is_workspace
        }

    async def test_a_copy_beside_touches_nothing_that_was_there(self, case: WritingCase):
        held = await hold(case)

        situation = await situation_of(case, held, held.within(*copied(case)), Mode.COPY)
        restored = await carry_out(case, held, situation)
        after = await hold(case)

        assert {} == said(restored)
        assert held.contents(*copied(case)) == after.contents(*copied(case))

    async def test_in_place_of_what_has_not_changed_nothing_is_done(self, case: WritingCase):
        held = await hold(case)

        found = plan(await situation_of(case, held, held.within(*copied(case)), Mode.IN_PLACE))

        assert 0 == found.calls
        assert {Action.SKIP, Action.CANNOT} >= {step.action for step in found.steps}

    async def test_in_place_brings_back_what_was_and_leaves_what_is_new(self, case: WritingCase):
        held = await hold(case)
        case.edit()
        edited = await hold(case)

        situation = await situation_of(case, held, held.within(*copied(case)), Mode.IN_PLACE)
        restored = await carry_out(case, held, situation)
        again = plan(
            await situation_of(
                case,
                held,
                held.within(*copied(case)),
                Mode.IN_PLACE,
                restored={named: [new] for named, new in restored.names.made.items()},
            )
        )

        assert {} == said(restored)
        assert restored.plan.calls > 0
        assert {} == {step.key: step.fields for step in again.steps if step.calls}
        assert edited.records.keys() <= restored.live.records.keys()

    async def test_the_same_situation_gives_the_same_plan(self, case: WritingCase):
        held = await hold(case)

        plans = [plan(await situation_of(case, held, held.within(*copied(case)), Mode.COPY)) for _ in range(2)]

        assert plans[0].digest == plans[1].digest

    async def test_every_call_that_a_plan_counts_is_made(self, case: WritingCase):
        held = await hold(case)
        situation = await situation_of(case, held, held.within(*copied(case)), Mode.COPY)

        for step in plan(situation).steps:
            assert (step.calls > 0) == (step.action not in (Action.SKIP, Action.CANNOT) and step.kind != FILE_KIND)

    @pytest.mark.parametrize("error", [CrashedError, Retriable])
    async def test_what_is_interrupted_behind_any_kind_of_call_is_done_once(self, case: WritingCase, error):
        held = await hold(case)
        lose(case)
        situation = await situation_of(case, held, held.within(*copied(case)), Mode.COPY)
        journal, died_at = MemoryJournal(), set()

        restored = None
        while restored is None:
            deaths = len(died_at)
            try:
                restored = await carry_out(
                    case, held, situation, journal=journal, wrap=lambda writer: Crashing(writer, died_at, error=error)
                )
            except (CrashedError, Retriable):
                assert len(died_at) > deaths
                # What dies takes with it only what it had in memory.
        assert {} == said(restored)
        assert died_at
