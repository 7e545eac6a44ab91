"""Planner: every step in the order it can be done in, and the reason where there is none."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.writing import Action, Foreseen
from store.record import ExternalId, ParentRef
from tests.contract.round_trip import carry_out, hold, situation_of
from tests.unit.workers.restoring.toy import BOX, NOTE, PERSON, ROOM, TAG, Toy, furnished, lying_in, ref
from workers.restoring.plan import Mode, Phase, changed, duration_seconds
from workers.restoring.planner import plan
from workers.restoring.readback import Result


@pytest.fixture
def toy() -> Toy:
    return furnished()


def first(toy: Toy, kind: str, at: int = 0):
    return [found for found in toy.records.values() if found.kind == kind][at]


async def planned(toy, held, *records, mode=Mode.COPY, **more):
    selected = frozenset((record.kind, record.external_id) for record in records)
    return plan(await situation_of(toy, held, selected, mode, **more))


def actions(found) -> dict:
    return {step.key: step.action for step in reversed(found.steps)}


async def test_what_a_record_needs_is_brought_where_it_is_gone(toy):
    held = await hold(toy)
    lost, tag = first(toy, NOTE), first(toy, TAG)
    toy.remove(first(toy, BOX))
    toy.remove(tag)

    found = await planned(toy, held, lost)

    assert {(BOX, "b6"): Action.CREATE, (TAG, "t4"): Action.CREATE, (NOTE, "n9"): Action.CREATE} == actions(found)
    assert {"b6", "t4"} == {step.external_id for step in found.steps if step.brought}
    assert "n9" == [step for step in found.steps if step.phase is Phase.MAKE][-1].external_id


async def test_what_a_copy_lies_in_and_names_is_used_and_not_made_again(toy):
    held = await hold(toy)

    restored = await carry_out(toy, held, await situation_of(toy, held, frozenset({(NOTE, "n9")}), Mode.COPY))

    copy = restored.live.records[NOTE, restored.findings[NOTE, "n9"].target_id]
    assert ("b6", ["t4"], "n13") == (copy.content["box"], copy.content["tags"], copy.content["next"])
    assert {(NOTE, "n9"): Action.CREATE} == actions(restored.plan)


@pytest.mark.parametrize("unseen", [False, True])
async def test_somebody_who_is_gone_is_named_no_more_unless_a_read_may_not_show_them(toy, unseen):
    kinds = tuple(replace(rules, unseen=unseen) if rules.kind == PERSON else rules for rules in toy.writing.kinds)
    toy.writing = replace(toy.writing, kinds=kinds)
    held = await hold(toy)
    person = toy.records[PERSON, held.records[NOTE, "n9"].content["people"][0]]
    toy.remove(person)

    restored = await carry_out(toy, held, await situation_of(toy, held, frozenset({(NOTE, "n9")}), Mode.COPY))

    copy = restored.live.records[NOTE, restored.findings[NOTE, "n9"].target_id]
    assert ([person.external_id] if unseen else []) == copy.content["people"]
    assert unseen == ("people" not in restored.findings[NOTE, "n9"].lost)


async def test_a_tag_made_again_by_hand_is_used(toy):
    held = await hold(toy)
    toy.remove(first(toy, TAG))
    room = first(toy, ROOM)
    again = toy.add(TAG, room.workspace_id, ref(room), {"name": "red"})

    restored = await carry_out(toy, held, await situation_of(toy, held, frozenset({(NOTE, "n9")}), Mode.COPY))

    assert [again.external_id] == restored.live.records[NOTE, restored.findings[NOTE, "n9"].target_id].content["tags"]


async def test_a_record_goes_into_another_workspace_with_what_it_needs(toy):
    held = await hold(toy)
    other = first(toy, ROOM, 1)
    into = {(ROOM, toy.to_copy): (ROOM, other.external_id)}
    lost = toy.to_copy
    toy.lose(lost)

    situation = await situation_of(toy, held, frozenset({(NOTE, "n9")}), Mode.COPY, into=into)
    restored = await carry_out(toy, held, situation)

    copy = restored.live.records[NOTE, restored.findings[NOTE, "n9"].target_id]
    box = restored.live.records[BOX, copy.content["box"]]
    assert (other.external_id, "new", ref(other)) == (copy.workspace_id, box.content["name"], box.parent)
    assert {(NOTE, "n9"): Action.CREATE} == actions(restored.plan)


async def test_what_lies_in_something_of_another_lane_waits_for_it(toy):
    held = await hold(toy)
    for room in [found for found in toy.records.values() if found.kind == ROOM]:
        toy.lose(room.workspace_id)
    one, other = sorted(key for key in held.records if key[0] == ROOM)
    shelf = held.records[NOTE, "n9"]
    held.live.records[other] = lying_in(held.records[other], held.records[one])

    found = await planned(toy, held, *(held.records[key] for key in (one, other)), shelf)

    steps = {step.external_id: step for step in found.steps}
    assert ((), (steps[one[1]].ordinal,)) == (steps[other[1]].needs, steps[other[1]].waits)


async def test_what_nothing_can_be_made_of_says_why_and_so_does_what_lies_in_it(toy):
    held = await hold(toy)
    lost = held.records[NOTE, ExternalId("n9")]
    orphan = msgspec.structs.replace(lost, parent=ParentRef(kind=BOX, external_id=ExternalId("b999")))
    held.live.records[NOTE, ExternalId("n9")] = orphan
    toy.remove(lost)

    found = await planned(toy, held, orphan)

    assert ["its box is neither in the target nor in the backup"] == [step.reason for step in found.steps]
    assert 0 == found.calls


async def test_what_is_archived_is_opened_before_anything_is_made_in_it_and_closed_behind(toy):
    room = toy.change(first(toy, ROOM), closed=True)
    held = await hold(toy)
    toy.remove(first(toy, NOTE))

    restored = await carry_out(toy, held, await situation_of(toy, held, held.within(toy.to_copy), Mode.IN_PLACE))

    written = [(step.action, step.key, step.fields) for step in restored.plan.steps if step.calls]
    assert (Action.UNARCHIVE, (ROOM, room.external_id), ()) == written[0]
    assert (Action.UPDATE, (ROOM, room.external_id), ("closed",)) == written[-1]
    assert {} == restored.of(Result.WRONG, Result.FAILED)
    assert restored.live.records[ROOM, room.external_id].content["closed"]


async def test_nothing_is_made_in_what_is_archived_and_was_not_asked_for(toy):
    held = await hold(toy)
    lost = first(toy, NOTE)
    toy.remove(lost)
    toy.change(first(toy, ROOM), closed=True)

    found = await planned(toy, held, lost)

    assert ["its room is archived: unarchive it, or restore it too"] == [step.reason for step in found.steps]


async def test_where_only_a_person_unarchives_nothing_is_made_inside(toy):
    held = await hold(toy)
    toy.remove(first(toy, NOTE))
    toy.change(first(toy, ROOM), closed=True)
    toy.let_people_unarchive()

    found = plan(await situation_of(toy, held, held.within(toy.to_copy), Mode.IN_PLACE))

    reasons = {step.key[0]: step.reason for step in found.steps if step.action is Action.CANNOT}
    assert "no request of the app takes it out" in reasons[ROOM]
    assert "its room is archived: unarchive it in the app, and restore again" == reasons[NOTE]
    assert 0 == found.calls


async def test_where_only_a_person_unarchives_what_is_archived_is_said_to_stay_so(toy):
    held = await hold(toy)
    lost = first(toy, NOTE)
    toy.remove(lost)
    toy.change(first(toy, ROOM), closed=True)
    toy.let_people_unarchive()

    found = await planned(toy, held, lost)

    said = "its room is archived: unarchive it in the app, and restore again"
    assert [said] == [step.reason for step in found.steps]


async def test_in_place_takes_out_of_the_archive_before_it_makes_anew(toy):
    held = await hold(toy)
    box = toy.change(first(toy, BOX), closed=True, name="renamed")

    found = await planned(toy, held, box, mode=Mode.IN_PLACE)

    assert [(Action.UNARCHIVE, "b6", ("name",))] == [(step.action, step.target_id, step.fields) for step in found.steps]


async def test_a_change_in_the_app_makes_another_plan_and_is_named(toy):
    held = await hold(toy)
    note = toy.change(first(toy, NOTE), text="apples")
    before = await planned(toy, held, note, mode=Mode.IN_PLACE)
    toy.change(note, text="pears")
    toy.change(first(toy, NOTE, 1), text="not asked for")
    after = await planned(toy, held, note, mode=Mode.IN_PLACE)

    assert before.digest != after.digest
    assert ((NOTE, "n9"),) == changed(before, after)
    assert "apples" not in str(after.encode())
    assert "pears" not in str(after.encode())


async def test_what_a_restore_made_is_what_the_next_one_finds(toy):
    held = await hold(toy)
    toy.lose(toy.to_copy)
    restored = await carry_out(toy, held, await situation_of(toy, held, held.within(toy.to_copy), Mode.COPY))

    made = {named: [new] for named, new in restored.names.made.items()}
    again = plan(await situation_of(toy, held, held.within(toy.to_copy), Mode.IN_PLACE, restored=made))

    assert {Action.SKIP} == {step.action for step in again.steps}


async def test_what_the_app_does_not_take_fails_alone_with_what_lies_in_it(toy):
    held = await hold(toy)
    toy.lose(toy.to_copy)
    toy.refuses = {"new"}

    restored = await carry_out(toy, held, await situation_of(toy, held, held.within(toy.to_copy), Mode.COPY))

    failed = restored.of(Result.FAILED)
    assert {(BOX, "b6"), (NOTE, "n9"), (NOTE, "n12")} == failed.keys()
    assert "the app does not take that" == failed[BOX, "b6"].reason
    assert {(NOTE, "n13"): ("next",)} == {
        key: tuple(set(found.lost) - {"id", "handle"})
        for key, found in restored.findings.items()
        if set(found.lost) - {"id", "handle"}
    }
    assert {} == restored.of(Result.WRONG)


async def test_a_field_that_the_app_refuses_is_lost_with_why_and_the_rest_is_there(toy):
    held = await hold(toy)
    toy.lose(toy.to_copy)
    toy.leaves_out = frozenset({"people", "done"})

    restored = await carry_out(toy, held, await situation_of(toy, held, held.within(toy.to_copy), Mode.COPY))

    why = "the app does not take it"
    assert {} == restored.of(Result.WRONG, Result.FAILED)
    assert {"people": why} == {
        name: said for name, said in restored.findings[NOTE, "n9"].lost.items() if name not in {"id", "handle"}
    }
    assert why == restored.findings[NOTE, "n13"].lost["done"]


def foreseeing(toy: Toy) -> Toy:
    """A note names people only where a green tag hangs in its room, and nobody at all writes of Bo."""

    def foresee(view, around):
        people = [around.named(PERSON, found).content["name"] for found in view["people"]]
        if "Bo" in people:
            return Foreseen(cannot="nobody writes of Bo")
        if not people or any(tag["name"] == "green" for tag in around.beside(TAG)):
            return Foreseen()
        return Foreseen(lost={"people": f"{around.me} has no green tag there"})

    rules = [replace(found, foresee=foresee) if found.kind == NOTE else found for found in toy.writing.kinds]
    toy.writing = replace(toy.writing, kinds=tuple(rules))
    return toy


@pytest.mark.parametrize("mode", Mode)
async def test_what_the_app_will_refuse_for_what_is_around_is_said_and_the_rest_written(toy, mode):
    bo = next(found for found in toy.records.values() if found.content["name"] == "Bo")
    toy.change(toy.records[NOTE, "n11"], people=[bo.external_id])
    toy.change(toy.records[NOTE, "n12"], people=[])
    held = await hold(foreseeing(toy))
    for key in ((NOTE, "n9"), (NOTE, "n11"), (NOTE, "n12")):
        toy.change(toy.records[key], text="changed", people=[])

    restored = await carry_out(toy, held, await situation_of(toy, held, held.within(toy.to_copy), mode))

    found = restored.findings
    why = {"people": "me has no green tag there"}
    assert why == {name: said for name, said in found[NOTE, "n9"].lost.items() if name not in {"id", "handle"}}
    assert "see note:" in restored.live.records[NOTE, found[NOTE, "n9"].target_id].content["text"]
    assert (Result.CANNOT, "nobody writes of Bo") == (found[NOTE, "n11"].result, found[NOTE, "n11"].reason)
    assert "people" not in found[NOTE, "n12"].lost
    # Nothing is lost of what is there as it was.
    assert ("people" in found[NOTE, "n10"].lost) == (mode is Mode.COPY)


@pytest.mark.parametrize("is_there", [True, False])
async def test_what_is_around_is_what_is_there_and_what_will_be(toy, is_there):
    room = first(toy, ROOM)
    green = toy.add(TAG, room.workspace_id, ref(room), {"name": "green"})
    held = await hold(foreseeing(toy))
    if not is_there:
        toy.remove(green)
    toy.remove(toy.records[NOTE, "n9"])
    asked = frozenset({(NOTE, "n9"), (TAG, green.external_id)} if not is_there else {(NOTE, "n9")})

    restored = await carry_out(toy, held, await situation_of(toy, held, asked, Mode.IN_PLACE))

    assert "people" not in restored.findings[NOTE, "n9"].lost
    assert {} == restored.of(Result.WRONG, Result.FAILED)


async def test_time_is_what_the_app_allows(toy):
    held = await hold(toy)
    found = await planned(toy, held, *held.records.values())

    assert 0 < duration_seconds(found.steps, toy.writing) < 60
    assert 60.0 <= duration_seconds(found.steps * 10, toy.writing)


@st.composite
def worlds(draw):
    """A toy with notes that name each other at will, some of it then lost or changed."""
    toy = furnished()
    notes = [found for found in toy.records.values() if found.kind == NOTE]
    for found in notes:
        other, third = draw(st.sampled_from(notes)), draw(st.sampled_from(notes))
        toy.change(found, next=other.external_id, text=f"note:{third.content['handle']}")
    gone = draw(st.lists(st.sampled_from(sorted(toy.records)), max_size=5, unique=True))
    selected = draw(st.lists(st.sampled_from(sorted(toy.records)), min_size=1, unique=True))
    return toy, gone, frozenset(selected), draw(st.sampled_from(Mode))


@given(worlds())
async def test_any_plan_can_be_carried_out_and_comes_to_what_it_says(world):
    toy, gone, selected, mode = world
    held = await hold(toy)
    for key in gone:
        if key in toy.records and key[0] != "person":
            toy.remove(toy.records[key])

    situation = await situation_of(toy, held, selected, mode)
    restored = await carry_out(toy, held, situation)

    for step in restored.plan.steps:
        assert all(need < step.ordinal for need in step.needs)
    assert {} == restored.of(Result.WRONG, Result.FAILED)
    assert () == restored.extra
    assert restored.plan.calls == len(toy.calls)
