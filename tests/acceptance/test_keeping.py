"""`holdfast retention` and `holdfast hold`, as a person uses them."""

import pytest

from tests.acceptance.test_up import home, shell, trello

__all__ = ["home", "shell", "trello"]


@pytest.fixture
def held(shell, trello):
    """Two snapshots, of which the second changed something."""
    shell.run("connect", "trello", "--key", trello.key, "--token-stdin", "--json", stdin=trello.token + "\n")
    shell.run("backup", "--json")
    with trello.editing() as world:
        next(iter(world.cards))["name"] = "Renamed by hand"
    shell.run("backup", "--full", "--json")
    return shell


def test_what_is_not_kept_goes_unless_a_hold_lies(held):
    assert "everything" in held.run("retention", "show").out
    assert {"retention": "1 days"} == held.run("retention", "set", "--days", "1", "--json").json
    (planned,) = held.run("retention", "run", "--dry-run", "--json").json
    assert [1] == [one["snapshot"] for one in planned["expiring"]]

    hold = held.run("hold", "place", "--reason", "Doe against Roe", "--json").json
    refused = held.run("retention", "run")
    assert (6, True) == (refused.code, hold["hold_id"] in refused.err)
    assert "Doe against Roe" in held.run("hold", "list").out

    assert "lifted" in held.run("hold", "lift", hold["hold_id"], "--reason", "settled").out
    done = held.run("retention", "run", "--json").json
    assert ("succeeded", 1) == (done["status"], done["result"]["snapshots"])
    assert "1 snapshots (1 more were given up)" in audit(held)
    assert {"retention": None} == held.run("retention", "set", "--everything", "--json").json


def audit(held):
    key = held.run("audit", "key").out.strip()
    return held.run("audit", "verify", "--key", key, "bucket", str(held.home / "objects")).out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["retention", "set"], 2),
        (["retention", "set", "--days", "1", "--everything"], 2),
        (["retention", "set", "--days", "10001"], 2),
        (["hold", "place", "--reason", " "], 2),
        (["hold", "lift", "00000000-0000-0000-0000-000000000007", "--reason", "r"], 3),
    ],
)
def test_what_cannot_be_is_refused(shell, arguments, code):
    assert code == shell.run(*arguments).code


def test_a_record_is_erased(held, trello, tmp_path):
    card = next(iter(trello.world.cards))["id"]
    planned = held.run("erase", "records", f"card:{card}", "--reason", "she asked", "--dry-run", "--json").json
    assert (1, 2) == (planned["result"]["records"], planned["result"]["versions"])
    assert "Renamed by hand" in held.run("get", f"card:{card}").out

    receipt = tmp_path / "receipt.json"
    done = held.run("erase", "records", f"card:{card}", "--reason", "she asked", "--yes", "--receipt", str(receipt))
    assert (0, True) == (done.code, "2 versions of 1 records" in done.out)
    assert 3 == held.run("get", f"card:{card}").code
    assert "its content was erased" in held.run("history", f"card:{card}").out
    assert 0 == held.run("records", "--kind", "card").code
    assert 0 == held.run("diff").code
    key = held.run("audit", "key").out.strip()
    told = held.run("audit", "verify", "--key", key, "disclosure", str(receipt))
    assert (0, True) == (told.code, card in told.out)
    assert 0 == held.run("verify", "--depth", "content").code
    found = held.run("erase", "records", "--mentioning", "Renamed by hand", "--reason", "r", "--dry-run", "--json")
    assert "Renamed by hand" not in found.out


def test_an_account_is_erased(held, tmp_path):
    home = held.run("status", "--json").json
    key = held.run("audit", "key").out.strip()
    counts = held.run("erase", "account", "Home", "--reason", "they left", "--dry-run", "--json").json
    assert 2 == counts["snapshots"]
    hold = held.run("hold", "place", "--reason", "Doe against Roe", "--json").json
    assert 6 == held.run("erase", "account", "Home", "--reason", "they left", "--yes").code
    held.run("hold", "lift", hold["hold_id"], "--reason", "settled")

    receipt = tmp_path / "receipt.json"
    done = held.run("erase", "account", home["account_id"], "--reason", "they left", "--yes", "--receipt", str(receipt))
    assert (0, True) == (done.code, "2 snapshots" in done.out)
    told = held.run("audit", "verify", "--key", key, "disclosure", str(receipt))
    assert (0, True) == (told.code, '"reason":"they left"' in told.out)
    after = held.run("audit", "verify", "--key", key, "bucket", str(held.home / "objects"))
    assert (0, True) == (after.code, "the account was erased" in after.out)
    # The home begins anew.
    assert home["account_id"] != held.run("status", "--json").json["account_id"]
