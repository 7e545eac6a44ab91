"""The contract of writers, kept before a real server; and what a stand-in could not have taught."""

from dataclasses import dataclass, replace

import pytest

from connectors.base import Grant
from connectors.redmine import kinds
from connectors.redmine.standing import INSTEAD, LOCKED, NO_MEMBER, REFUSED
from store.record import FILE_KIND, ExternalId, WorkspaceId
from tests.contract.round_trip import Restored, carry_out, hold, situation_of
from tests.contract.writer import WriterContract
from tests.integration.redmine.conftest import Redmine
from workers.restoring.plan import Mode
from workers.restoring.readback import Result


@dataclass(slots=True)
class Writing(Redmine):
    """A connector that writes, before a world of its own."""

    key: str | None = None
    """Whose key to write with; None: the administrator's."""

    @property
    def grants(self) -> list[Grant]:
        return [self.grant(self.key)]

    @property
    def to_copy(self) -> WorkspaceId:
        project = self.small.project
        return WorkspaceId(f"{project['id']}@{project['created_on']}")

    @property
    def beside(self) -> tuple[WorkspaceId, ...]:
        return ()

    def lose(self, workspace_id: WorkspaceId) -> None:
        self.real.next_second()
        self.real.delete(f"/projects/{workspace_id.partition('@')[0]}.json")


@pytest.fixture
async def case(real, small):
    made = Writing(real, small)
    yield made
    await made.connector.aclose()


class TestRedmine(WriterContract):
    pass


async def lost_and_restored(case: Writing, **changes) -> tuple[Restored, dict]:
    """Lose the project, put it back, and say which of its issues is which now."""
    held = await hold(case)
    case.lose(case.to_copy)
    situation = await situation_of(case, held, held.within(case.to_copy), Mode.COPY)
    restored = await carry_out(case, held, situation, **changes)
    new = {key[1]: found.target_id for key, found in restored.findings.items() if key[0] == kinds.ISSUE}
    return restored, {name: int(found.partition("@")[0]) for name, found in new.items() if found}


def name(value) -> str:
    return f"{value['id']}@{value['created_on']}"


def bad(restored: Restored) -> dict:
    return {key: found.wrong or found.reason for key, found in restored.of(Result.WRONG, Result.FAILED).items()}


async def test_authors_are_kept_where_the_key_is_an_administrator_s(case: Writing):
    jane, first = case.small.person["id"], case.small.issues[0]
    before = case.real.issue(first["id"])
    restored, issues = await lost_and_restored(case)
    after = case.real.issue(issues[name(first)])

    assert ({}, ()) == (bad(restored), restored.extra)
    assert jane == before["author"]["id"] == after["author"]["id"]
    notes = [
        (entry["user"]["id"], entry["notes"].rpartition(" UTC_\n\n")[2])
        for entry in after["journals"]
        if entry["notes"]
    ]
    assert [(jane, "See the plan."), (1, "Closing.")] == notes
    assert {jane} == {file["author"]["id"] for file in after["attachments"]}
    spent = case.real.ask("GET", f"/time_entries.json?issue_id={after['id']}")["time_entries"]
    assert [jane] == [entry["user"]["id"] for entry in spent]
    pages = f"/projects/{after['project']['id']}/wiki/Wiki"
    versions = [case.real.ask("GET", f"{pages}/{number}.json")["wiki_page"] for number in (1, 2)]
    assert [(1, "h1. Start"), (jane, "h1. Start here")] == [(page["author"]["id"], page["text"]) for page in versions]


async def test_who_may_not_write_any_more_is_written_for(case: Writing):
    """A locked account takes no `X-Redmine-Switch-User`: 412."""
    held = await hold(case)
    case.lose(case.to_copy)
    case.real.change(f"/users/{case.small.person['id']}.json", "user", status=3)
    situation = await situation_of(case, held, held.within(case.to_copy), Mode.COPY)
    restored = await carry_out(case, held, situation)

    first = name(case.small.issues[0])
    found = restored.findings[kinds.ISSUE, first]
    assert found.result is Result.LOST
    assert "author" in found.lost
    assert 1 == case.real.issue(int(found.target_id.partition("@")[0]))["author"]["id"]
    assert {} == bad(restored)
    # All of it was said before: nobody logs time for a locked account, assigns it an issue, or has it watch one.
    planned = {step.key: step for step in reversed(restored.plan.steps)}
    said = {key: step.lost for key, step in planned.items()}
    came = {key: one.lost for key, one in restored.of(Result.LOST).items()}
    said, came = (
        {(key[0], name) for key, lost in of.items() for name, why in lost.items() if why.startswith(LOCKED)}
        for of in (said, came)
    )
    assert {(kinds.ISSUE, "assigned_to"), (kinds.TIME_ENTRY, "user")} == said == came
    assert {kinds.WATCHER} >= {key[0] for key in restored.of(Result.CANNOT) if planned[key].reason == LOCKED}


async def test_whom_nothing_can_be_assigned_to_any_more_loses_that_and_nothing_else(case: Writing):
    """Redmine leaves issues and time with people who leave a project, and gives them nothing anew."""
    jane, first = case.small.person["id"], case.small.issues[0]["id"]
    case.real.change(f"/issues/{first}.json", "issue", assigned_to_id=jane)
    leave(case)
    restored, issues = await lost_and_restored(case)
    after = case.real.issue(issues[name(case.small.issues[0])])
    before_notes = {"See the plan.", "Closing."}

    assert {} == bad(restored)
    planned = {step.key: step.lost for step in reversed(restored.plan.steps)}
    assigned = [key for key, found in restored.findings.items() if "assigned_to" in found.lost]
    spent = [key for key, found in restored.findings.items() if key[0] == kinds.TIME_ENTRY and "user" in found.lost]
    assert assigned
    assert spent
    assert {NO_MEMBER} == {planned[key].get("assigned_to", NO_MEMBER) for key in assigned}
    assert {NO_MEMBER + INSTEAD} == {planned[key]["user"] for key in spent}
    assert before_notes <= {entry["notes"].rpartition(" UTC_\n\n")[2] for entry in after["journals"]}
    assert after["attachments"]
    times = case.real.ask("GET", f"/time_entries.json?project_id={after['project']['id']}")["time_entries"]
    assert {1} == {entry["user"]["id"] for entry in times}


async def test_who_leaves_between_the_plan_and_the_writing_loses_no_more(case: Writing):
    held = await hold(case)
    gone = [case.small.issues[0], case.small.issues[2]]
    for issue in gone:
        case.real.delete(f"/issues/{issue['id']}.json")
    there = (await hold(case)).records
    selected = frozenset(key for key in held.within(case.to_copy) if key not in there)
    situation = await situation_of(case, held, selected, Mode.IN_PLACE)
    leave(case)
    restored = await carry_out(case, held, situation)

    assert {} == bad(restored)
    new = {key: found for key, found in restored.findings.items() if {"assigned_to", "user"} & found.lost.keys()}
    assert {kinds.ISSUE, kinds.TIME_ENTRY} >= {key[0] for key in new}
    assert {REFUSED, REFUSED + INSTEAD} >= {
        found.lost[field] for found in new.values() for field in ("assigned_to", "user") if field in found.lost
    }
    assert kinds.TIME_ENTRY in {key[0] for key in new}


async def test_what_was_assigned_to_nobody_is_not_given_to_its_category_s_person(case: Writing):
    """Redmine assigns what is made in a category, and unassigned, to whom the category names."""
    second = case.small.issues[1]["id"]
    (category,) = case.real.ask("GET", f"/projects/{case.small.project['id']}/issue_categories.json")[
        "issue_categories"
    ]
    case.real.change(
        f"/issue_categories/{category['id']}.json", "issue_category", assigned_to_id=case.small.person["id"]
    )
    case.real.change(f"/issues/{second}.json", "issue", category_id=category["id"], assigned_to_id="")
    restored, issues = await lost_and_restored(case)

    assert {} == bad(restored)
    assert "assigned_to" not in case.real.issue(issues[name(case.small.issues[1])])


def leave(case: Writing) -> None:
    """Take the person out of the project, and out of the group that is in it."""
    project, person = case.small.project["id"], case.small.person["id"]
    for group in case.real.ask("GET", "/groups.json")["groups"]:
        case.real.delete(f"/groups/{group['id']}/users/{person}.json")
    for found in case.real.ask("GET", f"/projects/{project}/memberships.json")["memberships"]:
        if found.get("user", {}).get("id") == person:
            case.real.delete(f"/memberships/{found['id']}.json")


async def test_a_private_note_stays_private_whoever_wrote_it(case: Writing):
    first = case.small.issues[0]
    case.real.as_(case.small.person["login"]).change(f"/issues/{first['id']}.json", "issue", notes="mine")
    case.real.change(f"/issues/{first['id']}.json", "issue", notes="a secret", private_notes=True)
    restored, issues = await lost_and_restored(case)
    entries = case.real.issue(issues[name(first)])["journals"]

    assert {} == bad(restored)
    assert {True} == {entry["private_notes"] for entry in entries if entry["notes"].endswith("a secret")}
    assert {False} == {entry["private_notes"] for entry in entries if entry["notes"].endswith("mine")}


async def test_links_to_issues_in_texts_lead_to_the_restored_ones(case: Writing):
    first, second = case.small.issues[:2]
    text = f"After #{second['id']}, not #{second['id']}-1 nor page#{second['id']}; see also #999999"
    case.real.change(f"/issues/{first['id']}.json", "issue", description=text)
    restored, issues = await lost_and_restored(case)
    new = issues[name(second)]

    assert {} == bad(restored)
    expected = f"After #{new}, not #{second['id']}-1 nor page#{second['id']}; see also #999999"
    assert expected == case.real.issue(issues[name(first)])["description"]


async def test_what_is_over_the_server_s_limit_is_one_failure_that_says_so(case: Writing):
    held = await hold(case)
    case.lose(case.to_copy)
    case.real.set("attachment_max_size", "0")
    try:
        situation = await situation_of(case, held, held.within(case.to_copy), Mode.COPY)
        restored = await carry_out(case, held, situation)
    finally:
        case.real.set("attachment_max_size", "5120")

    failed = bad(restored)
    assert failed
    assert {kinds.ATTACHMENT, FILE_KIND} == {key[0] for key in failed}
    said = {found for key, found in failed.items() if key[0] == kinds.ATTACHMENT}
    assert all("422" in reason and "exceeds the maximum" in reason for reason in said)


async def test_a_relation_that_the_server_s_rules_forbid_now_fails_alone(case: Writing):
    first, _, third = case.small.issues[:3]
    held = await hold(case)
    blocks = next(relation["id"] for relation in case.real.issue(first["id"])["relations"])
    case.real.delete(f"/relations/{blocks}.json")
    # Between an issue and what lies in it there are no relations.
    case.real.change(f"/issues/{third['id']}.json", "issue", parent_issue_id=first["id"])
    selected = frozenset(key for key in held.records if key[0] == kinds.RELATION)
    restored = await carry_out(case, held, await situation_of(case, held, selected, Mode.IN_PLACE))

    (reason,) = bad(restored).values()
    assert "422" in reason


async def test_a_key_that_is_no_administrator_s_writes_in_its_owner_s_name(case: Writing):
    person, project = case.small.person, case.small.project
    member = next(
        found["id"]
        for found in case.real.ask("GET", f"/projects/{project['id']}/memberships.json")["memberships"]
        if found.get("user", {}).get("id") == person["id"]
    )
    case.real.change(f"/memberships/{member}.json", "membership", role_ids=[3])
    key = case.real.ask("GET", f"/users/{person['id']}.json")["user"]["api_key"]
    held = await hold(case)
    third = case.small.issues[2]
    case.real.delete(f"/issues/{third['id']}.json")
    other = replace(case, key=key)
    selected = frozenset({(kinds.ISSUE, ExternalId(name(third)))})
    restored = await carry_out(other, held, await situation_of(other, held, selected, Mode.IN_PLACE))

    (found,) = [found for key, found in restored.findings.items() if key[0] == kinds.ISSUE]
    assert found.result is Result.LOST, found
    assert person["id"] == case.real.issue(int(found.target_id.partition("@")[0]))["author"]["id"]
