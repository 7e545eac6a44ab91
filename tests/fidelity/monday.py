"""monday.com's cases: a made-up workspace, and a board of 10,000 items with subitems, files and relations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.monday.sandbox import RateLimits, Sample, Sandbox, World, generate
from connectors.monday.sandbox.changes import boards
from connectors.monday.spec import TOKEN
from connectors.monday.split import bare_id, is_space, space_id
from store.record import WorkspaceId
from tests.fidelity.case import Case

_GENEROUS = RateLimits(enforced=False, complexity_minute=10**10, minute=10**6, daily=10**7, concurrency=1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A stand-in for monday.com that runs."""

    sandbox: Sandbox
    workspaces: Sequence[WorkspaceId]
    method: str = TOKEN

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"monday_url": self.sandbox.url}

    @property
    def subject(self) -> str:
        return str(self.sandbox.owner.id)

    @property
    def credentials(self) -> Mapping[str, str]:
        return {TOKEN: self.sandbox.token}

    def lose(self) -> None:
        with self.sandbox.editing() as world:
            for workspace_id in self.workspaces:
                found = int(bare_id(workspace_id))
                if is_space(workspace_id):
                    boards.delete_workspace(world, self.sandbox.owner, found)
                elif world.boards[found].state != "deleted":
                    boards.delete(world, self.sandbox.owner, world.boards[found])


@contextmanager
def _standing(make: Callable[[], World], wanted: Callable[[World], Sequence[WorkspaceId]]) -> Iterator[Standing]:
    world = make()
    with Sandbox(world, limits=_GENEROUS) as sandbox:
        yield Standing(sandbox=sandbox, workspaces=wanted(world))


def _roastery(world: World) -> Sequence[WorkspaceId]:
    """A workspace with its folders and documents, and all boards in it."""
    (space,) = (each for each in world.workspaces.values() if each.name == "Roastery")
    inside = [each for each in world.boards.values() if each.workspace_id == space.id]
    seen = [each for each in inside if each.type == "board" and each.state == "active"]
    return (space_id(str(space.id)), *(WorkspaceId(str(board.id)) for board in seen))


def _long_board(world: World) -> Sequence[WorkspaceId]:
    return [WorkspaceId(str(board.id)) for board in world.boards.values() if board.name == "Every bag"]


CASES = (
    Case(
        app="monday",
        title="a made-up workspace with some of every kind",
        open=partial(_standing, partial(generate, Sample(items_each=24)), _roastery),
    ),
    Case(
        app="monday",
        title="a board of 10,000 items, with subitems, files and relations",
        open=partial(_standing, partial(generate, "big"), _long_board),
    ),
)
