"""What people type for a connection, a workspace, an account; and values on one line."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.cli.exits import CommandError, Exit, explain
from api.cli.get import _target
from api.cli.history import brief, brief_pair
from api.cli.look import choose_workspace
from api.cli.output import printable, size
from api.cli.session import choose_account, choose_connection
from connectors.errors import Retriable, Unauthorised
from store.accounts import Account
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WORKSPACES = {"b1": "Marketing", "b2": "Market research", "b3": "Ops"}


def connected(number, name="Trello"):
    return ConnectedApp(
        connection_id=UUID(int=number),
        account_id=UUID(int=1),
        app="trello",
        name=name,
        status=ConnectionStatus.ACTIVE,
        status_reason=None,
        included=None,
        excluded=frozenset(),
        created_at=NOW,
    )


@pytest.mark.parametrize(
    ("named", "expected"), [("b3", "b3"), ("ops", "b3"), ("Marketing", "b1"), ("market r", "b2"), ("OP", "b3")]
)
def test_a_workspace_is_found_by_id_name_or_beginning(named, expected):
    assert expected == choose_workspace(WORKSPACES, named)


@pytest.mark.parametrize(("named", "code"), [("market", Exit.USAGE), ("x", Exit.NOT_FOUND)])
def test_a_workspace_that_is_not_meant_surely_is_refused(named, code):
    with pytest.raises(CommandError) as refused:
        choose_workspace(WORKSPACES, named)

    assert code is refused.value.exit_code


def test_the_only_connection_need_not_be_named():
    assert connected(1) == choose_connection([connected(1)], None)


@pytest.mark.parametrize("named", ["Work", "work", str(UUID(int=2))])
def test_a_connection_is_found_by_name_or_id(named):
    both = [connected(1), connected(2, "Work")]

    assert both[1] == choose_connection(both, named)


@pytest.mark.parametrize("named", [None, "trello", "nobody"])
def test_a_connection_that_is_not_meant_surely_is_refused(named):
    with pytest.raises(CommandError):
        choose_connection([connected(1, "Home"), connected(2, "Work")], named)


def test_an_account_is_found_by_name():
    accounts = [
        Account(account_id=UUID(int=n), name=name, time_zone="UTC", created_at=NOW) for n, name in enumerate("ab")
    ]

    assert accounts[1] == choose_account(accounts, "b")
    with pytest.raises(CommandError):
        choose_account(accounts, None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("x"), Exit.USAGE),
        (NotFound("x"), Exit.NOT_FOUND),
        (Unauthorised("x"), Exit.APP),
        (Retriable("x"), Exit.UNAVAILABLE),
        (Unavailable("x"), Exit.UNAVAILABLE),
        (Conflict("x"), Exit.CONFLICT),
        (Corrupt("x"), Exit.STORE),
        (CommandError("x", Exit.FAILED), Exit.FAILED),
    ],
)
def test_each_fault_has_its_code(error, code):
    assert ("x", code) == explain(error)


def test_what_nobody_expected_is_not_repeated():
    message, code = explain(RuntimeError("a secret"))

    assert Exit.INTERNAL is code
    assert "secret" not in message


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "/etc/passwd", "a/../.."])
def test_a_files_name_does_not_lead_out_of_the_folder(tmp_path, name):
    assert tmp_path == _target(str(tmp_path), name).parent


def test_what_differs_in_long_texts_is_shown():
    text = "a" * 500
    old, new = brief_pair(text + "old", text + "new")

    assert "old" in old
    assert "new" in new
    assert max(len(old), len(new)) < 80


def test_a_long_value_is_cut():
    assert len(brief({"key": "v" * 500})) < 80


def test_nothing_from_an_app_moves_the_cursor():
    assert " [2J evil " == printable("\x1b[2J\nevil\u202e")


@pytest.mark.parametrize(("value", "expected"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (3_346_385, "3.3 MB")])
def test_sizes_are_written_for_people(value, expected):
    assert expected == size(value)
