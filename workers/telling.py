"""Telling: adding, testing and changing where an account is told; the same for GraphQL and for the shell."""

from collections.abc import Sequence
from uuid import uuid4

from connectors.address import check_url, is_allowed, parse
from connectors.errors import Refused
from store import deliveries, destinations, events
from store.database import Connection
from store.destinations import Address, Channel, Destination, new_secret
from store.errors import Invalid
from store.events import EventKind
from store.keys import AccountKeys
from store.record import AccountId
from workers.mail_server import is_address

MOST = 20
"""How many destinations an account has at most."""
_LONGEST_URL = 2000


class TooMany(Invalid):
    """An account has as many destinations as it may have."""


async def add(
    connection: Connection,
    keys: AccountKeys,
    account_id: AccountId,
    to: str,
    *,
    channel: Channel,
    kinds: Sequence[EventKind] | None,
    allow_private: bool,
) -> tuple[Destination, str | None]:
    """Add a destination; returns what a webhook is signed with, too. Invalid says what is wrong with `to`."""
    check(to, channel, allow_private=allow_private)
    if len(await destinations.of_account(connection, account_id)) >= MOST:
        raise TooMany(f"an account has at most {MOST} destinations")
    secret = new_secret() if channel is Channel.WEBHOOK else None
    destination = await destinations.create(
        connection,
        keys,
        account_id=account_id,
        channel=channel,
        address=Address(to=to, secret=secret or ""),
        kinds=kinds,
    )
    return destination, secret


def check(to: str, channel: Channel, *, allow_private: bool) -> None:
    """Invalid unless this is an address that may be written to. What a name resolves to is checked at each sending."""
    if channel is Channel.EMAIL:
        if not is_address(to):
            raise Invalid("that is no e-mail address")
        return
    try:
        host = check_url(to, allow_private=allow_private).hostname or ""
    except Refused as error:
        raise Invalid(f"a webhook cannot be sent there: {error}") from None
    if _is_literal(host) and not is_allowed(parse(host), allow_private=allow_private):
        raise Invalid("a webhook cannot be sent to a private, local or reserved address")
    if len(to) > _LONGEST_URL or not to.isascii() or not to.isprintable() or " " in to:
        raise Invalid("that is no URL")


async def test(connection: Connection, destination: Destination) -> deliveries.Delivery:
    """Put a test on its way to one destination, at once. It is delivered even where such events are not wanted."""
    event = await events.put(
        connection, account_id=destination.account_id, kind=EventKind.TEST, key=str(uuid4()), data={}, to_all=False
    )
    assert event is not None, "its key is new"
    return await deliveries.send_now(connection, destination.account_id, event.event_id, destination.destination_id)


def _is_literal(host: str) -> bool:
    try:
        parse(host)
    except Refused:
        return False
    return True
