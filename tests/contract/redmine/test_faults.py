"""Faults: whatever an answer is, nothing is taken for deleted that is only unreadable, and no read dies of it."""

import json
import logging
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import CompleteBelow, Deleted, FullReason, Vanished, WarningCode, Workspace
from connectors.errors import ConnectorError, Retriable, Unauthorised
from connectors.redmine import kinds
from tests.contract.connector import Seen, apply, read
from tests.contract.redmine.conftest import Recorded
from tests.contract.redmine.replay import KEY

PARTS = {
    r"/issues\.json\?(?!.*limit=1&)": {kinds.ISSUE},
    r"/issues/\d+\.json": {kinds.ISSUE, kinds.NOTE, kinds.WATCHER, kinds.ATTACHMENT},
    r"/versions\.json": {kinds.VERSION},
    r"/issue_categories\.json": {kinds.CATEGORY},
    r"/memberships\.json": {kinds.MEMBERSHIP},
    r"/time_entries\.json": {kinds.TIME_ENTRY},
    r"/news\.json": {kinds.NEWS},
    r"/news/\d+\.json": {kinds.NEWS, kinds.NEWS_COMMENT},
    r"/files\.json": {kinds.ATTACHMENT},
    r"/wiki/index\.json": {kinds.WIKI_PAGE},
    r"/wiki/\w+\.json": {kinds.WIKI_PAGE, kinds.WIKI_VERSION},
    r"/wiki/\w+/\d+\.json": {kinds.WIKI_VERSION},
    r"/users\.json": {kinds.USER},
    r"/groups(/\d+)?\.json": {kinds.GROUP},
    r"/custom_fields\.json": {kinds.CUSTOM_FIELD},
    r"/roles/\d+\.json": {kinds.ROLE},
}


def without_ids(value):
    """Take every id away but those of references, which are one deeper."""
    if isinstance(value, list):
        return [without_ids(part) for part in value]
    if isinstance(value, dict):
        kept = {name: part for name, part in value.items() if name not in {"id", "title", "version"}}
        return {name: without_ids(part) if isinstance(part, list) else part for name, part in kept.items()}
    return value


def spoil(how: str, body: bytes) -> tuple[int, bytes]:
    match how:
        case "not json":
            return 200, b"<html>maintenance</html>"
        case "no ids":
            value = json.loads(body)
            return 200, json.dumps({name: without_ids(part) for name, part in value.items()}).encode()
        case "forbidden":
            return 403, b""
        case "unprocessable":
            return 422, b'{"errors": ["Something is invalid"]}'
    raise AssertionError


@pytest.mark.parametrize("how", ["not json", "no ids", "forbidden"])
@pytest.mark.parametrize("part", PARTS)
async def test_what_cannot_be_understood_costs_itself_and_deletes_nothing(redmine: Recorded, part, how):
    whole = await read(redmine)
    redmine.replay.fault = lambda question, body: spoil(how, body) if re.search(part, question) else (200, body)
    spoilt = await read(redmine, full=FullReason.SCHEDULED, state=whole.state, held=whole.held)
    held = Seen(records=apply(whole, spoilt), state=spoilt.state)
    redmine.replay.fault = None
    healed = await read(redmine, state=held.state, held=held.held)

    assert spoilt.warnings
    assert {WarningCode.BAD_RECORD, WarningCode.FORBIDDEN, WarningCode.UNSTABLE, WarningCode.WORKSPACE_LOST} >= {
        warning.code for warning in spoilt.warnings
    }
    assert whole.contents() == held.contents()
    assert whole.contents() == Seen(records=apply(held, healed)).contents()
    assert [] == spoilt.of(Vanished)


@pytest.mark.parametrize("part", PARTS)
async def test_what_cannot_be_understood_the_first_time_is_read_the_next_time(redmine: Recorded, part):
    redmine.replay.fault = lambda question, body: (200, b"[]") if re.search(part, question) else (200, body)
    spoilt = await read(redmine)
    redmine.replay.fault = None
    healed = await read(redmine, state=spoilt.state, held=spoilt.held)

    assert PARTS[part] - {kinds.ATTACHMENT} <= {key[1] for key in apply(spoilt, healed)}
    assert (await read(redmine)).contents() == Seen(records=apply(spoilt, healed)).contents()


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_what_passes_changes_nothing(redmine: Recorded, status):
    whole = await read(redmine)
    left = [3]

    def fault(question, body):
        left[0] -= 1
        return (status, b"") if left[0] >= 0 else (200, body)

    redmine.replay.fault = fault
    assert whole.contents() == (await read(redmine)).contents()


async def test_what_stays_is_retriable(redmine: Recorded):
    redmine.replay.fault = lambda question, body: (503, b"") if "/issues/" in question else (200, body)

    with pytest.raises(Retriable):
        await read(redmine)


async def test_at_the_last_attempt_a_project_that_is_never_answered_for_costs_only_itself(redmine: Recorded):
    whole = await read(redmine)
    (inner,) = {item.workspace_id for item in whole.of(Workspace) if item.parent_workspace_id is not None}
    path = f"/projects/{inner.partition('@')[0]}/memberships"
    redmine.replay.fault = lambda question, body: (504, b"") if question.startswith(path) else (200, body)
    seen = await read(redmine, is_last_attempt=True)
    redmine.replay.fault = None
    healed = await read(redmine, state=seen.state, held=seen.held)

    assert [(WarningCode.UNANSWERED, f"project/{inner}")] == [(each.code, each.where) for each in seen.warnings]
    assert {inner} >= {key[0] for key in whole.records.keys() - seen.records.keys()}
    assert whole.contents() == Seen(records=apply(seen, healed)).contents()


async def test_a_connection_that_is_cut_again_and_again_is_retriable(redmine: Recorded):
    redmine.replay.fault = lambda question, body: None if "/memberships" in question else (200, body)

    with pytest.raises(Retriable):
        await read(redmine)


async def test_a_listing_of_projects_that_is_none_ends_the_read(redmine: Recorded):
    redmine.replay.fault = lambda question, body: (200, b"{}") if question.startswith("/projects.json") else (200, body)

    with pytest.raises(ConnectorError):
        await read(redmine)


async def test_a_project_that_is_listed_no_more_and_not_said_to_be_gone_is_kept(redmine: Recorded):
    whole = await read(redmine)

    def fault(question, body):
        if not question.startswith("/projects.json"):
            return 200, body
        value = json.loads(body)
        return 200, json.dumps({**value, "projects": value["projects"][:1], "total_count": 1}).encode()

    redmine.replay.fault = fault
    (inner,) = {item.workspace_id for item in whole.of(Workspace) if item.parent_workspace_id is not None}
    redmine.replay.statuses[f"/projects/{inner.partition('@')[0]}.json"] = 403
    seen = await read(redmine, state=whole.state, held=whole.held)

    assert WarningCode.WORKSPACE_LOST in {warning.code for warning in seen.warnings}
    assert whole.contents() == Seen(records=apply(whole, seen)).contents()


async def test_a_key_that_stops_working_ends_the_read(redmine: Recorded):
    asked = []

    def fault(question, body):
        asked.append(question)
        return (401, b"") if len(asked) > 25 else (200, body)

    redmine.replay.fault = fault
    with pytest.raises(Unauthorised):
        await read(redmine)


async def test_no_secret_is_said_whatever_goes_wrong(redmine: Recorded, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for how in ("not json", "unprocessable"):
        for part in ("/issues", "/projects", "/users", "/wiki", "/users/current"):
            redmine.replay.fault = lambda question, body: spoil(how, body) if re.search(part, question) else (200, body)  # noqa: B023
            try:
                seen = await read(redmine)
                said += [str(item) for item in seen.items if isinstance(item, CompleteBelow | Deleted)]
                said += [str(warning) for warning in seen.warnings]
            except ConnectorError as error:
                said += [str(error), repr(error), repr(error.__context__)]

    assert len(said) > 10
    assert KEY not in "\n".join([*said, *(record.getMessage() for record in caplog.records)])


@given(cut=st.integers(0, 400), junk=st.binary(max_size=12))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_an_answer_cut_short_or_with_junk_in_it_is_one_typed_error_or_a_warning(redmine: Recorded, cut, junk):
    redmine.replay.fault = lambda question, body: (200, body[:cut] + junk) if "/issues" in question else (200, body)
    try:
        seen = await read(redmine)
    except ConnectorError:
        return
    assert seen.warnings
