"""A stand-in for Trello on loopback, and the writer before it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from connectors.trello.sandbox import Sample, Sandbox, World, edit, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards
from store.record import WorkspaceId
from tests.contract.reader.conftest import Trello, connected


@dataclass(slots=True)
class Writable(Trello):
    """A connector and the stand-in it writes to."""

    to_copy: WorkspaceId = field(default_factory=lambda: WorkspaceId(""))
    beside: tuple[WorkspaceId, ...] = ()

    def lose(self, workspace_id: WorkspaceId) -> None:
        with self.sandbox.editing() as world:
            boards.delete(world, world.boards.get(workspace_id))

    def edit(self) -> None:
        with self.sandbox.editing() as world:
            edit(world, self.sandbox.owner)

    @property
    def actor(self) -> Actor:
        return Actor(member=self.sandbox.owner)


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=1, cards_each=18, large_file_bytes=50_000, plain_boards=1, plain_cards=2))


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
async def trello(sandbox: Sandbox) -> AsyncIterator[Writable]:
    made = connected(sandbox)
    board = next(iter(sandbox.world.boards))
    yield Writable(made.sandbox, made.connector, made.slept, WorkspaceId(board["id"]))
    await made.connector.aclose()


@pytest.fixture
def case(trello: Writable) -> Writable:
    return trello
