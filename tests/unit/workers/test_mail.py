"""Mails: what they say, whatever has happened; and where they are handed in."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.accounts import Account
from store.events import Event, EventKind
from store.record import AccountId
from workers.mail import NAMED, SUBJECT_CHARS, compose
from workers.mail_server import MailServer, is_address
from workers.wording import details, headline

SERVER = MailServer(host="mail.example", port=587, sender="holdfast@example.org")
ACCOUNT = Account(
    account_id=AccountId(UUID(int=1)),
    name="Acme",
    time_zone="Europe/Berlin",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
TRELLO = {"connection": {"id": "con_x", "name": "Our Trello", "app": "trello"}}
MASS = {
    "what": "deleted",
    "records": 900,
    "days": 1.0,
    "limit": 100.0,
    "median": 2.5,
    "mad": 1.5,
    "samples": 6,
    "of": 10_000,
}
DATA = {
    EventKind.BACKUP_FAILED: TRELLO | {"failure": {"code": "GRANT_LOST", "message": "authorise again"}},
    EventKind.BACKUP_DRIFT: TRELLO | {"sequence": 7, "drift": {"card": {"edited": 2, "deleted": 1}}},
    EventKind.BACKUP_MASS_CHANGE: TRELLO | {"sequence": 7, "mass": MASS | {"what": "changed"}},
    EventKind.BACKUP_MASS_DELETION: TRELLO | {"sequence": 7, "mass": MASS},
    EventKind.CONNECTION_NEEDS_ATTENTION: TRELLO | {"reason": "the grant of member ada no longer works"},
    EventKind.VERIFICATION_FAULT: {
        "depth": "content", "faults": 2, "first": [{"code": "PACK_MISSING", "where": "pack 1", "message": "it is gone"}]
    },
    EventKind.COPY_FAILED: {"failure": {"code": "DRIVE_FULL", "message": "the Drive is full"}},
    EventKind.CHECKPOINT_PUBLISHED: {"log": "holdfast/7", "size": 7, "checkpoint": "holdfast/7\n7\n"},
    EventKind.TEST: {},
}  # fmt: skip


def event(kind=EventKind.BACKUP_FAILED, data=None, minutes=0) -> Event:
    return Event(
        event_id=uuid4(),
        account_id=ACCOUNT.account_id,
        kind=kind,
        connection_id=None,
        data=DATA[kind] if data is None else data,
        occurred_at=datetime(2026, 11, 2, 18, 30, tzinfo=UTC) + timedelta(minutes=minutes),
    )


def test_every_kind_of_event_has_words_of_its_own():
    for kind, data in DATA.items():
        assert headline(event(kind, data)) != kind
        assert details(event(kind, data))
    assert set(EventKind) == DATA.keys()
    assert "of.tomorrow" == headline(event(data={}, kind="of.tomorrow"))


def test_a_mass_deletion_is_told_with_its_numbers():
    said = (
        f"{headline(event(EventKind.BACKUP_MASS_DELETION))} {' '.join(details(event(EventKind.BACKUP_MASS_DELETION)))}"
    )

    for number in ("900", "10000", "2.5", "1.5", "100.0", "6 days"):
        assert number in said


def test_one_event_is_the_subject_and_many_are_counted():
    one = compose(SERVER, "ada@example.org", ACCOUNT, [event()], public_url="https://holdfast.test")
    many = compose(SERVER, "ada@example.org", ACCOUNT, [event() for _ in range(7)], public_url=None)

    assert "Holdfast, Acme: The backup of Our Trello failed" == one["Subject"]
    assert "GRANT_LOST: authorise again" in one.get_content()
    assert "2026-11-02 19:30" in one.get_content()
    assert "https://holdfast.test" in one.get_content()
    assert "Holdfast, Acme: 7 things to know" == many["Subject"]
    assert 7 == many.get_content().count("The backup of Our Trello failed")
    assert "auto-generated" == one["Auto-Submitted"]


def test_a_flood_is_counted_and_its_beginning_told():
    mail = compose(SERVER, "a@b.c", ACCOUNT, [event() for _ in range(NAMED + 200)], public_url=None)

    assert "And 200 more" in mail.get_content()


def test_the_same_events_give_the_same_message_id():
    events = [event() for _ in range(3)]
    first, again = (compose(SERVER, "a@b.c", ACCOUNT, each, public_url=None) for each in (events, events[::-1]))
    other = compose(SERVER, "a@b.c", ACCOUNT, events[:2], public_url=None)

    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300), more=anything)
def test_whatever_is_called_what_the_mail_holds_no_header_of_its_own(name, more):
    data = {"connection": {"name": name}, "failure": {"code": "X", "message": more}}
    mail = compose(SERVER, "a@b.c", ACCOUNT, [event(data=data)], public_url=None)
    read = message_from_bytes(mail.as_bytes(policy=default.clone(linesep="\r\n")), policy=default)

    assert {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"} >= {
        header for header in read if not header.startswith("Content-")
    }
    assert ["a@b.c"] == [address.addr_spec for address in read["To"].addresses]
    assert len(mail["Subject"]) <= SUBJECT_CHARS


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, None, False, False)),
        ("smtps://ada:p%40ss@mail.example", ("mail.example", 465, "ada", True, False)),
        ("smtp://mail.example:25?tls=never", ("mail.example", 25, None, False, True)),
    ],
)
def test_a_mail_server_is_read_from_its_url(url, expected):
    server = MailServer.of(url, "holdfast@example.org")

    assert expected == (server.host, server.port, server.user, server.is_tls, server.never_tls)
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize("url", ["smtp://", "smtp://mail.example?tls=maybe", "smtp://:25"])
def test_a_url_that_is_no_mail_server_is_refused(url):
    with pytest.raises(ValueError, match="host"):
        MailServer.of(url, "holdfast@example.org")


def test_addresses():
    assert all(map(is_address, ["ada@example.org", "a.b+c@mail.example.org", "a@b"]))
    bad = [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@c",
        "a@b, c@d",
        "Ada <ada@b>",
        "a@b\r\nBcc: x@y",
        "ä@b",
        "a@" + "b" * 260,
    ]
    assert not any(map(is_address, bad))
