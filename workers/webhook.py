"""Webhook: an event as a signed request, as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import orjson

from connectors.call import Call
from connectors.errors import Gone, Refused
from connectors.http import Http, HttpSettings
from connectors.redact import REDACTED
from store.destinations import Address
from store.events import Event
from workers import ids

_PREFIX = "whsec_"
_SHOWN = f"/{REDACTED}"
"""A webhook's path may be a secret, so no error tells it."""


class NotWanted(Exception):  # noqa: N818 - says what it is
    """The receiver answered 410: it wants no more events, from now on."""


def client_settings(*, allow_private: bool) -> HttpSettings:
    """How patient to be: a receiver has fifteen seconds, and other attempts are made later, by us."""
    return HttpSettings(
        connect_seconds=5,
        read_seconds=10,
        total_seconds=15,
        attempts=1,
        max_body_bytes=64 * 1024,
        connections=16,
        allow_private=allow_private,
        user_agent="Holdfast-Webhooks",
    )


async def send(http: Http, address: Address, event: Event, now: datetime) -> None:
    """Post an event; anything but a 2xx raises: NotWanted, or a ConnectorError that says what came back."""
    message_id, body = ids.encode(ids.Prefix.EVENT, event.event_id), payload(event)
    headers = {"content-type": "application/json", **signed(address, message_id, body, now)}
    call = Call(url=address.to, method="POST", headers=headers, content=body, idempotent=True, shown_as=_SHOWN)
    try:
        (await http.request(call)).check()
    except Gone as error:
        if "answered 410" in str(error):
            raise NotWanted from error
        raise


def payload(event: Event) -> bytes:
    """Write what is sent: `type`, `timestamp` and `data`."""
    return orjson.dumps({"type": event.kind, "timestamp": event.occurred_at.isoformat(), "data": event.data})


def signed(address: Address, message_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """Return the three headers. For a day after the secret was replaced, both secrets sign."""
    timestamp = int(now.timestamp())
    secrets = [address.secret]
    if address.old_secret and address.old_until is not None and now < address.old_until:
        secrets.append(address.old_secret)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign: `v1,` and Base64 of HMAC-SHA256 over `id.timestamp.body`. Refused for a secret that is none."""
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise Refused("the secret of a webhook is not Base64") from None
    text = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.new(key, text, sha256).digest()).decode()}"
