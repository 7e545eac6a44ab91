"""A sync that dies at any request, before it is sent or after it was answered, is gone on with: nothing twice."""

import logging
import os

import pytest

from connectors.call import Call, Reply
from connectors.google_drive.sandbox import World
from connectors.http import Http
from store.operations import OperationStatus
from tests.integration.workers.drive_bench import DriveBench, connected, drive_app, drive_bench
from tests.integration.workers.fake_app import FakeApp

STRIDE = 1 if os.environ.get("HOLDFAST_TEST_THOROUGH") else 7
"""`make drive-check` dies at every step; a quick run at some."""


class CrashError(Exception):
    """The worker is dead here: nothing that comes after is done."""


class Mortal:
    """Lets every request through until the worker's time has come."""

    def __init__(self, http: Http) -> None:
        self._request = http.request
        self.left: int | None = None
        self.seen = 0

    async def request(self, call: Call, **more) -> Reply:
        self._step()
        reply = await self._request(call, **more)
        self._step()
        return reply

    def _step(self) -> None:
        self.seen += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise CrashError


@pytest.fixture
def app() -> FakeApp:
    return FakeApp(
        boards={"board0": {f"card{n}": {"name": f"Card {n}"} for n in range(3)}},
        files={"card1": ("r1", b"a" * 1000), "card2": ("r1", bytes(range(256)) * 3000)},
    )


@pytest.fixture
async def copy(bench, monkeypatch):
    # So small that the larger file goes in three pieces, and the sheet in more than one request.
    monkeypatch.setattr("connectors.google_drive.upload.PIECE_BYTES", 262_144)
    monkeypatch.setattr("connectors.google_drive.upload.SMALL_BYTES", 100_000)
    monkeypatch.setattr("workers.drive_fill.MOST_CALL_BYTES", 300)
    logging.getLogger("workers.run").setLevel(logging.CRITICAL)
    async with drive_bench(bench) as made:
        yield made
    logging.getLogger("workers.run").setLevel(logging.NOTSET)


async def anew(copy: DriveBench) -> Mortal:
    """Give the account another, empty Drive, and return the life line of its client."""
    google = copy.google
    # People of another seed have other ids: this is somebody else's Drive.
    world = World(seed=len(copy.waits) + 2)
    copy.waits.append(0.0)
    google.world = google.oauth.world = google.api.world = world
    google.owner = world.person(google.owner.email)
    google.hand.__init__(world, google.owner)
    await copy.bench.runtime.drive.http.aclose()
    app = drive_app(google, copy.waits)
    copy.bench.runtime._drive = app
    mortal = Mortal(app.http)
    app.http.request = mortal.request
    await connected(copy.bench, google)
    return mortal


def change(app: FakeApp, *, back: bool) -> None:
    cards = app.boards["board0"]
    cards.pop("card0" if not back else "card00", None)
    cards["card00" if not back else "card0"] = {"name": "Card 00" if not back else "Card 0"}
    cards["card1"] = {"name": "Card 1" if back else "Changed", **({} if back else {"more": 1})}
    app.files["card2"] = ("r1", bytes(range(256)) * 3000) if back else ("r2", bytes(range(255)) * 3100)
    app.boards["board1"] = {} if back else {"x": {"name": "New"}}


async def assert_whole(copy: DriveBench, expected: dict, *, at: int) -> None:
    done = await copy.sync()
    assert [] == done.warnings, at
    found = copy.tree()
    assert expected.keys() == found.keys(), at
    for path, held in expected.items():
        assert held == found[path] or path.endswith("README.txt"), (at, path)
    await copy.sync()
    assert [] == copy.writes(), at


@pytest.mark.timeout(900)
async def test_a_crash_at_any_step_of_the_first_sync_resumes(copy: DriveBench):
    await copy.back_up()
    mortal = await anew(copy)
    await copy.sync()
    expected, steps = copy.tree(), mortal.seen
    for at in range(0, steps, STRIDE):
        mortal = await anew(copy)
        mortal.left = at
        assert OperationStatus.FAILED is (await copy.sync(ok=False)).status
        mortal.left = None
        await assert_whole(copy, expected, at=at)
    assert steps > 40


@pytest.mark.timeout(900)
async def test_a_crash_at_any_step_of_a_later_sync_resumes(copy: DriveBench):
    mortal = await anew(copy)
    await copy.back_up()
    await copy.sync()
    change(copy.bench.app, back=False)
    await copy.back_up()
    seen = mortal.seen
    await copy.sync()
    steps = mortal.seen - seen
    change(copy.bench.app, back=True)
    await copy.back_up()
    await copy.sync()
    first = copy.tree()
    assert steps > 20
    for at in range(1, steps, STRIDE):
        change(copy.bench.app, back=False)
        await copy.back_up()
        mortal.left = at
        await copy.sync(ok=False)
        mortal.left = None
        # What lies half done is found by the sync of another snapshot.
        change(copy.bench.app, back=True)
        await copy.back_up()
        await assert_whole(copy, first, at=at)
