"""`holdfast alerts`, and the worker of `holdfast up` that tells: by a real mail server and to a real receiver."""

import time

import pytest
from standardwebhooks import Webhook

from tests.acceptance.shell import GENEROUS_SECONDS, Shell
from tests.acceptance.test_up import home as _home
from tests.contract.trello.listener import Listener
from tests.integration.workers.mail_server import mail_server

home = _home


@pytest.fixture
def post():
    with mail_server() as running:
        yield running


@pytest.fixture
def shell(home, post):
    more = {
        "HOLDFAST_SMTP_URL": f"smtp://127.0.0.1:{post.port}?tls=never",
        "HOLDFAST_MAIL_FROM": "holdfast@example.org",
        "HOLDFAST_ALLOW_PRIVATE_ADDRESSES": "1",
    }
    return Shell(home, tuple(more.items()))


def until(condition):
    ends = time.monotonic() + GENEROUS_SECONDS
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_somebody_is_told_by_mail_and_by_webhook(shell, post):
    with Listener() as listener, shell.up():
        hook = shell.run("alerts", "add", listener.url, "--kind", "backup.failed", "--json").json
        mail = shell.run("alerts", "add", "ada@example.org", "--json").json
        for made in (hook, mail):
            assert 0 == shell.run("alerts", "test", made["destination_id"]).code
        until(lambda: listener.posts and post.mails)
        listed = shell.run("alerts", "list", "--json").json
        until(lambda: shell.run("alerts", "deliveries", hook["destination_id"], "--json").json[0]["delivered_at"])
        (sent,) = shell.run("alerts", "deliveries", hook["destination_id"], "--json").json
        assert 0 == shell.run("alerts", "again", sent["delivery_id"]).code
        until(lambda: len(listener.posts) > 1)
        removed = shell.run("alerts", "remove", mail["destination_id"])

    for posted in listener.posts:
        assert "test" == Webhook(hook["secret"]).verify(posted.body, posted.headers)["type"]
    assert 1 == len({posted.headers["webhook-id"] for posted in listener.posts})
    assert "Holdfast, Home: This is a test" == post.mails[0]["Subject"]
    assert [(listener.url, ["backup.failed"]), ("ada@example.org", None)] == [
        (each["to"], each["kinds"]) for each in listed
    ]
    assert ("This is a test", "delivered") == (sent["headline"], sent["status"])
    assert 0 == removed.code


def test_what_is_wrong_with_an_address_is_one_line(shell):
    for to in ("nobody", "http://example.org", "https://169.254.169.254/"):
        answer = shell.run("alerts", "add", to)
        assert 2 == answer.code, answer
        assert 1 == len(answer.err.splitlines())
    missing = shell.run("alerts", "remove", "00000000-0000-0000-0000-000000000000")
    assert 3 == missing.code


def test_without_a_mail_server_it_says_which_setting_is_missing(home):
    answer = Shell(home).run("alerts", "add", "ada@example.org")

    assert (2, True) == (answer.code, "HOLDFAST_SMTP_URL" in answer.err)
