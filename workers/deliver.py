"""Deliver: brings events to their destinations, at least once each, for three days; mail as a digest."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from connectors.errors import ConnectorError
from connectors.http import Http
from store import accounts, deliveries, destinations, events
from store.deliveries import Delivery
from store.destinations import Destination, DestinationId
from store.errors import KeyMissing, NotFound, StoreError
from store.events import Event
from store.record import AccountId
from workers import mail, webhook
from workers.mail import Unsent
from workers.runtime import Runtime
from workers.webhook import NotWanted

_log = logging.getLogger(__name__)

BACKOFF = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""How long to wait after each attempt that failed: three days in all, as Standard Webhooks proposes."""
GATHER = timedelta(minutes=5)
"""How long the first event waits for others that belong into the same mail."""
APART = timedelta(hours=1)
"""How far apart the mails to one address are."""
KEPT_DAYS = 90
_LEASE = timedelta(minutes=2)
_AT_ONCE = 50
_IN_FLIGHT = 8


class Deliverer:
    """Sends what is due. One for each worker; any number may run. Belongs to the event loop that made it."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        gather: timedelta = GATHER,
        apart: timedelta = APART,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        settings = runtime.settings
        self._runtime = runtime
        self._gather = gather
        self._apart = apart
        self._now = now
        self._http = Http(webhook.client_settings(allow_private=settings.allow_private_addresses))
        self._places = asyncio.Semaphore(_IN_FLIGHT)
        self._server = settings.mail_server

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def deliver(self) -> int:
        """Send what is due now; returns how many attempts were made. One receiver's fault is no other's."""
        async with self._runtime.database.system() as connection:
            due = await deliveries.claim_webhooks(connection, lease=_LEASE, limit=_AT_ONCE)
            mails: dict[DestinationId, list[Delivery]] = defaultdict(list)
            if self._server is not None:
                claimed = await deliveries.claim_mail(
                    connection, gather=self._gather, apart=self._apart, lease=_LEASE, limit=_AT_ONCE
                )
                for delivery in claimed:
                    mails[delivery.destination_id].append(delivery)
        groups = [[delivery] for delivery in due] + list(mails.values())
        await asyncio.gather(*(self._settle(group) for group in groups))
        return len(groups)

    async def forget_old(self) -> None:
        """Forget events that nobody asks about any more."""
        async with self._runtime.database.system() as connection:
            await events.forget_old(connection, KEPT_DAYS)

    async def _settle(self, group: Sequence[Delivery]) -> None:
        """Try to bring some deliveries, all to one destination, and keep what came of it."""
        async with self._places:
            try:
                await self._attempt(group)
            except NotFound:
                # The destination was removed meanwhile, and its deliveries with it.
                return
            except StoreError as error:
                _log.warning("events could not be sent, which is tried again: %s", error)

    async def _attempt(self, group: Sequence[Delivery]) -> None:
        account_id, destination_id = group[0].account_id, group[0].destination_id
        async with self._runtime.database.account(account_id) as connection:
            destination = await destinations.get(connection, account_id, destination_id)
            found = await events.some(connection, account_id, [delivery.event_id for delivery in group])
        told = sorted(found.values(), key=lambda event: (event.occurred_at, event.event_id))
        reason, is_lasting = None, False
        try:
            await self._send(account_id, destination, told)
        except NotWanted:
            await self._pause(destination, "the receiver answered 410: it wants no more events")
            return
        except ConnectorError as error:
            reason = str(error)
        except Unsent as error:
            reason, is_lasting = str(error), error.lasting
        except KeyMissing as error:
            reason, is_lasting = str(error), True
        await self._keep(group, reason, is_lasting=is_lasting)

    async def _send(self, account_id: AccountId, destination: Destination, told: Sequence[Event]) -> None:
        address = destination.address((await self._runtime.repository(account_id)).keys)
        if destination.channel is destinations.Channel.WEBHOOK:
            for event in told:
                await webhook.send(self._http, address, event, self._now())
            return
        assert self._server is not None, "mail is claimed only where there is a mail server"
        async with self._runtime.database.account(account_id) as connection:
            account = await accounts.get(connection, account_id)
        public_url = self._runtime.settings.public_url
        message = mail.compose(self._server, address.to, account, told, public_url=public_url)
        await asyncio.to_thread(mail.send, self._server, message)

    async def _keep(self, group: Sequence[Delivery], reason: str | None, *, is_lasting: bool) -> None:
        account_id, destination_id = group[0].account_id, group[0].destination_id
        delivery_ids = [delivery.delivery_id for delivery in group]
        attempts = max(delivery.attempts for delivery in group)
        async with self._runtime.database.account(account_id) as connection:
            await destinations.told(connection, account_id, destination_id, reason=reason)
            if reason is None:
                await deliveries.delivered(connection, account_id, delivery_ids)
            elif is_lasting or attempts > len(BACKOFF):
                await deliveries.given_up(connection, account_id, delivery_ids, reason=reason)
            else:
                wait = backoff(attempts)
                await deliveries.postponed(connection, account_id, delivery_ids, wait=wait, reason=reason)

    async def _pause(self, destination: Destination, reason: str) -> None:
        async with self._runtime.database.account(destination.account_id) as connection:
            await destinations.update(
                connection, destination.account_id, destination.destination_id, kinds=destination.kinds, is_paused=True
            )
            await destinations.told(connection, destination.account_id, destination.destination_id, reason=reason)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts, give or take a tenth, so that no two receivers' waits align."""
    # Jitter is no secret.
    return BACKOFF[attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311
