"""Faults: what passes is borne, what stays is said, and nothing is taken for deleted that is only unreadable."""

import logging

import pytest

from connectors.base import Anew, Complete, Ledger, State, WarningCode
from connectors.errors import BadReply, ConnectorError, Retriable
from connectors.trello import kinds, split
from connectors.trello.board import BoardReader
from connectors.trello.sandbox import Sample, World, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards as changes
from store.record import Record
from tests.contract.connector import Seen, collect, read


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=2, cards_each=14, large_file_bytes=10_000))


def warned(seen: Seen) -> set[tuple[str, str]]:
    return {(warning.code, warning.where) for warning in seen.warnings}


def complete_of(seen: Seen, workspace_id: str) -> frozenset[str]:
    return frozenset(kind for item in seen.of(Complete) if item.workspace_id == workspace_id for kind in item.kinds)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 500, "times": 3},
        {
            "kind": "status",
            "status": 429,
            "body": '{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}',
        },
        {"kind": "reset", "times": 2},
        {"kind": "half"},
        {"kind": "invalid_json", "route": "cards"},
        {"kind": "unknown_fields", "route": "nothing"},
    ],
)
async def test_what_passes_changes_nothing(trello, fault):
    whole = await read(trello)
    trello.sandbox.fail(**{"route": r"GET /boards/\w+", **fault})
    seen = await read(trello)

    assert whole.contents() == seen.contents()
    assert [] == seen.warnings


async def test_a_429_waits_a_whole_window(trello):
    trello.sandbox.fail("status", "GET /boards", status=429, body="Rate limit exceeded")
    await read(trello)

    assert 10.0 == max(round(wait, 1) for wait in trello.slept)


async def test_what_stays_is_retriable_and_the_read_goes_on_from_the_last_checkpoint(trello, world):
    whole = await read(trello)
    boards = sorted(board["id"] for board in world.boards)
    trello.sandbox.fail("status", f"GET /boards/{boards[-1]}/cards", status=502, times=None)
    before = Seen()
    with pytest.raises(Retriable):
        await collect(trello, before)
    trello.sandbox.faults.clear()
    trello.requests()
    after = await read(trello, cursor=before.cursors[-1][1])

    assert whole.contents() == {**before.contents(), **after.contents()}
    asked = {request.split("/")[2] for request in trello.requests() if request.startswith("GET /boards/")}
    assert {boards[-1]} == asked


async def test_what_does_not_answer_keeps_no_other_board_from_being_saved(trello, world):
    first = min(board["id"] for board in world.boards)
    trello.sandbox.fail("status", f"GET /boards/{first}/actions", status=503, times=None)
    before = Seen()
    with pytest.raises(Retriable) as raised:
        await collect(trello, before)

    assert first in str(raised.value)
    assert {board["id"] for board in world.boards} - {first} <= before.cursors[-1][1]["workspaces"].keys()
    assert first not in before.cursors[-1][1]["workspaces"]


async def test_at_the_last_attempt_what_does_not_answer_costs_only_itself(trello, world):
    whole = await read(trello)
    board = min(board["id"] for board in world.boards)
    with trello.sandbox.editing():
        for each in world.boards:
            each["name"] += " renamed"
    trello.sandbox.fail("status", f"GET /boards/{board}/actions", status=503, times=None)
    seen = await read(trello, state=whole.state, is_last_attempt=True)
    trello.sandbox.faults.clear()
    again = await read(trello, state=seen.state)

    assert {(WarningCode.UNANSWERED, f"board/{board}")} == warned(seen)
    assert frozenset({board}) in {item.workspace_ids for item in seen.of(Anew)}
    assert frozenset() == complete_of(seen, board)
    assert [board] == [item.workspace_id for item in again.of(Ledger) if item.read != "unchanged"]


@pytest.mark.parametrize("boards", [2, 40])
async def test_an_app_that_answers_for_no_board_is_away_and_is_not_asked_for_all_of_them(trello, world, boards):
    with trello.sandbox.editing():
        actor, organization = Actor(member=trello.sandbox.owner), next(iter(world.organizations))
        for number in range(boards - len(world.boards)):
            changes.create(world, actor, f"Board {number}", organization=organization)
    state = (await read(trello)).state
    with trello.sandbox.editing():
        for board in world.boards:
            board["name"] += " renamed"
    trello.sandbox.fail("status", r"GET /boards/\w+", status=503, times=None)
    trello.requests()

    with pytest.raises(Retriable):
        await read(trello, state=state, is_last_attempt=True)
    asked = {request.split("/")[2] for request in trello.requests() if request.startswith("GET /boards/")}
    assert len(asked) < 40


async def test_a_board_that_answers_nonsense_is_skipped_and_read_again_next_time(trello, world):
    board = next(iter(world.boards))
    trello.sandbox.fail("invalid_json", rf"GET /boards/{board['id']}\?", times=1)
    seen = await read(trello)
    again = await read(trello, state=seen.state)

    assert (WarningCode.BAD_RECORD, f"board/{board['id']}") in warned(seen)
    assert frozenset() == complete_of(seen, board["id"])
    assert [board["id"]] == [item.workspace_id for item in again.of(Ledger) if item.read != "unchanged"]


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("GET /boards/.*/cards", kinds.CARD),
        ("GET /boards/.*/actions", kinds.ACTION),
        ("GET /boards/.*/boardPlugins", kinds.BOARD_PLUGIN),
    ],
)
async def test_a_record_without_an_id_is_a_warning_and_its_kind_is_not_called_complete(trello, route, kind):
    whole = await read(trello)
    trello.sandbox.fail("poison", route)
    seen = await read(trello)

    assert {WarningCode.BAD_RECORD} == {code for code, _ in warned(seen)}
    lost = whole.records.keys() - seen.records.keys()
    assert kind in {key[1] for key in lost}
    assert not [key for key in lost if key[1] in complete_of(seen, key[0])]


async def test_a_record_of_wrong_types_is_kept_as_it_is(trello, world):
    card = next(iter(world.cards))
    trello.sandbox.fail("poison", f"GET /boards/{card['idBoard']}/cards", record_id=card["id"])
    seen = await read(trello)

    found = next(record for record in seen.records.values() if record.external_id == card["id"])
    assert {"not": "a string"} == found.content["name"]


async def test_lists_that_are_no_lists_are_warnings(trello, world):
    whole = await read(trello)
    trello.sandbox.fail("wrong_types", r"GET /boards/\w+", times=None)
    seen = await read(trello)
    trello.sandbox.faults.clear()

    assert {WarningCode.BAD_RECORD} <= {code for code, _ in warned(seen)}
    lost = whole.records.keys() - seen.records.keys()
    assert lost
    assert not [key for key in lost if key[1] in complete_of(seen, key[0])]


async def test_fields_nobody_knows_are_kept(trello):
    trello.sandbox.fail("unknown_fields", r"GET /boards/\w+/cards", times=None)
    seen = await read(trello)
    trello.sandbox.faults.clear()

    cards = [record for record in seen.records.values() if record.kind == kinds.CARD]
    assert cards
    assert not [card for card in cards if "fieldFromTomorrow" not in card.content]


async def test_power_ups_that_may_not_be_listed_cost_only_themselves(trello, world):
    board = next(iter(world.boards))
    trello.sandbox.fail("status", f"GET /boards/{board['id']}/boardPlugins", status=403, body="forbidden")
    seen = await read(trello)

    assert {(WarningCode.FORBIDDEN, f"board/{board['id']}/boardPlugins")} == warned(seen)
    assert kinds.BOARD_PLUGIN not in complete_of(seen, board["id"])
    assert kinds.CARD in complete_of(seen, board["id"])


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (504, "timed out"),
        (449, "Sub-Request Failed"),
        (403, "API_TOO_MANY_CARDS_REQUESTED"),
        (403, "Too many checklists"),
    ],
)
async def test_a_page_that_is_too_heavy_is_asked_for_in_smaller_ones(trello, status, said):
    whole = await read(trello)
    trello.sandbox.fail("status", "(cards|actions).*limit=1000", status=status, body=said, times=None)
    seen = await read(trello)

    assert whole.contents() == seen.contents()
    assert [] == seen.warnings


async def test_a_listing_that_is_none_ends_the_read(trello):
    trello.sandbox.fail("status", "GET /members/me", status=400, body="invalid value for fields", times=None)

    with pytest.raises(BadReply):
        await read(trello)


async def test_a_board_that_changes_while_it_is_read_is_read_again(trello, world, monkeypatch):
    board = next(iter(world.boards))
    stir(trello, board, monkeypatch, times=1)
    seen = await read(trello)
    again = await read(trello, state=seen.state)

    assert [] == seen.warnings
    assert [frozenset({board["id"]})] == [item.workspace_ids for item in seen.of(Anew)]
    # The listing is older than what was read, so the next one differs.
    assert [board["id"]] == [item.workspace_id for item in again.of(Ledger) if item.read != "unchanged"]


async def test_what_goes_while_a_board_is_read_is_not_held(trello, world, monkeypatch):
    board = next(iter(world.boards))
    gone = world.cards.of(board["id"])[0]
    stir(trello, board, monkeypatch, times=1, change=lambda: world.cards.remove(gone["id"]))
    seen = await read(trello)

    assert gone["id"] not in {external_id for _, kind, external_id in seen.records if kind == kinds.CARD}


async def test_a_board_that_never_rests_is_called_unstable(trello, world, monkeypatch):
    board = next(iter(world.boards))
    stir(trello, board, monkeypatch, times=9)
    seen = await read(trello)

    assert {(WarningCode.UNSTABLE, f"board/{board['id']}")} == warned(seen)
    assert isinstance(seen.items[-1], State)


def stir(trello, board, monkeypatch, *, times: int, change=lambda: None) -> None:
    """Let a board change after its cards were read, so many times."""
    real = BoardReader._cards
    left = [f"2030-01-01T00:00:00.{number:03}Z" for number in range(times)]

    async def cards(self, client):
        async for item in real(self, client):
            yield item
        if self.board_id == board["id"] and left:
            with trello.sandbox.editing():
                board["dateLastActivity"] = left.pop(0)
                change()

    monkeypatch.setattr(BoardReader, "_cards", cards)


async def test_hidden_votes_are_asked_for_by_card(trello, monkeypatch):
    whole = await read(trello)
    trello.requests()
    real_card, real_claim = split.card, BoardReader._claim

    def hide(value):
        return {**value, "idMembersVoted": []}

    monkeypatch.setattr(split, "card", lambda board_id, value: real_card(board_id, hide(value)))
    monkeypatch.setattr(BoardReader, "_claim", lambda self, value: real_claim(self, hide(value)))
    seen = await read(trello)

    votes = {key for key in whole.records if key[1] == kinds.VOTE}
    assert votes
    assert votes == {key for key in seen.records if key[1] == kinds.VOTE}
    assert "GET /batch" in trello.requests()


async def test_no_secret_is_said_whatever_goes_wrong(trello, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for fault in (
        {"kind": "status", "status": 500, "times": None},
        {"kind": "reset", "times": None},
        {"kind": "half", "times": None},
        {"kind": "invalid_json", "times": None},
        {"kind": "wrong_types", "times": None},
        {"kind": "poison", "times": None},
        {"kind": "expired_token", "times": None},
        {"kind": "status", "status": 400, "body": f"bad token={trello.sandbox.token}", "times": None},
    ):
        for route in ("GET /members", "GET /boards", "GET /organizations", "download"):
            trello.sandbox.fail(**{**fault, "route": route})
            seen = Seen()
            try:
                await collect(trello, seen)
                for file in list(seen.files.values())[:1]:
                    async with file.open() as stream:
                        async for _ in stream:
                            pass
                await trello.connector.identify(trello.grant())
            except ConnectorError as error:
                said += [str(error), repr(error), repr(error.__context__)]
            said += [str(item) for item in seen.items if not isinstance(item, Record)]
            trello.sandbox.faults.clear()

    assert len(said) > 100
    # The stand-in's own log holds what it was asked.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    everything = "\n".join([*said, *logged])
    assert not [secret for secret in trello.secrets if secret in everything]
