"""Lanes: writes into one workspace go one after the other, and workspaces side by side, within what the app allows."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from connectors.writing import Change, Creation, Made, Writer
from tests.contract.round_trip import carry_out, hold, situation_of
from tests.unit.workers.restoring.toy import ROOM, Toy, furnished
from workers.restoring.plan import Mode


@dataclass
class Meeting:
    """A writer whose first calls wait until as many are under way as may be; counts what is under way."""

    inner: Writer
    party: int
    under_way: Counter[str] = field(default_factory=Counter)
    most_of_one: int = 0
    most: int = 0
    met: asyncio.Event = field(default_factory=asyncio.Event)

    async def create(self, creation: Creation) -> Made:
        return await self._met(str(creation.workspace_id or creation.key), self.inner.create(creation))

    async def update(self, change: Change) -> Made:
        return await self._met(str(change.workspace_id), self.inner.update(change))

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def _met(self, lane: str, call) -> Made:
        self.under_way[lane] += 1
        self.most_of_one = max(self.most_of_one, self.under_way[lane])
        self.most = max(self.most, self.under_way.total())
        if self.under_way.total() == self.party:
            self.met.set()
        await self.met.wait()
        # Others get their turn, so that whoever does not wait for this one is seen.
        await asyncio.sleep(0)
        made = await call
        self.under_way[lane] -= 1
        return made


@pytest.fixture
def toy() -> Toy:
    made = furnished()
    for name in ("Loft", "Cellar"):
        room = made.add(ROOM, None, None, {"name": name})
        made.to_copy = made.to_copy or room.workspace_id
    return made


@pytest.mark.parametrize("lanes", [1, 2, 3])
async def test_as_many_workspaces_as_may_be_are_written_side_by_side_and_each_in_order(toy, lanes):
    toy.writing = replace(toy.writing, lanes=lanes)
    held = await hold(toy)
    rooms = {record.workspace_id for record in held.records.values() if record.kind == ROOM}
    for room in rooms:
        toy.lose(room)
    situation = await situation_of(toy, held, frozenset(held.within(*rooms)), Mode.COPY)
    writers: list[Meeting] = []

    def wrap(writer: Writer) -> Writer:
        writers.append(Meeting(inner=writer, party=lanes))
        return writers[-1]

    restored = await carry_out(toy, held, situation, wrap=wrap)

    assert len(rooms) > lanes
    assert (1, lanes) == (writers[0].most_of_one, writers[0].most)
    assert {"failed": 0, "wrong": 0} == {
        name: sum(found.result == name for found in restored.findings.values()) for name in ("failed", "wrong")
    }
