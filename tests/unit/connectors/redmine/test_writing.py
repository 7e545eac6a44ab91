"""Writing: the rules that a plan goes by, and what they make of a record."""

import pytest

from connectors.redmine import kinds
from connectors.redmine.kinds import KINDS
from connectors.redmine.writing import CLOSED, ISSUE_NUMBER, WRITING, dated_note, with_fields
from store.record import ExternalId, Kind, Record, WorkspaceId
from workers.restoring.references import exchange

HERE = WorkspaceId("1@2026-11-26T10:00:00Z")


def record(kind: Kind, external_id: str = "7@2026-11-26T10:00:00Z", **content) -> Record:
    return Record(workspace_id=HERE, kind=kind, external_id=ExternalId(external_id), content=content)


def test_a_rule_is_there_for_every_kind_that_can_be_restored():
    restorable = {kind for kind, spec in KINDS.items() if spec.restorable} - {kinds.FILE}

    assert restorable == {rules.kind for rules in WRITING.kinds if rules.can_create}


@pytest.mark.parametrize("rules", [found for found in WRITING.kinds if found.can_create], ids=lambda rules: rules.kind)
def test_what_is_lost_is_not_written_and_what_is_written_is_not_lost(rules):
    lost = KINDS[rules.kind].lost_on_restore.keys() - {"identifier"}  # given, and free or not

    assert not lost & (rules.created_with | rules.updated_with)


def test_a_note_begins_with_its_first_date():
    note = record(kinds.NOTE, notes="See the plan.", created_on="2026-11-02T09:05:07Z")

    assert "_2026-11-02 09:05 UTC_\n\nSee the plan." == dated_note(note)["notes"]
    assert "See the plan." == dated_note(record(kinds.NOTE, notes="See the plan.", created_on=None))["notes"]


def test_no_value_and_an_empty_one_are_the_same():
    views = [
        with_fields({"custom_fields": [{"id": 2, "value": value}, {"id": 1, "value": "x"}]}) for value in ("", None)
    ]

    assert views[0] == views[1]
    assert [1, 2] == [part["id"] for part in views[0]["custom_fields"]]


def test_a_project_is_closed_or_not_and_has_modules_by_name():
    rules = WRITING.by_kind[kinds.PROJECT]
    view = rules.view(
        record(kinds.PROJECT, status=CLOSED, enabled_modules=[{"id": 9, "name": "wiki"}, {"id": 3, "name": "files"}])
    )

    assert (True, ["files", "wiki"]) == (view["closed"], view["enabled_modules"])
    assert rules.is_archived(view)
    assert not rules.is_archived(rules.view(record(kinds.PROJECT, status=1)))


def test_roles_that_come_with_a_group_are_not_a_person_s_own():
    roles = [{"id": 5, "inherited": True}, {"id": 4}, {"id": 3}]

    assert [{"id": 3}, {"id": 4}] == WRITING.by_kind[kinds.MEMBERSHIP].view(record(kinds.MEMBERSHIP, roles=roles))[
        "roles"
    ]


def test_groups_become_members_before_the_people_in_them():
    sort = WRITING.by_kind[kinds.MEMBERSHIP].sort
    group, person = record(kinds.MEMBERSHIP, "1/9", group={"id": 9}), record(kinds.MEMBERSHIP, "1/2", user={"id": 2})

    assert sort(group) < sort(person)


@pytest.mark.parametrize("kind", [kinds.ISSUE, kinds.NOTE, kinds.ATTACHMENT, kinds.TIME_ENTRY, kinds.VERSION])
def test_what_was_made_in_one_second_is_made_again_in_the_order_of_its_numbers(kind):
    at = "2026-11-26T10:00:00Z"
    made = [record(kind, f"{number}@{at}", created_on=at) for number in (9, 10, 100)]
    later = record(kind, "8@2026-11-26T10:00:01Z", created_on="2026-11-26T10:00:01Z")

    assert [*made, later] == sorted([later, *reversed(made)], key=WRITING.by_kind[kind].sort)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see #12", "see #34"),
        ("#12, #12.", "#34, #34."),
        ("(#12)", "(#34)"),
        ("#12-1 #123 ##12 x#12 /#12 &#12; #note-12 12", "#12-1 #123 ##12 x#12 /#12 &#12; #note-12 12"),
        ("größe #12\n#12", "größe #34\n#34"),
    ],
)
def test_links_in_text_are_told_from_what_only_looks_like_one(text, expected):
    rules = WRITING.by_kind[kinds.ISSUE]
    view, dropped = exchange(
        {"description": text},
        rules.references,
        lambda reference, name: "34" if (reference.kind, name) == (ISSUE_NUMBER, "12") else None,
    )

    assert (expected, []) == (view["description"], dropped)


def test_things_are_known_by_their_numbers():
    named = {
        kinds.ISSUE: "issue_number",
        kinds.PROJECT: "project_number",
        kinds.VERSION: "version_number",
        kinds.USER: "principal",
        kinds.GROUP: "principal",
    }
    for kind, name in named.items():
        assert [(name, "7")] == [(found.kind, found.value) for found in WRITING.by_kind[kind].names(record(kind))]
    (priority,) = WRITING.by_kind[kinds.ENUMERATION].names(record(kinds.ENUMERATION, "issue_priorities/2"))
    assert ("priority_number", "2") == (priority.kind, priority.value)
    assert [] == list(WRITING.by_kind[kinds.ENUMERATION].names(record(kinds.ENUMERATION, "document_categories/2")))
