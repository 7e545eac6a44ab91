"""Fixtures: a world that needs no server, with one board that has everything."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.trello.sandbox import ManualClock, World, generate
from connectors.trello.sandbox.actions import Actor
from tests.contract.trello.rich import Rich


@dataclass
class Stage:
    """A world, the board under test, and what the listeners heard."""

    world: World
    clock: ManualClock
    rich: Rich
    actor: Actor
    heard: list[dict[str, Any]] = field(default_factory=list)

    def listed(self) -> list[str]:
        """The types of every listed action about the board or its card, or by the actor."""
        concerns = (self.rich.board["id"], self.rich.card["id"], self.rich.me["id"])
        return [action["type"] for concern in concerns for action in self.world.journals[concern]]

    def dates(self) -> tuple[str, str]:
        return self.rich.card["dateLastActivity"], self.rich.board["dateLastActivity"]


@pytest.fixture
def stage() -> Stage:
    clock = ManualClock(datetime(2026, 9, 1, 12, tzinfo=UTC))
    world = generate("tiny", clock=clock)
    owner = next(iter(world.members))
    stage = Stage(world=world, clock=clock, rich=Rich.build(world, owner), actor=Actor(member=owner))
    world.listeners.append(stage.heard.append)
    clock.advance(60)
    return stage
