"""Split: what a real server answered, taken apart; and what it never should have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redmine import kinds, split
from connectors.redmine.identity import Unfit
from connectors.redmine.kinds import KINDS, OF_PROJECT, OF_SERVER
from connectors.redmine.split import Bad, Upload
from store.canonical import encode
from store.record import ExternalId, ParentRef, Record, WorkspaceId

PROJECT = WorkspaceId("1@2026-11-26T04:14:59Z")
PARENT = ParentRef(kind=kinds.PROJECT, external_id=ExternalId(PROJECT))

ISSUE: dict[str, Any] = {
    # As Redmine 5.0.4 answers, for an issue made for this.
    "id": 1,
    "project": {"id": 1, "name": "Apollo"},
    "tracker": {"id": 1, "name": "Bug"},
    "status": {"id": 5, "name": "Closed", "is_closed": True},
    "priority": {"id": 4, "name": "Urgent"},
    "author": {"id": 5, "name": "Jane Doe"},
    "subject": "The engine stutters",
    "description": "At *full* thrust",
    "start_date": "2026-11-26",
    "due_date": None,
    "done_ratio": 10,
    "is_private": False,
    "estimated_hours": None,
    "total_estimated_hours": 0.0,
    "spent_hours": 1.5,
    "total_spent_hours": 1.5,
    "custom_fields": [
        {"id": 1, "name": "Severity", "value": "major"},
        {"id": 2, "name": "Reviewers", "multiple": True, "value": ["5"]},
    ],
    "created_on": "2026-11-26T04:14:59Z",
    "updated_on": "2026-11-26T04:15:20Z",
    "closed_on": "2026-11-26T04:15:20Z",
    "attachments": [
        {
            "id": 1,
            "filename": "plan.txt",
            "filesize": 280,
            "content_type": "text/plain",
            "description": "",
            "content_url": "http://127.0.0.1:3000/attachments/download/1/plan.txt",
            "author": {"id": 5, "name": "Jane Doe"},
            "created_on": "2026-11-26T04:15:09Z",
        }
    ],
    "relations": [
        {"id": 1, "issue_id": 1, "issue_to_id": 3, "relation_type": "blocks", "delay": None},
        {"id": 2, "issue_id": 4, "issue_to_id": 1, "relation_type": "relates", "delay": None},
    ],
    "journals": [
        {
            "id": 6,
            "user": {"id": 5, "name": "Jane Doe"},
            "notes": "See the plan.",
            "created_on": "2026-11-26T04:15:06Z",
            "private_notes": False,
            "details": [{"property": "attr", "name": "status_id", "old_value": "1", "new_value": "5"}],
        },
        {
            "id": 7,
            "user": {"id": 1, "name": "Redmine Admin"},
            "notes": "",
            "created_on": "2026-11-26T04:15:20Z",
            "private_notes": False,
            "details": [{"property": "attr", "name": "done_ratio", "old_value": "0", "new_value": "10"}],
        },
    ],
    "watchers": [{"id": 1, "name": "Redmine Admin"}],
}


def taken(value: dict[str, Any]) -> dict[str, Record]:
    return {piece.kind: piece for piece in split.issue(PROJECT, value, PARENT) if isinstance(piece, Record)}


def test_an_issue_is_taken_apart():
    found = taken(ISSUE)

    assert {
        kinds.ISSUE: "1@2026-11-26T04:14:59Z",
        kinds.NOTE: "6@2026-11-26T04:15:06Z",
        kinds.JOURNAL: "7@2026-11-26T04:15:20Z",
        kinds.WATCHER: "1@2026-11-26T04:14:59Z/1",
        kinds.ATTACHMENT: "1@2026-11-26T04:15:09Z",
        kinds.RELATION: "1:1-3",
    } == {kind: record.external_id for kind, record in found.items()}
    assert {"5", "1", None} == {record.changed_by for record in found.values()}
    own = ParentRef(kind=kinds.ISSUE, external_id=found[kinds.ISSUE].external_id)
    assert {PARENT, own} == {record.parent for record in found.values()}
    (upload,) = [piece for piece in split.issue(PROJECT, ISSUE, PARENT) if isinstance(piece, Upload)]
    assert ("plan.txt", 280, "text/plain") == (upload.name, upload.size_bytes, upload.media_type)


def test_names_and_sums_of_other_records_are_no_part_of_an_issue():
    content = taken(ISSUE)[kinds.ISSUE].content

    assert {"id": 5} == content["status"] == content["author"]
    assert [{"id": 1, "value": "major"}, {"id": 2, "multiple": True, "value": ["5"]}] == content["custom_fields"]
    assert not {"spent_hours", "total_spent_hours", "total_estimated_hours", "journals"} & content.keys()
    renamed = {**ISSUE, "author": {"id": 5, "name": "Jane Roe"}, "spent_hours": 9.0}
    assert encode(content) == encode(taken(renamed)[kinds.ISSUE].content)


def test_what_nobody_knows_is_kept():
    assert {"new": 1} == taken({**ISSUE, "field_from_tomorrow": {"new": 1}})[kinds.ISSUE].content["field_from_tomorrow"]


def test_a_relation_is_kept_with_the_issue_that_it_starts_at():
    other = {**ISSUE, "id": 3, "relations": ISSUE["relations"][:1]}

    assert kinds.RELATION not in taken(other)


def test_files_of_a_version_hang_below_it():
    file = ISSUE["attachments"][0]
    versions = {7: ExternalId("7@2026-11-26T00:00:00Z")}
    values = [file, {**file, "version": {"id": 7, "name": "1.0"}, "downloads": 3}, {**file, "version": {"id": 8}}]
    found = [piece for piece in split.project_files(PROJECT, values, versions) if isinstance(piece, Record)]

    assert [kinds.PROJECT, kinds.VERSION, kinds.PROJECT] == [record.parent.kind for record in found if record.parent]
    assert "downloads" not in found[1].content


def test_a_wiki_version_is_its_number_and_moment():
    page = {
        "title": "Schub",
        "parent": {"title": "Wiki"},
        "text": "Schub = *F*",
        "version": 2,
        "author": {"id": 1, "name": "Redmine Admin"},
        "comments": "",
        "created_on": "2026-11-26T04:15:06Z",
        "updated_on": "2026-11-26T05:15:06Z",
        "attachments": [],
    }
    (own,) = split.wiki_page(PROJECT, page, PARENT)
    (version,) = split.wiki_version(PROJECT, ExternalId(f"{PROJECT}/Schub@2026-11-26T04:15:06Z"), page)

    assert isinstance(own, Record)
    assert isinstance(version, Record)
    assert f"{PROJECT}/Schub@2026-11-26T04:15:06Z" == own.external_id
    assert f"{own.external_id}/2@2026-11-26T05:15:06Z" == version.external_id
    assert ("text" in version.content, "text" in own.content) == (True, False)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ISSUE, "x"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*ISSUE]), json, max_size=8))
def test_whatever_an_answer_holds_it_is_taken_apart_or_said_to_be_bad(changes):
    value = {**ISSUE, **changes}
    try:
        pieces = list(split.issue(PROJECT, value, PARENT))
    except Unfit:
        return
    for piece in pieces:
        assert isinstance(piece, Record | Upload | Bad)
        if isinstance(piece, Record):
            assert piece.kind in KINDS


@pytest.mark.parametrize("spec", KINDS.values(), ids=lambda spec: spec.kind)
def test_no_copy_of_a_name_is_in_a_record(spec):
    reference = {"id": 5, "name": "Jane Doe"}
    fields = [name.partition(".")[0] for name in spec.volatile if name.endswith(".name")]
    value = dict.fromkeys(fields, reference) | {"custom_fields": [{**reference, "value": "v"}]}

    content = split.without(spec.kind, value)
    assert all("name" not in content[field] for field in fields if field != "custom_fields")


def test_every_kind_lives_in_a_project_or_on_the_server():
    assert not OF_PROJECT & OF_SERVER
    assert KINDS.keys() == OF_PROJECT | OF_SERVER
