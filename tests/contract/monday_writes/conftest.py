"""A stand-in for monday.com on loopback, and the writer before it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from connectors.monday.sandbox import Sample, Sandbox, World, generate
from connectors.monday.sandbox.changes import boards
from connectors.monday.sandbox.objects import Board
from connectors.monday.split import bare_id, is_space, space_id
from store.record import WorkspaceId
from tests.contract.monday.conftest import named
from tests.contract.monday_reader.conftest import Monday, connected


@dataclass(slots=True)
class Writable(Monday):
    """A connector and the stand-in it writes to."""

    to_copy: WorkspaceId = field(default_factory=lambda: WorkspaceId(""))
    beside: tuple[WorkspaceId, ...] = ()

    def lose(self, workspace_id: WorkspaceId) -> None:
        with self.sandbox.editing() as world:
            found = int(bare_id(workspace_id))
            if is_space(workspace_id):
                boards.delete_workspace(world, self.sandbox.owner, found)
            elif world.boards[found].state != "deleted":
                boards.delete(world, self.sandbox.owner, world.boards[found])
                if workspace_id == self.to_copy:
                    # A tag that is on nothing any more is soon cleared away, too.
                    world.tags.pop(next(iter(world.tags)))


@pytest.fixture
def world() -> World:
    return generate(Sample(items_each=10, large_file_bytes=40_000))


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def full_board(world: World) -> Board:
    """The board that has everything."""
    return named(world, "Green coffee")


@pytest.fixture
async def monday(sandbox: Sandbox, full_board: Board) -> AsyncIterator[Writable]:
    made = connected(sandbox)
    roastery = next(each for each in sandbox.world.workspaces.values() if each.name == "Roastery")
    yield Writable(
        made.sandbox, made.connector, made.slept, WorkspaceId(str(full_board.id)), (space_id(str(roastery.id)),)
    )
    await made.connector.aclose()


@pytest.fixture
def case(monday: Writable) -> Writable:
    return monday
