"""Traps: what a real Redmine does that a stand-in of our making would not have thought of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Deleted, Ledger, Scope, Vanished, WarningCode, Workspace
from connectors.http import HttpSettings
from connectors.redmine import issues, kinds
from connectors.redmine.connector import RedmineConnector, RedmineSettings
from store.record import ExternalId, Kind, ParentRef, Record, WorkspaceId
from tests.contract.connector import Seen, apply, read
from tests.integration.redmine.conftest import Redmine


def workspace(project) -> WorkspaceId:
    return WorkspaceId(f"{project['id']}@{project['created_on']}")


async def look(redmine: Redmine, held: Seen | None = None, *projects, **changes) -> Seen:
    """Read the world's projects, and return what is held afterwards, with the items of this reading."""
    of = projects or (redmine.small.project, redmine.small.inner)
    scope = Scope(included=frozenset(map(workspace, of)))
    known = {"state": held.state, "held": held.held} if held is not None else {}
    seen = await read(redmine, **{**known, "scope": scope, **changes})
    return Seen(items=seen.items, records=apply(held, seen) if held else seen.records, state=seen.state)


def of(seen: Seen, kind: Kind) -> dict[str, Record]:
    return {key[2]: record for key, record in seen.records.items() if key[1] == kind}


def name(value) -> str:
    return f"{value['id']}@{value['created_on']}"


def warned(seen: Seen) -> set[WarningCode]:
    return {warning.code for warning in seen.warnings}


async def test_an_id_that_is_given_again_is_another_issue(redmine):
    server, project = redmine.real, redmine.small.project
    first = server.make("/issues.json", "issue", project_id=project["id"], subject="First", priority_id=2)
    before = await look(redmine)
    server.next_second()
    server.delete(f"/issues/{first['id']}.json")
    second = server.make("/issues.json", "issue", project_id=project["id"], subject="Second", priority_id=2)
    after = await look(redmine, before)

    assert first["id"] == second["id"]
    assert "First" == of(before, kinds.ISSUE)[name(first)].content["subject"]
    assert name(first) not in of(after, kinds.ISSUE)
    assert "Second" == of(after, kinds.ISSUE)[name(second)].content["subject"]


async def test_a_project_s_id_that_is_given_again_is_another_project(redmine):
    server = redmine.real
    first = server.make(
        "/projects.json", "project", name="Short-lived", identifier=f"short-{redmine.small.person['id']}"
    )
    server.make("/issues.json", "issue", project_id=first["id"], subject="In it", priority_id=2)
    before = await look(redmine, None, first)
    server.next_second()
    server.delete(f"/projects/{first['id']}.json")
    second = server.make("/projects.json", "project", name="Next", identifier=f"next-{redmine.small.person['id']}")
    seen = await look(redmine, before, first, second)

    assert first["id"] == second["id"]
    assert [workspace(first)] == [item.workspace_id for item in seen.of(Vanished)]
    assert {workspace(second), ""} == {key[0] for key in seen.records}


async def test_a_deleted_issue_takes_its_subtasks_files_and_history_with_it(redmine):
    before = await look(redmine)
    first, child = redmine.small.issues[:2]
    redmine.real.delete(f"/issues/{first['id']}.json")
    after = await look(redmine, before)

    assert {name(first), name(child)} <= {found for item in after.of(Deleted) for found in item.external_ids}
    assert not {name(first), name(child)} & of(after, kinds.ISSUE).keys()
    lost = ParentRef(kind=kinds.ISSUE, external_id=ExternalId(name(first)))
    below = [record for record in after.records.values() if record.parent == lost]
    assert [] == below
    assert before.records.keys() > after.records.keys()


async def test_a_closed_project_is_read_and_an_archived_one_is_kept(redmine):
    server, project, inner = redmine.real, redmine.small.project, redmine.small.inner
    server.ask("PUT", f"/projects/{inner['id']}/close.json")
    before = await look(redmine)
    assert {5} == {record.content["status"] for key, record in of(before, kinds.PROJECT).items() if key == name(inner)}

    server.ask("PUT", f"/projects/{project['id']}/archive.json")
    after = await look(redmine, before)

    assert {WarningCode.WORKSPACE_LOST} <= warned(after)
    assert [] == after.of(Vanished)
    assert before.contents() == after.contents()


@pytest.mark.parametrize("what", ["relation", "attachment", "category", "note"])
async def test_what_moves_no_updated_on_is_found(redmine, what):
    server, (first, _, third, fourth, *_) = redmine.real, redmine.small.issues
    before = await look(redmine)
    updated = {number: server.issue(number)["updated_on"] for number in (first["id"], third["id"], fourth["id"])}
    server.next_second()
    if what == "relation":
        server.make(
            f"/issues/{first['id']}/relations.json", "relation", issue_to_id=fourth["id"], relation_type="relates"
        )
    elif what == "attachment":
        file = server.issue(first["id"])["attachments"][0]
        server.delete(f"/attachments/{file['id']}.json")
    elif what == "category":
        category = server.issue(third["id"])["category"]["id"]
        server.delete(f"/issue_categories/{category}.json")
    else:
        entry = next(found for found in server.issue(first["id"])["journals"] if found["notes"] == "See the plan.")
        server.ask("PUT", f"/journals/{entry['id']}.json", {"journal": {"notes": "See the new plan."}})
    assert updated == {number: server.issue(number)["updated_on"] for number in updated}
    after = await look(redmine, before, now=datetime.now(UTC) + (timedelta(days=8) if what == "note" else timedelta()))
    whole = await look(redmine)

    assert whole.contents() == after.contents()
    assert before.contents() != after.contents()
    changed = {key[1] for key, content in after.contents().items() if before.contents().get(key) != content}
    if what == "relation":
        # Who touches an issue may come to watch it.
        assert {kinds.RELATION, kinds.JOURNAL} <= changed <= {kinds.RELATION, kinds.JOURNAL, kinds.WATCHER}
        entries = [record for record in of(after, kinds.JOURNAL).values() if record.content["details"]]
        both = {record.parent.external_id for record in entries if record.content["details"][0]["name"] == "relates"}
        assert {name(first), name(fourth)} == both
    if what == "note":
        assert all(item.silent for item in after.of(Ledger))


async def test_what_changes_in_the_very_second_that_it_is_read_in_is_not_missed(redmine):
    """An `updated_on` has no part of a second: twice changed within one, it is the same."""
    server, issue = redmine.real, redmine.small.issues[3]
    connector = RedmineConnector(RedmineSettings(http=HttpSettings(allow_private=True)))
    case = replace(redmine, connector=connector)
    server.next_second()
    server.change(f"/issues/{issue['id']}.json", "issue", subject="Before")
    before = await look(case)
    # What the server would have written, had it been as quick as that.
    server.sql("update issues set description = 'after' where id = ?", issue["id"])
    after = await look(case, before)
    await connector.aclose()

    assert "after" == of(after, kinds.ISSUE)[name(issue)].content["description"]


async def test_an_issue_that_moves_to_another_project_is_the_same_issue(redmine):
    before = await look(redmine)
    issue = redmine.small.issues[3]
    redmine.real.next_second()
    redmine.real.change(f"/issues/{issue['id']}.json", "issue", project_id=redmine.small.inner["id"])
    after = await look(redmine, before)

    # Other kinds have numbers of their own: a note may be called as the issue is.
    places = [key[0] for key in after.records if key[1:] == (kinds.ISSUE, name(issue))]
    assert [workspace(redmine.small.inner)] == places


async def test_an_issue_that_leaves_the_scope_is_no_longer_held(redmine):
    issue = redmine.small.issues[3]
    inner = workspace(redmine.small.inner)
    scope = Scope(included=frozenset({workspace(redmine.small.project)}), excluded=frozenset({inner}))
    before = await look(redmine, None, scope=scope)
    redmine.real.next_second()
    redmine.real.change(f"/issues/{issue['id']}.json", "issue", project_id=redmine.small.inner["id"])
    after = await look(redmine, before, scope=scope)

    assert name(issue) in of(before, kinds.ISSUE)
    assert name(issue) not in of(after, kinds.ISSUE)


async def test_versions_that_a_project_shares_are_its_own(redmine):
    seen = await look(redmine)

    assert [workspace(redmine.small.project)] == [key[0] for key in seen.records if key[1] == kinds.VERSION]


async def test_every_version_of_a_page_is_held_and_one_that_was_taken_back_is_not(redmine):
    server, project = redmine.real, redmine.small.project
    before = await look(redmine)
    texts = {record.content["version"]: record.content["text"] for record in of(before, kinds.WIKI_VERSION).values()}
    assert {"h1. Start", "h1. Start here"} <= {
        record.content["text"] for record in of(before, kinds.WIKI_VERSION).values()
    }
    server.next_second()
    # What the page of its history does when its newest version is deleted (WikiContent#revert_to!): no request does.
    page = (
        "(select p.id from wiki_pages p join wikis w on w.id = p.wiki_id where w.project_id = ? and p.title = 'Wiki')"
    )
    server.sql(f"delete from wiki_content_versions where version = 2 and page_id = {page}", project["id"])
    moment = f"(select updated_on from wiki_content_versions where version = 1 and page_id = {page})"
    back = f"version = 1, text = 'h1. Start', comments = 'first', author_id = 1, updated_on = {moment}"
    server.sql(f"update wiki_contents set {back} where page_id = {page}", project["id"], project["id"])
    after = await look(redmine, before)

    assert texts
    assert "h1. Start here" not in {record.content["text"] for record in of(after, kinds.WIKI_VERSION).values()}
    server.next_second()
    server.ask("PUT", f"/projects/{project['id']}/wiki/Wiki.json", {"wiki_page": {"text": "h1. Another second"}})
    last = await look(redmine, after)
    assert {1, 2} == {record.content["version"] for record in of(last, kinds.WIKI_VERSION).values()}
    assert (await look(redmine)).contents() == last.contents()


async def test_a_deleted_page_s_children_stay(redmine):
    server, project = redmine.real, redmine.small.project
    before = await look(redmine)
    server.delete(f"/projects/{project['id']}/wiki/Wiki.json")
    after = await look(redmine, before)

    assert ["Schub"] == [record.content["title"] for record in of(after, kinds.WIKI_PAGE).values()]
    assert {"Schub = *F*"} == {record.content["text"] for record in of(after, kinds.WIKI_VERSION).values()}
    assert (await look(redmine)).contents() == after.contents()


async def test_a_module_that_is_switched_off_hides_and_deletes_nothing(redmine):
    server, project = redmine.real, redmine.small.project
    before = await look(redmine)
    server.next_second()
    server.change(f"/projects/{project['id']}.json", "project", enabled_module_names=["files"])
    after = await look(redmine, before, now=datetime.now(UTC) + timedelta(days=8))

    assert before.records.keys() == after.records.keys()
    assert {WarningCode.FORBIDDEN} == warned(after)
    server.change(
        f"/projects/{project['id']}.json",
        "project",
        enabled_module_names=["issue_tracking", "time_tracking", "news", "files", "wiki"],
    )
    again = await look(redmine, after)
    assert (await look(redmine)).contents() == again.contents()


async def test_another_key_backs_up_what_its_owner_sees_and_takes_nothing_hidden_for_deleted(redmine):
    server, person, project = redmine.real, redmine.small.person, redmine.small.project
    key = server.ask("GET", f"/users/{person['id']}.json")["user"]["api_key"]
    case = replace(redmine, connector=redmine.connector)
    grants = [redmine.grant(key, "jane")]
    before = await look(case, None, grants=grants)
    issue = redmine.small.issues[3]
    server.next_second()
    server.change(f"/issues/{issue['id']}.json", "issue", is_private=True, assigned_to_id="")
    after = await look(case, before, grants=grants)

    assert (await redmine.connector.identify(grants[0])).scopes == ()
    # Who may not list people still learns the names of those that records name.
    assert {person["id"]: f"{person['firstname']} {person['lastname']}"}.items() <= {
        record.content["id"]: record.content["name"] for record in of(before, kinds.USER).values()
    }.items()
    assert {"Severity", "Billable"} <= {record.content["name"] for record in of(before, kinds.CUSTOM_FIELD).values()}
    assert {person["id"]}.isdisjoint(record.content["id"] for record in of(before, kinds.GROUP).values())
    assert name(issue) in of(before, kinds.ISSUE)
    assert name(issue) in of(after, kinds.ISSUE)
    hidden = [warning for warning in after.warnings if warning.where == f"issue/{name(issue)}"]
    assert [WarningCode.FORBIDDEN] == [warning.code for warning in hidden]
    server.delete(f"/issues/{issue['id']}.json")
    gone = await look(case, after, grants=grants, now=datetime.now(UTC) + timedelta(days=8))
    assert name(issue) not in of(gone, kinds.ISSUE)
    assert workspace(project) in {item.workspace_id for item in gone.of(Workspace)}


async def test_no_key_or_secret_of_a_person_is_in_a_record(redmine):
    seen = await look(redmine)
    person = redmine.real.ask("GET", f"/users/{redmine.small.person['id']}.json")["user"]

    everything = " ".join(str(record.content) for record in seen.records.values())
    assert person["api_key"]
    assert not [secret for secret in (person["api_key"], redmine.real.key) if secret in everything]
    assert person["login"] in everything


@pytest.mark.parametrize("what", ["edit", "make", "delete", "replace", "move", "nothing"])
async def test_a_large_project_is_not_listed_whole_while_the_count_tells_that_nothing_went(redmine, monkeypatch, what):
    monkeypatch.setattr(issues, "LARGE", 0)
    listed = []
    census = issues.IssueReader._census

    async def noted(self):
        listed.append(self.project.number)
        async for item in census(self):
            yield item

    before = await look(redmine)
    monkeypatch.setattr(issues.IssueReader, "_census", noted)
    server, project, issue = redmine.real, redmine.small.project, redmine.small.issues[3]
    server.next_second()
    if what == "edit":
        server.change(f"/issues/{issue['id']}.json", "issue", subject="Edited", notes="so")
    elif what == "move":
        server.change(f"/issues/{issue['id']}.json", "issue", project_id=redmine.small.inner["id"])
    elif what == "replace":
        server.delete(f"/issues/{redmine.small.issues[4]['id']}.json")
        server.make("/issues.json", "issue", project_id=redmine.small.inner["id"], subject="New", priority_id=2)
    elif what == "delete":
        server.delete(f"/issues/{issue['id']}.json")
    elif what == "make":
        server.make("/issues.json", "issue", project_id=project["id"], subject="New", priority_id=2)
    after = await look(redmine, before)
    monkeypatch.undo()

    # Where an issue came to, there is one more that is new; where it went from, one is missing.
    assert ({project["id"]} if what in {"delete", "move"} else set()) == set(listed)
    assert (await look(redmine)).contents() == after.contents()
