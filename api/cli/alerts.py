"""`holdfast alerts`: who is told what happens, by mail or webhook."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer

from api.cli.exits import CommandError, Exit
from api.cli.options import AccountName, JsonFlag
from api.cli.output import add_rows, emit_json, err, out, table
from api.cli.session import Session, in_session
from api.types.event import shown_address
from store import deliveries, destinations, events
from store.database import Connection
from store.deliveries import DeliveryId
from store.destinations import Channel, Destination, DestinationId
from store.events import EVENTS, EventKind
from store.keys import AccountKeys
from store.record import JsonObject
from workers import telling
from workers.settings import variable
from workers.wording import headline

app = typer.Typer(help="Who is told what happens, by mail or webhook.", no_args_is_help=True)

_Change = Callable[[Connection, Destination], Awaitable[object]]
_Id = Annotated[UUID, typer.Argument(help="Its id, from `holdfast alerts list`.")]
_Kinds = Annotated[
    list[EventKind] | None,
    typer.Option("--kind", "-k", help="Only these events; may be repeated. All alerts when left out."),
]


@app.command()
def add(
    to: Annotated[str, typer.Argument(help="An e-mail address, or the https URL of a webhook.")],
    *,
    kind: _Kinds = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Tell somebody what happens. A webhook's signing secret is printed, once."""
    channel = Channel.WEBHOOK if "://" in to else Channel.EMAIL

    async def work(session: Session) -> JsonObject:
        settings = session.runtime.settings
        if channel is Channel.EMAIL and settings.mail_server is None:
            raise CommandError(f"there is no mail server: set {variable('smtp_url')}", Exit.USAGE)
        keys = (await session.repository()).keys
        async with session.runtime.database.account(session.account_id) as connection:
            row, secret = await telling.add(
                connection,
                keys,
                session.account_id,
                to,
                channel=channel,
                kinds=kind,
                allow_private=settings.allow_private_addresses,
            )
        return {**_described(row, keys), "secret": secret}

    made = in_session(work, account=account)
    if json:
        emit_json(made)
        return
    out.print(f"{made['to']} is told from now on. Try it: holdfast alerts test {made['destination_id']}", markup=False)
    if made["secret"] is not None:
        err.print("[dim]What its requests are signed with; this is the only time it is shown:")
        out.print(made["secret"], soft_wrap=True, markup=False)


@app.command("list")
def list_destinations(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """List who is told."""

    async def work(session: Session) -> list[JsonObject]:
        keys = (await session.repository()).keys
        async with session.runtime.database.account(session.account_id) as connection:
            return [_described(row, keys) for row in await destinations.of_account(connection, session.account_id)]

    listed = in_session(work, account=account)
    if json:
        emit_json(listed)
        return
    rows = [
        (
            each["destination_id"],
            each["to"],
            "paused" if each["is_paused"] else each["reason"] or "works",
            ", ".join(each["kinds"]) if each["kinds"] is not None else "all alerts",
            each["arrived_at"],
        )
        for each in listed
    ]
    out.print(add_rows(table("destination", "to", "state", "events", "last arrived"), rows))


@app.command()
def kinds() -> None:
    """List the events there are."""
    rows = [(kind.value, spec.description, "alert" if spec.is_alert else "") for kind, spec in EVENTS.items()]
    out.print(add_rows(table("event", "what happened", ""), rows))


@app.command("test")
def send_test(destination_id: _Id, *, account: AccountName = None) -> None:
    """Send one destination a test, at once. A running worker delivers it."""
    _change(destination_id, telling.test, account, "It is on its way: see holdfast alerts deliveries.")


@app.command()
def pause(destination_id: _Id, *, account: AccountName = None) -> None:
    """Tell one nothing for now."""
    _change(destination_id, _set_paused(is_paused=True), account, "Paused.")


@app.command()
def resume(destination_id: _Id, *, account: AccountName = None) -> None:
    """Tell one that was paused what happens from now on, and what waited for it."""
    _change(destination_id, _set_paused(is_paused=False), account, "Resumed.")


@app.command()
def remove(destination_id: _Id, *, account: AccountName = None) -> None:
    """Tell one no more."""
    _change(
        destination_id,
        lambda connection, row: destinations.remove(connection, row.account_id, row.destination_id),
        account,
        "Removed.",
    )


@app.command("deliveries")
def list_deliveries(
    destination_id: _Id,
    *,
    most: Annotated[int, typer.Option("--most", min=1, max=1000, help="How many to list.")] = 20,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """List what was and is sent to one, newest first."""

    async def work(session: Session) -> list[JsonObject]:
        async with session.runtime.database.account(session.account_id) as connection:
            listed = await deliveries.page(connection, session.account_id, DestinationId(destination_id), limit=most)
            told = await events.some(connection, session.account_id, [each.event_id for each in listed])
        return [
            {
                "delivery_id": each.delivery_id,
                "kind": told[each.event_id].kind,
                "headline": headline(told[each.event_id]),
                "status": each.status.value,
                "attempts": each.attempts,
                "reason": each.reason,
                "created_at": each.created_at,
                "delivered_at": each.delivered_at,
            }
            for each in listed
        ]

    listed = in_session(work, account=account)
    if json:
        emit_json(listed)
        return
    columns = ("delivery_id", "headline", "status", "attempts", "created_at", "delivered_at", "reason")
    made = table("delivery", "event", "state", "attempts#", "happened", "arrived", "what went wrong")
    out.print(add_rows(made, [tuple(each[column] for column in columns) for each in listed]))


@app.command()
def again(
    delivery_id: Annotated[UUID, typer.Argument(help="Its id, from `holdfast alerts deliveries`.")],
    *,
    account: AccountName = None,
) -> None:
    """Send one event to its destination once more."""

    async def work(session: Session) -> None:
        async with session.runtime.database.account(session.account_id) as connection:
            await deliveries.send_again(connection, session.account_id, DeliveryId(delivery_id))

    in_session(work, account=account)
    out.print("It is on its way.")


def _change(destination_id: UUID, change: _Change, account: str | None, done: str) -> None:
    async def work(session: Session) -> None:
        async with session.runtime.database.account(session.account_id) as connection:
            row = await destinations.get(connection, session.account_id, DestinationId(destination_id))
            await change(connection, row)

    in_session(work, account=account)
    out.print(done)


def _set_paused(*, is_paused: bool) -> _Change:
    return lambda connection, row: destinations.update(
        connection, row.account_id, row.destination_id, kinds=row.kinds, is_paused=is_paused
    )


def _described(row: Destination, keys: AccountKeys) -> JsonObject:
    return {
        "destination_id": row.destination_id,
        "channel": row.channel.value,
        "to": shown_address(row.address(keys).to),
        "kinds": row.kinds,
        "is_paused": row.is_paused,
        "failing_since": row.failing_since,
        "reason": row.reason,
        "arrived_at": row.arrived_at,
    }
