"""monday.com keeps the contract of apps that call."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from connectors.base import Grant
from connectors.errors import BadReply, ConnectorError, Refused
from connectors.hooks import Challenge, Delivery, Forged, Hooks
from connectors.monday.connector import MondayConnector, MondaySettings
from connectors.monday.hooks import EVENTS
from connectors.monday.sandbox.changes import items, updates
from connectors.monday.spec import OAUTH2
from connectors.monday.split import space_id
from store.record import WorkspaceId
from tests.contract.hooks import HooksContract
from tests.contract.monday.conftest import named
from tests.contract.monday.listener import Listener
from tests.contract.monday_reader.conftest import Monday

ADDRESS = "https://holdfast.test/hooks/monday/x"


def jwt(secret: str, claims: dict, *, head: dict | None = None) -> str:
    def encoded(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    parts = [encoded(json.dumps(part).encode()) for part in (head or {"alg": "HS256", "typ": "JWT"}, claims)]
    made = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, encoded(made)])


@dataclass
class MondayCaller:
    monday: Monday
    listener: Listener
    access_token: str
    taken: int = 0
    said: int = 0
    signs_content: bool = False

    @staticmethod
    def offline():
        grant = Grant(grant_id="g", method=OAUTH2, credentials={"access_token": "t"})

        def sign(body: bytes) -> Delivery:
            return Delivery(url=ADDRESS, headers={"authorization": jwt("s", {"aud": ADDRESS, "exp": 1})}, body=body)

        return MondayConnector(MondaySettings(signing_secret="s")).hooks, grant, sign

    @property
    def hooks(self) -> Hooks:
        return self.monday.connector.hooks

    @property
    def grant(self) -> Grant:
        return Grant(grant_id="app", method=OAUTH2, credentials={"access_token": self.access_token})

    @property
    def deaf_grant(self) -> Grant:
        return self.monday.grant()

    @property
    def workspace_id(self) -> WorkspaceId:
        return WorkspaceId(str(named(self.monday.world, "Suppliers").id))

    @property
    def url(self) -> str:
        return f"{self.listener.url}/monday/secret"

    def change(self) -> None:
        self.said += 1
        with self.monday.sandbox.editing() as world:
            item = world.items[named(world, "Suppliers").item_ids[0]]
            updates.create(world, self.monday.sandbox.owner, item, f"<p>said {self.said}</p>")

    def calls(self) -> list[Delivery]:
        self.monday.sandbox.services.webhooks.flush()
        new, self.taken = self.listener.posts[self.taken :], len(self.listener.posts)
        return [Delivery(url=self.url, headers=headers, body=body) for headers, body in new]


@pytest.fixture
def caller(monday: Monday) -> Iterator[MondayCaller]:
    token = monday.sandbox.services.credentials.issue(monday.sandbox.owner, is_app=True)
    with Listener(only="/hooks/monday/secret") as listener:
        yield MondayCaller(monday, listener, token.secret)


@pytest.fixture(scope="module")
def caller_class() -> type[MondayCaller]:
    return MondayCaller


class TestMondayHooks(HooksContract):
    pass


async def test_what_leaves_no_trace_is_told_edited_and_deleted_updates(caller: MondayCaller):
    await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
    caller.change()
    caller.calls()
    world, owner = caller.monday.world, caller.monday.sandbox.owner
    with caller.monday.sandbox.editing():
        board = named(world, "Suppliers")
        said = world.messages[world.board_messages[board.id][-1]]
        updates.edit(world, owner, said, "<p>other</p>")
        updates.delete(world, owner, said)

    told = [caller.hooks.hear(call, caller.grant) for call in caller.calls()]

    assert [frozenset({caller.workspace_id})] * 2 == [each.workspace_ids for each in told]


async def test_what_is_said_on_a_subitem_names_the_board_of_the_item_above(caller: MondayCaller):
    await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
    caller.calls()
    world, owner = caller.monday.world, caller.monday.sandbox.owner
    with caller.monday.sandbox.editing():
        board = named(world, "Suppliers")
        step = items.create_subitem(world, owner, world.items[board.item_ids[0]], "Call them")
        updates.create(world, owner, step, "<p>called</p>")

    (told,) = (caller.hooks.hear(call, caller.grant) for call in caller.calls())

    assert {caller.workspace_id} == told.workspace_ids


async def test_a_workspace_is_called_about_by_its_boards_only(caller: MondayCaller):
    home = space_id("5")

    with pytest.raises(Refused):
        await caller.hooks.register(caller.grant, home, caller.url)
    assert [] == await caller.hooks.registered(caller.grant, [home])


async def test_a_registration_that_fails_on_the_way_leaves_nothing(caller: MondayCaller):
    caller.monday.sandbox.fail("refuse", match=f'"event":"{EVENTS[2]}"')

    with pytest.raises(ConnectorError):
        await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)

    assert not await caller.hooks.registered(caller.grant, [caller.workspace_id])


async def test_many_boards_are_asked_about_at_once_and_one_that_is_gone_is_no_fault(caller: MondayCaller):
    made = await caller.hooks.register(caller.grant, caller.workspace_id, caller.url)
    caller.monday.asked()
    ids = [caller.workspace_id, *(WorkspaceId(str(number)) for number in range(1, 40))]

    found = await caller.hooks.registered(caller.grant, ids)

    assert set(made) == {each.external_id for each in found}
    assert ["Webhooks"] * 2 == caller.monday.asked()


def test_a_challenge_is_given_back_and_nothing_with_it():
    hooks, grant, _ = MondayCaller.offline()

    found = hooks.hear(Delivery(url=ADDRESS, headers={}, body=b'{"challenge":"abc","more":1}'), grant)

    assert Challenge(body=b'{"challenge":"abc"}') == found


@pytest.mark.parametrize(
    "token",
    [
        jwt("other", {"aud": ADDRESS}),
        jwt("s", {"aud": "https://elsewhere.test/"}),
        jwt("s", {}),
        jwt("s", {"aud": ADDRESS}, head={"alg": "none"}),
        jwt("s", {"aud": ADDRESS}, head={"alg": "HS512"}),
        jwt("s", {"aud": ADDRESS}) + "x",
        jwt("s", {"aud": ADDRESS}).rpartition(".")[0] + ".",
        "a.b.c",
        "..",
    ],
)
def test_a_token_of_another_secret_address_or_method_is_forged(token):
    hooks, grant, _ = MondayCaller.offline()
    call = Delivery(url=ADDRESS, headers={"authorization": token}, body=b'{"event":{"triggerUuid":"u","boardId":1}}')

    with pytest.raises(Forged):
        hooks.hear(call, grant)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"{}", b'{"event":1}', b'{"event":{"triggerUuid":1}}', b'{"event":{}}']
)
def test_what_is_signed_and_no_event_is_a_bad_reply(body: bytes):
    hooks, grant, sign = MondayCaller.offline()

    with pytest.raises(BadReply):
        hooks.hear(sign(body), grant)


def test_without_a_signing_secret_nothing_is_listened_to():
    _, grant, sign = MondayCaller.offline()
    hooks = MondayConnector(MondaySettings()).hooks

    assert not hooks.serves(grant)
    with pytest.raises(Forged):
        hooks.hear(
            replace(sign(b'{"event":{"triggerUuid":"u"}}'), headers={"authorization": jwt("", {"aud": ADDRESS})}), grant
        )
