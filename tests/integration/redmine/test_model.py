"""The model: ten cycles of anything that people do, and every record as of every snapshot is what the server had."""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.redmine.connector import RedmineConnector
from store.database import Database
from store.record import WorkspaceId
from tests.integration.redmine.changes import Changes
from tests.integration.redmine.conftest import connected
from tests.integration.redmine.engine import Engine, Held, Key, running
from tests.integration.redmine.oracle import Oracle, World
from tests.integration.redmine.shape import authors_of, shape_of

SEED = int(os.environ.get("HOLDFAST_TEST_SEED", "20261126"))
CYCLES = int(os.environ.get("HOLDFAST_TEST_CYCLES", "10"))
CHANGES = 40
_ADMIN = 1
PROJECTS, ISSUES = (
    int(os.environ.get("HOLDFAST_TEST_PROJECTS", "5")),
    int(os.environ.get("HOLDFAST_TEST_ISSUES", "500")),
)


@dataclass(slots=True)
class Model:
    """What a backup ought to hold, cycle by cycle.

    What no listing shows is held as it was when what it belongs to was last read by itself.
    """

    snapshots: list[dict[Key, Held]] = field(default_factory=list)
    before: World = field(default_factory=World)
    quiet: dict[Key, tuple[str, str]] = field(default_factory=dict)

    def take(self, world: World, whole: set[str]) -> None:
        """Note what there is; `whole`: projects that this cycle read in full."""
        read = {
            owner
            for owner, listed in world.listed.items()
            if self.before.listed.get(owner) != listed or _place(world, owner) in whole
        }
        held = self.snapshots[-1] if self.snapshots else {}
        living = world.listed.keys() - read
        expected = {key: found for key, found in world.records.items() if world.quiet.get(key) not in living}
        expected |= {key: found for key, found in held.items() if self.quiet.get(key) in living}
        self.quiet |= world.quiet
        self.snapshots.append(expected)
        self.before = world


def _place(world: World, owner: tuple[str, str]) -> str:
    return next(workspace for workspace, *named in world.records if tuple(named) == owner)


@pytest.fixture
async def connector() -> AsyncIterator[RedmineConnector]:
    made = connected()
    yield made
    await made.aclose()


@pytest.fixture
async def engine(
    database: Database, database_url: str, tmp_path: Path, real, connector: RedmineConnector
) -> AsyncIterator[Engine]:
    real.clear()
    async with running(database, database_url, tmp_path, real, connector) as made:
        yield made


async def cycle(engine: Engine, oracle: Oracle, model: Model, *, full: bool = False) -> None:
    real = oracle.server
    real.next_second()
    world = oracle.look()
    done = await engine.back_up(full=full)
    assert [] == done.warnings
    judged = await engine.ledger()
    model.take(world, {workspace_id for workspace_id, entry in judged.items() if entry["read"] == "full"})
    real.next_second()


async def test_every_record_as_of_every_snapshot_is_what_the_server_had(engine: Engine, real):
    changes, oracle, model = Changes(real, random.Random(SEED)), Oracle(real), Model()
    changes.fill(projects=PROJECTS, issues=ISSUES)
    await cycle(engine, oracle, model)
    for number in range(1, CYCLES + 1):
        changes.change(CHANGES, share=(number, CYCLES))
        if number == 4:
            real.delete(f"/projects/{changes.rows('select max(id) from projects')[0]}.json")
        await cycle(engine, oracle, model, full=number == 7)

    never = {action.__name__ for action in changes.actions()} - changes.done.keys()
    assert set() == never
    for seq, expected in enumerate(model.snapshots, 1):
        assert {} == difference(expected, await engine.records(seq)), f"seed {SEED}, snapshot {seq}"
    assert CYCLES + 1 == len(model.snapshots)
    await lose_and_restore(engine, oracle, World(records=model.snapshots[-1]), seq=CYCLES + 1)


async def lose_and_restore(engine: Engine, oracle: Oracle, before: World, *, seq: int) -> None:
    """Delete the biggest project that has none inside, and put it back as it was held.

    That is not quite what the server had: who watches, for one, may have changed unlisted since it was last read.
    """
    outer = {parent[1] for key, (_, parent) in before.records.items() if key[1] == "project" and parent}
    counted = Counter(key[0] for key in before.records if key[0] and key[0] not in outer)
    lost = WorkspaceId(counted.most_common(1)[0][0])
    members = {
        content["user"]["id"]
        for key, (content, _) in before.records.items()
        if key[:2] == (lost, "membership") and "user" in content
    }
    oracle.server.delete(f"/projects/{lost.partition('@')[0]}.json")
    plan, done = await engine.restore(engine.asked(lost, seq))

    assert {} == await engine.bad(plan), f"seed {SEED}"
    assert done.result is not None
    taken = taken_from(before, lost, members, await engine.lost(plan))
    after, new = oracle.look(), done.result["workspaces"][lost]
    assert [] == unlike(shape_of(taken, lost), shape_of(after, new)), f"seed {SEED}"
    pairs = zip(authors_of(before, lost), authors_of(after, new), strict=True)
    assert [] == [(was, now) for was, now in pairs if was != now and was in members]


def taken_from(world: World, place: str, members: set[int], lost: Mapping[tuple[str, str], set[str]]) -> World:
    """Say what a project comes back as: nothing is assigned to, and no time logged for, who had left it.

    Those and no others may be lost. An issue's author may be assigned it all the same, if allowed to write there.
    """
    records = dict(world.records)
    for key, (content, parent) in world.records.items():
        name = {"issue": "assigned_to", "time_entry": "user"}.get(key[1]) if key[0] == place else None
        person = content[name]["id"] if name is not None and content.get(name) else None
        if name is None or person is None:
            continue
        is_lost, is_member = name in lost.get(key[1:], ()), person in members or person == _ADMIN
        is_author = name == "assigned_to" and person == content["author"]["id"]
        assert is_lost <= (not is_member), f"seed {SEED}: {key} lost {name}, who is a member"
        assert is_lost or is_member or is_author, f"seed {SEED}: {key} kept {name}, who had left"
        if is_lost:
            others = {field: value for field, value in content.items() if field != name}
            records[key] = (others | ({"user": {"id": _ADMIN}} if name == "user" else {}), parent)
    return replace(world, records=records)


def unlike(expected: Any, found: Any, where: str = "") -> list[tuple[str, Any, Any]]:
    """Name the first places where two values differ, with what stands there."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = sorted(expected.keys() | found.keys())
        parts = [unlike(expected.get(name), found.get(name), f"{where}.{name}") for name in names]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        parts = [unlike(one, other, f"{where}[{place}]") for place, (one, other) in pairs]
    else:
        return [] if expected == found else [(where, expected, found)]
    return [difference for part in parts for difference in part][:9]


def difference(expected: dict[Key, Held], found: dict[Key, Held]) -> dict[Key, tuple[Held | None, Held | None]]:
    """Say what is not as expected, in a form that can be read."""
    keys = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    return {key: (expected.get(key), found.get(key)) for key in sorted(keys)[:5]}
