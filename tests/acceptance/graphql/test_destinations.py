"""Destinations over GraphQL: who is told what, what became of it, and what is wrong with an address."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from api import ids
from api.app import create_app
from api.context import Services
from api.types.event import EventKind
from store import deliveries, events
from store.deliveries import DeliveryId
from store.events import EventKind as Stored
from store.members import Role
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World

CREATE = """mutation ($input: DestinationCreateInput!) { destinationCreate(input: $input) {
    destination { id channel to kinds isPaused } secret userErrors { field code message } } }"""
UPDATE = """mutation ($input: DestinationUpdateInput!) { destinationUpdate(input: $input) {
    destination { kinds isPaused } secret userErrors { field code } } }"""
LIST = """{ destinations { id channel to kinds isPaused reason failingSince arrivedAt
    deliveries(first: 10) { totalCount nodes { id status attempts reason event { kind headline data } } } } }"""
URL = "https://example.org/hook?secret=1"


@pytest.fixture
async def app(services: Services):
    made = create_app(replace(services, sends_mail=True))
    async with made.router.lifespan_context(made):
        yield made


async def create(client: Client, **given: Any) -> dict[str, Any]:
    return (await client.ask(CREATE, {"input": {"to": {"webhook": URL}} | given}))["destinationCreate"]


async def happen(world: World, acme: Holder, kind: Stored = Stored.BACKUP_FAILED) -> None:
    async with world.database.account(acme.account_id) as connection:
        data = {"connection": {"name": "Desk"}}
        await events.put(connection, account_id=acme.account_id, kind=kind, key=str(kind), data=data)


async def test_somebody_is_told_and_the_secret_is_shown_once(client: Client, world: World, acme: Holder):
    made = await create(client, kinds=["BACKUP_FAILED", "BACKUP_DRIFT"])
    mail = await create(client, to={"email": "ada@example.org"})
    await happen(world, acme)
    await happen(world, acme, Stored.VERIFICATION_FAULT)
    webhook, address = (await client.ask(LIST))["destinations"]

    assert made["secret"].startswith("whsec_")
    assert mail["secret"] is None
    assert made["secret"] not in str(webhook)
    assert ("WEBHOOK", "https://example.org/hook", ["BACKUP_DRIFT", "BACKUP_FAILED"]) == tuple(
        webhook[name] for name in ("channel", "to", "kinds")
    )
    assert ("EMAIL", "ada@example.org", None) == tuple(address[name] for name in ("channel", "to", "kinds"))
    (told,) = webhook["deliveries"]["nodes"]
    assert ("WAITING", "BACKUP_FAILED", "The backup of Desk failed") == (
        told["status"],
        told["event"]["kind"],
        told["event"]["headline"],
    )
    assert 2 == address["deliveries"]["totalCount"]


@pytest.mark.parametrize(
    ("to", "field", "code"),
    [
        ({"webhook": "http://example.org"}, "webhook", "INVALID_ADDRESS"),
        ({"webhook": "https://127.0.0.1/x"}, "webhook", "INVALID_ADDRESS"),
        ({"webhook": "https://user:hunter2@example.org/"}, "webhook", "INVALID_ADDRESS"),
        ({"webhook": ""}, "webhook", "INVALID_ADDRESS"),
        ({"email": "nobody"}, "email", "INVALID_ADDRESS"),
        ({"email": "a@b\r\nBcc: c@d"}, "email", "INVALID_ADDRESS"),
    ],
)
async def test_what_is_no_address_is_said_so(client: Client, to, field, code):
    payload = await create(client, to=to)

    assert [(["input", "to", field], code)] == [(each["field"], each["code"]) for each in payload["userErrors"]]
    assert "hunter2" not in str(payload)
    assert [] == (await client.ask("{ destinations { id } }"))["destinations"]


async def test_without_a_mail_server_nobody_is_told_by_mail(services: Services, acme: Holder):
    bare = create_app(services)
    async with bare.router.lifespan_context(bare), client_of(bare, acme.token) as client:
        payload = await create(client, to={"email": "ada@example.org"})

    assert ["NO_MAIL_SERVER"] == [each["code"] for each in payload["userErrors"]]


async def test_a_destination_is_changed_paused_and_signed_anew(client: Client):
    made = await create(client)

    async def update(**given: Any) -> dict[str, Any]:
        return (await client.ask(UPDATE, {"input": {"id": made["destination"]["id"]} | given}))["destinationUpdate"]

    assert {"kinds": ["TEST"], "isPaused": False} == (await update(kinds=["TEST"]))["destination"]
    assert {"kinds": ["TEST"], "isPaused": True} == (await update(isPaused=True))["destination"]
    assert {"kinds": None, "isPaused": True} == (await update(kinds=None))["destination"]
    renewed = await update(newSecret=True, isPaused=False)
    assert {"kinds": None, "isPaused": False} == renewed["destination"]
    assert renewed["secret"].startswith("whsec_")
    assert renewed["secret"] != made["secret"]
    mail = (await create(client, to={"email": "ada@example.org"}))["destination"]["id"]
    assert [{"field": ["input", "newSecret"], "code": "NOT_SIGNED"}] == (await update(id=mail, newSecret=True))[
        "userErrors"
    ]


async def test_a_test_goes_to_one_and_a_delivery_is_sent_again(client: Client, world: World, acme: Holder):
    made = await create(client, kinds=["BACKUP_DRIFT"])
    await create(client)
    query = """mutation ($id: ID!) { destinationTest(input: {id: $id}) { delivery { id status event { kind } } } }"""
    test = (await client.ask(query, {"id": made["destination"]["id"]}))["destinationTest"]["delivery"]
    delivery_id = DeliveryId(ids.decode(test["id"], ids.Prefix.DELIVERY))
    async with world.database.account(acme.account_id) as connection:
        await deliveries.given_up(connection, acme.account_id, [delivery_id], reason="no")
    failed = (
        await client.ask("query ($id: ID!) { node(id: $id) { ... on Delivery { status reason nextAt } } }", test)
    )["node"]
    query = "mutation ($id: ID!) { deliverySendAgain(input: {id: $id}) { delivery { status attempts reason } } }"
    again = (await client.ask(query, {"id": test["id"]}))["deliverySendAgain"]["delivery"]
    other = (await client.ask(LIST))["destinations"][1]

    assert ("WAITING", {"kind": "TEST"}) == (test["status"], test["event"])
    assert {"status": "FAILED", "reason": "no", "nextAt": None} == failed
    assert {"status": "WAITING", "attempts": 0, "reason": None} == again
    assert 0 == other["deliveries"]["totalCount"]


async def test_a_destination_is_removed(client: Client):
    made = await create(client)
    query = "mutation ($id: ID!) { destinationRemove(input: {id: $id}) { removedId userErrors { code } } }"
    first, second = [
        (await client.ask(query, {"id": made["destination"]["id"]}))["destinationRemove"] for _ in range(2)
    ]

    assert made["destination"]["id"] == first["removedId"]
    assert [{"code": "DESTINATION_NOT_FOUND"}] == second["userErrors"]


async def test_events_are_listed_newest_first_and_by_kind(client: Client, world: World, acme: Holder):
    for kind in (Stored.BACKUP_FAILED, Stored.BACKUP_DRIFT, Stored.VERIFICATION_FAULT):
        await happen(world, acme, kind)
    query = """query ($kind: EventKind) { events(first: 2, kind: $kind) {
        totalCount nodes { kind data } pageInfo { hasNextPage } } }"""
    page = (await client.ask(query))["events"]
    drift = (await client.ask(query, {"kind": "BACKUP_DRIFT"}))["events"]

    assert (3, ["VERIFICATION_FAULT", "BACKUP_DRIFT"], True) == (
        page["totalCount"],
        [each["kind"] for each in page["nodes"]],
        page["pageInfo"]["hasNextPage"],
    )
    assert [{"kind": "BACKUP_DRIFT", "data": {"connection": {"name": "Desk"}}}] == drift["nodes"]


@pytest.mark.parametrize(("role", "refused"), [(Role.OPERATOR, []), (Role.VIEWER, ["FORBIDDEN"])])
async def test_who_may_say_who_is_told(app: Starlette, acme: Holder, world: World, role, refused):
    async with client_of(app, await world.token(acme, role=role)) as other:
        assert refused == await other.codes(CREATE, {"input": {"to": {"webhook": URL}}})


def test_every_kind_of_event_can_be_asked_for():
    assert set(Stored) == {each.value for each in EventKind}
    assert {each.name for each in Stored} == {each.name for each in EventKind}
