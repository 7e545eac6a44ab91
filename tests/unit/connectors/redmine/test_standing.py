"""Standing: who may be given what in a project, as far as a plan can tell."""

from dataclasses import dataclass, field

import pytest

from connectors.redmine import kinds
from connectors.redmine.standing import (
    INSTEAD,
    LOCKED,
    NO_MEMBER,
    NO_ROLE,
    PRINCIPAL,
    foresee_issue,
    foresee_time,
    foresee_watcher,
)
from connectors.writing import Foreseen
from store.record import ExternalId, Kind, Record, WorkspaceId

ACTIVE, LEFT, AWAY, READER, INHERITING, GROUP = range(5, 11)
"""A member; none; a member whose account is locked; a member who only reads; one by way of a group; the group."""


@dataclass
class Project:
    """What is around a record."""

    me: str = "1@2026-01-01T00:00:00Z"
    members: list = field(
        default_factory=lambda: [
            {"user": {"id": ACTIVE}, "roles": [{"id": 4}, {"id": 3}]},
            {"user": {"id": AWAY}, "roles": [{"id": 4}]},
            {"user": {"id": READER}, "roles": [{"id": 3}]},
            {"user": {"id": INHERITING}, "roles": []},
            {"group": {"id": GROUP}, "roles": [{"id": 4}]},
        ]
    )

    def beside(self, kind: Kind) -> list:
        assert kinds.MEMBERSHIP == kind
        return self.members

    def named(self, kind: Kind, name: str) -> Record | None:
        contents = {
            (kinds.ROLE, "3"): {"name": "Reader", "assignable": False, "permissions": ["view_issues"]},
            (kinds.ROLE, "4"): {"name": "Developer", "assignable": True, "permissions": ["log_time"]},
            **{(PRINCIPAL, str(person)): {"id": person, "status": 1} for person in (ACTIVE, LEFT, READER, INHERITING)},
            (PRINCIPAL, str(AWAY)): {"id": AWAY, "status": 3},
            (PRINCIPAL, str(GROUP)): {"id": GROUP, "name": "Crew"},
        }
        if (kind, name) not in contents:
            return None
        return Record(
            workspace_id=WorkspaceId(""), kind=kind, external_id=ExternalId(name), content=contents[kind, name]
        )


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (None, None),
        (ACTIVE, None),
        (LEFT, NO_MEMBER),
        (AWAY, LOCKED),
        (READER, NO_ROLE),
        (INHERITING, None),
        (GROUP, None),
    ],
)
def test_an_issue_is_assigned_to_members_whose_role_takes_it(person, why):
    view = {"subject": "x", **({"assigned_to": {"id": person}} if person else {})}

    assert Foreseen(lost={"assigned_to": why} if why else {}) == foresee_issue(view, Project())


def test_an_issue_is_assigned_to_its_author_unless_locked():
    assert Foreseen() == foresee_issue({"assigned_to": {"id": LEFT}, "author": {"id": LEFT}}, Project())
    assert Foreseen(lost={"assigned_to": LOCKED}) == foresee_issue(
        {"assigned_to": {"id": AWAY}, "author": {"id": AWAY}}, Project()
    )


@pytest.mark.parametrize(
    ("person", "why"), [(ACTIVE, None), (LEFT, NO_MEMBER), (AWAY, LOCKED), (READER, NO_ROLE), (1, None), (None, None)]
)
def test_time_is_logged_for_oneself_and_for_members_who_may_log_it(person, why):
    view = {"hours": 1, "user": {"id": person} if person else None}

    assert Foreseen(lost={"user": why + INSTEAD} if why else {}) == foresee_time(view, Project())


def test_who_is_locked_watches_nothing():
    assert [Foreseen(), Foreseen(cannot=LOCKED)] == [
        foresee_watcher({"id": person, "name": "x"}, Project()) for person in (LEFT, AWAY)
    ]


def test_nothing_is_foretold_where_members_are_not_seen():
    assert Foreseen() == foresee_issue({"assigned_to": {"id": LEFT}}, Project(members=[]))
