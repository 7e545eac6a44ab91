"""Webhooks are signed as Standard Webhooks has it: its own vector, and its own library as the receiver."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.errors import Refused
from store.destinations import Address, new_secret
from store.events import EVENTS, Event, EventKind
from store.record import AccountId
from workers.webhook import payload, signature, signed

EVENT = Event(
    event_id=UUID(int=1),
    account_id=AccountId(UUID(int=2)),
    kind=EventKind.BACKUP_FAILED,
    connection_id=None,
    data={"connection": {"name": "Trëllo"}},
    occurred_at=datetime(2026, 11, 2, 18, 30, tzinfo=UTC),
)


def test_the_vector_of_the_specification_holds():
    # https://github.com/standard-webhooks/standard-webhooks: the example of its libraries' tests.
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == made


@pytest.fixture
def now() -> datetime:
    """The time of the test itself: the library refuses what was signed five minutes ago."""
    return datetime.now(UTC)


def test_the_standard_s_own_library_takes_what_we_send(now):
    address, body = Address(to="https://example.org", secret=new_secret()), payload(EVENT)
    headers = dict(signed(address, "eve_1", body, now))

    assert json.loads(body) == Webhook(address.secret).verify(body, headers)
    assert {"type", "timestamp", "data"} == json.loads(body).keys()
    for forged in (body + b" ", body.replace(b"failed", b"passed")):
        with pytest.raises(WebhookVerificationError):
            Webhook(address.secret).verify(forged, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(address.secret).verify(body, headers | {"webhook-id": "eve_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_for_a_day_after_a_new_secret_both_sign(now):
    old, new = new_secret(), new_secret()
    address = Address(to="https://example.org", secret=new, old_secret=old, old_until=now + timedelta(hours=24))
    body = payload(EVENT)
    during = dict(signed(address, "eve_1", body, now))
    after = dict(signed(replace(address, old_until=now), "eve_1", body, now))

    for secret in (old, new):
        Webhook(secret).verify(body, during)
    Webhook(new).verify(body, after)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, after)


@given(st.text(max_size=40))
def test_whatever_secret_is_kept_signs_or_is_refused(secret):
    with suppress(Refused):
        assert signature(secret, "eve_1", 1, b"{}").startswith("v1,")


def test_secrets_are_never_shown():
    address = Address(to="https://example.org", secret="whsec_aaa", old_secret="whsec_bbb")

    assert "whsec" not in repr(address)


def test_every_kind_of_event_is_described():
    assert set(EventKind) == EVENTS.keys()
    assert all(spec.description for spec in EVENTS.values())
