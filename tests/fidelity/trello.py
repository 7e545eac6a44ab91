"""Trello's cases: made-up workspaces, and real boards that their owners published, where they are there."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from connectors.trello.sandbox import RateLimits, Sample, Sandbox, World, generate
from connectors.trello.sandbox.changes import boards
from connectors.trello.sandbox.export import load_export
from store.record import WorkspaceId
from tests.fidelity.case import Case

_GENEROUS = RateLimits(enforced=False, key_max=1_000_000, token_max=1_000_000, member_max=1_000_000)
_REAL = {
    "board-fda-food-recalls-2015": "a real board of 2015: 69 cards",
    "board-hermes-2014": "a real board of 2014: 55 cards",
    "board-project100-customfields-2021": "a real board of 2021, with custom fields",
    "board-tekken-notes-2025-checklists": "a real board of 2025, with checklists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A stand-in for Trello that runs."""

    sandbox: Sandbox
    workspaces: Sequence[WorkspaceId]
    method: str = "key_token"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"trello_url": self.sandbox.url}

    @property
    def subject(self) -> str:
        return str(self.sandbox.owner["id"])

    @property
    def credentials(self) -> Mapping[str, str]:
        return {"key": self.sandbox.key, "token": self.sandbox.token}

    def lose(self) -> None:
        with self.sandbox.editing() as world:
            for workspace_id in self.workspaces:
                boards.delete(world, world.boards.get(workspace_id))


@contextmanager
def _standing(make: Callable[[], World]) -> Iterator[Standing]:
    world = make()
    with Sandbox(world, limits=_GENEROUS) as sandbox:
        mine = [board for board in world.boards if _is_admin(board, sandbox.owner)]
        if not mine:
            (board,) = world.boards
            admin = next(found["idMember"] for found in board["memberships"] if found["memberType"] == "admin")
            sandbox.owner, mine = world.members.get(admin), [board]
        yield Standing(sandbox=sandbox, workspaces=[WorkspaceId(board["id"]) for board in mine])


def _is_admin(board: dict[str, Any], member: dict[str, Any]) -> bool:
    return any(found["idMember"] == member["id"] and found["memberType"] == "admin" for found in board["memberships"])


def _exported(path: Path) -> World:
    world = World()
    load_export(world, path)
    return world


def _real(folder: Path, name: str) -> Case:
    path = folder / f"{name}.json"
    opened: Callable[[], AbstractContextManager[Standing]] = partial(_standing, partial(_exported, path))
    return Case(app="trello", title=_REAL[name], open=opened, needs=path)


def _made_up(title: str, sample: Sample) -> Case:
    return Case(app="trello", title=title, open=partial(_standing, partial(generate, sample)))


def _shared() -> Path:
    """Where real exports are, if they are: beside the repository, or where a variable says."""
    configured = os.environ.get("HOLDFAST_SHARED")
    here = Path(__file__).resolve()
    candidates = [Path(configured)] if configured else [folder / "shared" for folder in here.parents[2:]]
    return next((found for found in candidates if (found / "real").is_dir()), here.parent / "none")


CASES = (
    _made_up("three made-up boards with some of every kind", Sample(named_boards=3, cards_each=24)),
    _made_up("two plain made-up boards", Sample(named_boards=0, plain_boards=2, plain_cards=12)),
    *(_real(_shared() / "real" / "trello", name) for name in _REAL),
)
