"""Whatever goes wrong, nothing is lost, and what was not captured is said."""

import pytest

from connectors.base import Complete, Ledger
from connectors.errors import BadReply, ConnectorError, Retriable
from connectors.monday import kinds
from connectors.monday.sandbox.changes import items
from tests.contract.connector import Seen, collect, read
from tests.contract.monday.conftest import named
from tests.contract.monday_reader.test_detection import cycle, equals_the_app, why


@pytest.mark.parametrize("kind", ["reset", "half", "invalid_json", "not_json", "internal"])
@pytest.mark.parametrize("document", ["Listing", "Structure", "Contents", "Blocks", "Evidence"])
async def test_a_fault_that_passes_changes_nothing(monday, kind, document):
    whole = await read(monday)
    monday.sandbox.fail(kind, rf'"query":"query {document}\(', times=2)

    seen = await read(monday)

    assert whole.contents() == seen.contents()
    assert [] == seen.warnings
    assert monday.slept


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_status_that_passes_changes_nothing(monday, status):
    whole = await read(monday)
    monday.sandbox.fail("status", "Contents", status=status, times=3)

    assert whole.contents() == (await read(monday)).contents()


@pytest.mark.parametrize("status", [429, 200])
@pytest.mark.parametrize("code", ["RATE_LIMIT_EXCEEDED", "API_TEMPORARILY_BLOCKED", "IP_RATE_LIMIT_EXCEEDED"])
async def test_a_refusal_is_waited_for_as_long_as_it_says(monday, status, code):
    whole = await read(monday)
    monday.slept.clear()
    monday.sandbox.fail("limit", "Contents", code=code, status=status, times=2)

    seen = await read(monday)

    assert whole.contents() == seen.contents()
    assert [7.0, 7.0] == [seconds for seconds in monday.slept if seconds >= 5]


async def test_an_app_that_stays_down_is_retriable_and_the_read_goes_on_from_its_checkpoint(monday, full_board):
    whole = await read(monday)
    monday.sandbox.fail("status", rf'"query":"query Contents.*{full_board.id}', status=503, times=None)
    before = Seen()
    with pytest.raises(Retriable):
        await collect(monday, before)
    monday.sandbox.faults.clear()
    after = await read(monday, cursor=before.cursors[-1][1])

    assert whole.contents() == {**before.contents(), **after.contents()}


async def test_at_the_last_attempt_a_board_that_is_never_answered_for_costs_only_itself(monday, full_board):
    whole = await read(monday)
    monday.sandbox.fail("status", rf'"query":"query Contents.*{full_board.id}', status=504, times=None)
    seen = await read(monday, is_last_attempt=True)
    monday.sandbox.faults.clear()
    again = await read(monday, state=seen.state, held=seen.held)

    assert [("UNANSWERED", f"board/{full_board.id}")] == [(each.code, each.where) for each in seen.warnings]
    assert str(full_board.id) not in {item.workspace_id for item in seen.of(Complete)}
    assert {key for key in whole.records if key[0] == str(full_board.id)} >= whole.records.keys() - seen.records.keys()
    assert str(full_board.id) in {item.workspace_id for item in again.of(Ledger) if item.read != "unchanged"}


async def test_a_listing_that_breaks_with_its_evidence_is_asked_for_without(monday):
    """One board's newest item can break the answer for all."""
    first = await read(monday)
    monday.sandbox.fail("internal", r'"query":"query Listing\(', times=None)

    second, after = await cycle(monday, first)

    assert {"changed"} == {entry.read for entry in second.of(Ledger) if not entry.workspace_id.startswith("workspace-")}
    assert first.contents() == after.contents()


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Board.activity_logs", kinds.ACTIVITY),
        ("Board.updates", kinds.UPDATE),
        ("Board.views", kinds.VIEW),
        ("Board.groups", kinds.GROUP),
        ("Board.columns", kinds.COLUMN),
    ],
)
async def test_a_part_that_may_not_be_seen_is_told_and_what_is_held_of_it_stays(monday, full_board, world, field, kind):
    first = await read(monday)
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[full_board.item_ids[1]], "renamed")
    monday.sandbox.fail(
        "field", r'"query":"query (Structure|Contents|Updates|Activities)\(', times=None, field_name=field
    )

    second, after = await cycle(monday, first)

    codes = {(warning.code, warning.where) for warning in second.warnings}
    assert ("FORBIDDEN", f"board/{full_board.id}/{kind}") in codes
    assert {key for key in first.records if key[1] == kind} <= after.records.keys()
    complete = next(x for x in second.of(Complete) if x.workspace_id == str(full_board.id))
    assert kind not in complete.kinds
    assert "renamed" == after.records[str(full_board.id), kinds.ITEM, str(full_board.item_ids[1])].content["name"]


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ("Workspace.users_subscribers", "workspace/{}/users_subscribers"),
        ("Workspace.team_owners_subscribers", "workspace/{}/team_owners_subscribers"),
        ("Team.users", "team/{}/users"),
    ],
)
async def test_who_is_in_a_workspace_or_team_may_not_be_seen_and_all_else_is_read(monday, field, where):
    whole = (await read(monday)).contents()
    monday.sandbox.fail("field", r'"query":"query Listing', times=None, field_name=field)

    seen = await read(monday)

    kind, _, name = where.split("/")
    unseen = {key: record for key, record in seen.records.items() if record.kind == kind}
    assert unseen
    assert {("FORBIDDEN", where.format(key[2])) for key in unseen} == {(x.code, x.where) for x in seen.warnings}
    assert {None} == {record.content[name] for record in unseen.values()}
    same = {key for key, content in seen.contents().items() if whole[key] == content}
    assert whole.keys() - unseen.keys() <= same


async def test_one_poisonous_item_is_named_and_its_last_version_stays(monday, full_board, world):
    first = await read(monday)
    poisoned = str(full_board.item_ids[0])
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[full_board.item_ids[1]], "renamed")
    monday.sandbox.fail("poison", record_id=poisoned, times=None)

    second, after = await cycle(monday, first)

    where = f"board/{full_board.id}/item/{poisoned}"
    assert {("BAD_RECORD", where)} == {(warning.code, warning.where) for warning in second.warnings}
    key = (str(full_board.id), kinds.ITEM, poisoned)
    assert first.records[key] == after.records[key]
    below = {key for key, record in first.records.items() if record.parent and record.parent.external_id == poisoned}
    assert below <= after.records.keys()
    monday.sandbox.faults.clear()
    _, after = await cycle(monday, after)
    await equals_the_app(monday, after)


async def test_a_list_that_is_none_loses_nothing(monday, full_board, world):
    first = await read(monday)
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[full_board.item_ids[1]], "renamed")
    monday.sandbox.fail("wrong_types", r'"query":"query Contents\(', times=None)

    second, after = await cycle(monday, first)

    assert {"BAD_RECORD"} == {warning.code for warning in second.warnings}
    assert first.records.keys() <= after.records.keys()
    monday.sandbox.faults.clear()
    third, after = await cycle(monday, after)
    assert "not stable or not whole when last read" == why(third, full_board).evidence
    await equals_the_app(monday, after)


async def test_a_listing_that_is_none_is_no_reading_at_all(monday):
    monday.sandbox.fail("wrong_types", r'"query":"query Listing', times=None)

    with pytest.raises(BadReply):
        await read(monday)


async def test_a_spent_day_is_retriable_until_midnight(monday):
    monday.sandbox.fail("limit", code="DAILY_LIMIT_EXCEEDED", status=429, times=None)

    with pytest.raises(ConnectorError):
        await read(monday)


async def test_a_file_whose_address_ran_out_is_asked_for_again(monday, world):
    seen = await read(monday)
    file = next(iter(seen.files.values()))
    first = await bytes_of(file)
    sign = monday.sandbox.services.storage._signature
    monday.sandbox.services.storage._signature = lambda asset_id, date: sign(asset_id, date)[::-1]
    second = await bytes_of(file)

    assert first == second
    assert 2 == monday.asked().count("AssetAddresses")


async def test_a_file_that_is_gone_says_so(monday, world):
    seen = await read(monday)
    file = next(iter(seen.files.values()))
    with monday.sandbox.editing():
        del world.assets[int(file.external_id)]

    with pytest.raises(ConnectorError, match=f"asset {file.external_id} has no address"):
        await bytes_of(file)


async def bytes_of(file):
    async with file.open() as stream:
        return b"".join([piece async for piece in stream])


async def test_no_credential_goes_to_the_storage(monday):
    """It refuses whoever sends one, as the real one does."""
    seen = await read(monday)
    for file in list(seen.files.values())[:2]:
        await bytes_of(file)

    assert monday.sandbox.services.downloads


@pytest.mark.parametrize("version", ["2026-04", "2027-01"])
async def test_an_answer_of_another_version_is_warned_about(monday, monkeypatch, version):
    monkeypatch.setattr("connectors.monday.queries.VERSION", version)
    seen = await read(monday)
    monkeypatch.setattr("connectors.monday.queries.VERSION", "2026-10")
    later = await read(monday)

    assert ([] if version == "2027-01" else ["API_VERSION"]) == [warning.code for warning in seen.warnings]
    assert [] == later.warnings


async def test_no_fault_tells_a_secret_or_content(monday, full_board, world):
    monday.sandbox.fail("field", "Contents", field_name="Board.updates")
    monday.sandbox.fail("poison", record_id=str(full_board.item_ids[0]), times=None)
    seen = await read(monday)

    said = " ".join(str(warning) for warning in seen.warnings)
    assert said
    names = {item.name for item in world.items.values()} | {user.name for user in world.users.values()}
    assert not [name for name in names | set(monday.secrets) if name in said]


async def test_a_board_that_is_not_given_any_more_is_lost_not_deleted(monday, world):
    first = await read(monday)
    board = named(world, "Suppliers")
    with monday.sandbox.editing():
        items.rename(world, monday.sandbox.owner, world.items[board.item_ids[0]], "renamed")
    api = monday.sandbox.services.documents.read

    def lose(text):
        if "query Structure" in text:
            world.lost.add((monday.sandbox.owner.id, board.id))
        return api(text)

    monday.sandbox.services.documents.read = lose
    second, after = await cycle(monday, first)

    assert ("WORKSPACE_LOST", f"board/{board.id}") in {(x.code, x.where) for x in second.warnings}
    assert {key for key in first.records if key[0] == str(board.id)} <= after.records.keys()
