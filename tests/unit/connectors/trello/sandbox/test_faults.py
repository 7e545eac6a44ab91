"""Faults strike where and as often as they are told, and spoil bodies as they say."""

import orjson
import pytest

from connectors.trello.sandbox.faults import KINDS, Fault, Faults, spoil

CARDS = [{"id": f"{at:024x}", "name": f"card {at}", "idLabels": []} for at in range(3)]
BODY = orjson.dumps(CARDS)


def test_fault_strikes_after_skip_and_as_often_as_told() -> None:
    faults = Faults()
    faults.add(Fault(kind="status", route=r"GET /boards/.*/cards", skip=1, times=2))
    paths = ("/boards/1/cards", "/boards/1", "/boards/1/cards", "/boards/2/cards", "/boards/2/cards")
    struck = [faults.next(f"GET {path}") is not None for path in paths]

    assert [False, False, True, True, False] == struck
    assert {"status": 2} == faults.struck


def test_fault_without_times_strikes_for_ever() -> None:
    faults = Faults()
    faults.add(Fault(kind="slow", times=None))

    assert all(faults.next("GET /x") for _ in range(10))
    faults.clear()
    assert faults.next("GET /x") is None


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault is called flood"):
        Fault(kind="flood")


def test_poison_strikes_one_record() -> None:
    found = orjson.loads(spoil(Fault(kind="poison", record_id=CARDS[1]["id"]), BODY))

    assert [CARDS[0], CARDS[2]] == [found[0], found[2]]
    assert {"not": "a string"} == found[1]["name"]


def test_poison_finds_a_nested_record() -> None:
    body = orjson.dumps([{"id": "a", "attachments": [{"id": "b", "name": "x"}]}])
    found = orjson.loads(spoil(Fault(kind="poison", record_id="b"), body))

    assert {"not": "a string"} == found[0]["attachments"][0]["name"]


def test_poison_without_a_record_takes_the_first_ones_id() -> None:
    found = orjson.loads(spoil(Fault(kind="poison"), BODY))

    assert "id" not in found[0]
    assert CARDS[1:] == found[1:]


def test_undecodable_strikes_only_replies_that_hold_the_record() -> None:
    fault = Fault(kind="undecodable", record_id=CARDS[1]["id"])

    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(spoil(fault, BODY))
    other = orjson.dumps(CARDS[:1])
    assert other == spoil(fault, other)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_spoils_or_leaves_the_body(kind: str) -> None:
    assert isinstance(spoil(Fault(kind=kind, record_id=CARDS[0]["id"]), BODY), bytes)


def test_unknown_fields_are_added_to_every_record() -> None:
    found = orjson.loads(spoil(Fault(kind="unknown_fields"), BODY))

    assert all("fieldFromTomorrow" in card for card in found)
    assert CARDS == [{name: card[name] for name in CARDS[0]} for card in found]


def test_wrong_types_keep_the_ids() -> None:
    found = orjson.loads(spoil(Fault(kind="wrong_types"), BODY))

    assert [(card["id"], len(card["name"]), "list") for card in CARDS] == [
        (card["id"], card["name"], card["idLabels"]) for card in found
    ]
