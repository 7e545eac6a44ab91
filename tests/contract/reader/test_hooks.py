"""Trello keeps the contract of apps that call."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from connectors.base import Grant
from connectors.errors import BadReply
from connectors.hooks import Delivery, Hooks
from connectors.trello.connector import TrelloConnector
from connectors.trello.hooks import SIGNATURE, signature
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import lists
from connectors.trello.spec import OAUTH2
from store.record import WorkspaceId
from tests.contract.hooks import HooksContract
from tests.contract.reader.conftest import Trello
from tests.contract.trello.listener import Listener


@dataclass
class TrelloCaller:
    trello: Trello
    listener: Listener
    renamed: int = 0
    taken: int = 0
    signs_content: bool = True

    @staticmethod
    def offline():
        grant = Grant(grant_id="g", method="key_token", credentials={"key": "k", "token": "t", "secret": "s"})

        def sign(body: bytes) -> Delivery:
            bare = Delivery(url="https://holdfast.test/hooks/trello/x", headers={}, body=body)
            return replace(bare, headers={SIGNATURE: signature("s", bare).decode()})

        return TrelloConnector().hooks, grant, sign

    @property
    def hooks(self) -> Hooks:
        return self.trello.connector.hooks

    @property
    def grant(self) -> Grant:
        deaf = self.deaf_grant
        return replace(deaf, credentials={**deaf.credentials, "secret": self.trello.sandbox.app.secret})

    @property
    def deaf_grant(self) -> Grant:
        return self.trello.grant()

    @property
    def workspace_id(self) -> WorkspaceId:
        return WorkspaceId(next(iter(self.trello.world.boards))["id"])

    @property
    def url(self) -> str:
        return f"{self.listener.url}/hooks/trello/secret"

    def change(self) -> None:
        self.renamed += 1
        with self.trello.sandbox.editing() as world:
            found = world.lists.of(self.workspace_id)[0]
            lists.update(world, Actor(member=self.trello.sandbox.owner), found, {"name": f"name {self.renamed}"})

    def calls(self) -> list[Delivery]:
        self.trello.sandbox.services.webhooks.flush()
        new, self.taken = self.listener.posts[self.taken :], len(self.listener.posts)
        return [Delivery(url=self.url, headers=heard.headers, body=heard.body) for heard in new]


@pytest.fixture
def caller(trello: Trello) -> Iterator[TrelloCaller]:
    with Listener(only="/hooks/trello/secret") as listener:
        yield TrelloCaller(trello, listener)


@pytest.fixture(scope="module")
def caller_class() -> type[TrelloCaller]:
    return TrelloCaller


class TestTrelloHooks(HooksContract):
    pass


def test_an_oauth_grant_is_not_known_to_sign(caller: TrelloCaller):
    assert not caller.hooks.serves(replace(caller.grant, method=OAUTH2))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"{}", b'{"action":1}', b'{"action":{"id":"a"}}', b'{"action":{"id":1,"data":{}}}']
)
def test_what_is_signed_and_no_action_is_a_bad_reply(body: bytes):
    hooks, grant, sign = TrelloCaller.offline()

    with pytest.raises(BadReply):
        hooks.hear(sign(body), grant)


def test_an_action_that_names_nothing_is_heard():
    hooks, grant, sign = TrelloCaller.offline()

    for data in ("{}", "null", '{"board":{"id":1},"organization":"x"}'):
        told = hooks.hear(sign(b'{"action":{"id":"a","data":%s}}' % data.encode()), grant)
        assert ("a", frozenset()) == (told.delivery_id, told.workspace_ids)


def test_real_deliveries_name_their_board(shared: Path):
    hooks, grant, sign = TrelloCaller.offline()
    samples = sorted((shared / "real" / "trello" / "webhook-samples").glob("WebhookEvents_*.json"))
    told = [hooks.hear(sign(sample.read_text("utf-8-sig").encode()), grant) for sample in samples]

    assert len(samples) > 20
    assert {1} == {len(each.workspace_ids) for each in told}
