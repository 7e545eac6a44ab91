"""Events, where they are told, and each telling on its way."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self
from urllib.parse import urlsplit, urlunsplit

import strawberry

from api import ids, lists
from api.arguments import After, Before, First, Last, Slice
from api.auth import Scope, Scoped
from api.context import Info
from api.page import Connection
from api.scalars import JSON
from api.types.node import Node
from store import deliveries, destinations, events
from store.deliveries import DeliveryStatus as StoredStatus
from store.destinations import Channel as StoredChannel
from store.events import EVENTS
from store.events import EventKind as Stored
from store.keys import AccountKeys
from workers.wording import headline


@strawberry.enum(description="What happened. Webhooks carry the name in small letters: `backup.failed`.")
class EventKind(Enum):
    """`store.events.EventKind`, described."""

    BACKUP_FAILED = strawberry.enum_value(Stored.BACKUP_FAILED, description=EVENTS[Stored.BACKUP_FAILED].description)
    BACKUP_DRIFT = strawberry.enum_value(Stored.BACKUP_DRIFT, description=EVENTS[Stored.BACKUP_DRIFT].description)
    BACKUP_MASS_CHANGE = strawberry.enum_value(
        Stored.BACKUP_MASS_CHANGE, description=EVENTS[Stored.BACKUP_MASS_CHANGE].description
    )
    BACKUP_MASS_DELETION = strawberry.enum_value(
        Stored.BACKUP_MASS_DELETION, description=EVENTS[Stored.BACKUP_MASS_DELETION].description
    )
    CONNECTION_NEEDS_ATTENTION = strawberry.enum_value(
        Stored.CONNECTION_NEEDS_ATTENTION, description=EVENTS[Stored.CONNECTION_NEEDS_ATTENTION].description
    )
    COPY_FAILED = strawberry.enum_value(Stored.COPY_FAILED, description=EVENTS[Stored.COPY_FAILED].description)
    CHECKPOINT_PUBLISHED = strawberry.enum_value(
        Stored.CHECKPOINT_PUBLISHED, description=EVENTS[Stored.CHECKPOINT_PUBLISHED].description
    )
    VERIFICATION_FAULT = strawberry.enum_value(
        Stored.VERIFICATION_FAULT, description=EVENTS[Stored.VERIFICATION_FAULT].description
    )
    TEST = strawberry.enum_value(Stored.TEST, description=EVENTS[Stored.TEST].description)


@strawberry.enum(description="How somebody is told.")
class Channel(Enum):
    """`store.destinations.Channel`, described."""

    EMAIL = strawberry.enum_value(
        StoredChannel.EMAIL, description="By mail: what happens within a while is in one mail, at most one an hour."
    )
    WEBHOOK = strawberry.enum_value(
        StoredChannel.WEBHOOK, description="By a signed POST for each event, as Standard Webhooks has it."
    )


@strawberry.enum(description="Where a delivery is.")
class DeliveryStatus(Enum):
    """`store.deliveries.DeliveryStatus`, described."""

    WAITING = strawberry.enum_value(StoredStatus.WAITING, description="It is due at `nextAt`.")
    DELIVERED = strawberry.enum_value(StoredStatus.DELIVERED, description="It arrived.")
    FAILED = strawberry.enum_value(StoredStatus.FAILED, description="It was given up; `deliverySendAgain` asks anew.")


@strawberry.type(description="Something that happened, and that somebody may want to be told of. Kept for 90 days.")
class Event(Node):
    """A row of `events`."""

    row: strawberry.Private[events.Event]
    occurred_at: datetime = strawberry.field(description="When it was noticed.")
    headline: str = strawberry.field(description="What happened, in a line for people.")
    data: JSON = strawberry.field(description="What a webhook carries as `data`: ids, counts and reasons.")

    @classmethod
    def of(cls, row: events.Event) -> Self:
        """Show an event."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.EVENT, row.event_id)),
            row=row,
            occurred_at=row.occurred_at,
            headline=headline(row),
            data=JSON(row.data),
        )

    @strawberry.field(description="What kind of thing; null for one of a newer Holdfast.")
    def kind(self) -> EventKind | None:
        """By its name."""
        return kind_of(self.row.kind)


@strawberry.type(description="An event on its way to a destination.")
class Delivery(Node):
    """A row of `deliveries`."""

    row: strawberry.Private[deliveries.Delivery]
    status: DeliveryStatus = strawberry.field(description="Where it is.")
    attempts: int = strawberry.field(description="How often it was tried.")
    next_at: datetime | None = strawberry.field(description="When it is tried next; null unless it waits.")
    reason: str | None = strawberry.field(description="Why the last attempt did not succeed.")
    created_at: datetime = strawberry.field(description="When the event happened.")
    delivered_at: datetime | None = strawberry.field(description="When it arrived.")

    @classmethod
    def of(cls, row: deliveries.Delivery) -> Self:
        """Show a delivery."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.DELIVERY, row.delivery_id)),
            row=row,
            status=DeliveryStatus(row.status),
            attempts=row.attempts,
            next_at=row.next_at if row.status is StoredStatus.WAITING else None,
            reason=row.reason,
            created_at=row.created_at,
            delivered_at=row.delivered_at,
        )

    @strawberry.field(description="The event.", extensions=[Scoped(Scope.OPERATION_READ)])
    async def event(self, info: Info) -> Event | None:
        """Gathered with other lookups of the same request."""
        row = await info.context.loaders.event.load(self.row.event_id)
        return Event.of(row) if row else None


@strawberry.type(description="Where the account is told what happened.")
class Destination(Node):
    """A row of `destinations`; signing secrets are never shown."""

    row: strawberry.Private[destinations.Destination]
    channel: Channel = strawberry.field(description="How.")
    to: str = strawberry.field(description="The e-mail address, or the URL without its query.")
    kinds: list[EventKind] | None = strawberry.field(description="Which events it gets; null: every alert.")
    is_paused: bool = strawberry.field(description="Whether it gets nothing for now; what waits for it is kept.")
    failing_since: datetime | None = strawberry.field(
        description="Since when nothing has arrived; null while all does."
    )
    reason: str | None = strawberry.field(description="Why the last did not arrive.")
    arrived_at: datetime | None = strawberry.field(description="When something last arrived.")
    created_at: datetime = strawberry.field(description="When it was added.")

    @classmethod
    def of(cls, row: destinations.Destination, keys: AccountKeys) -> Self:
        """Show a destination."""
        return cls(
            id=strawberry.ID(ids.encode(ids.Prefix.DESTINATION, row.destination_id)),
            row=row,
            channel=Channel(row.channel),
            to=shown_address(row.address(keys).to),
            kinds=None if row.kinds is None else [kind for name in row.kinds if (kind := kind_of(name)) is not None],
            is_paused=row.is_paused,
            failing_since=row.failing_since,
            reason=row.reason,
            arrived_at=row.arrived_at,
            created_at=row.created_at,
        )

    @strawberry.field(description="What was and is sent there, newest first.")
    async def deliveries(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Delivery]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_deliveries(info, self.row.destination_id, asked, Delivery.of)


def kind_of(name: str) -> EventKind | None:
    """Find a kind by the name that is stored; None for one of a newer Holdfast."""
    return next((each for each in EventKind if stored(each) == name), None)


def stored(kind: EventKind) -> Stored:
    """Return the kind as the store has it."""
    return Stored(str(kind.value))


def shown_address(to: str) -> str:
    """Show where, without what a URL carries in its query."""
    if "://" not in to:
        return to
    return urlunsplit(urlsplit(to)._replace(query="", fragment=""))


OfEventKind = Annotated[EventKind | None, strawberry.argument(description="Only events of this kind.")]
