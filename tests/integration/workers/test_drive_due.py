"""When a copy is made by itself: after every backup, where that is wanted and nothing is in the way."""

from datetime import UTC, datetime, timedelta

import pytest

from store import drive, events
from store.drive import DriveStatus
from store.operations import OperationStatus
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from workers import drive_due
from workers.notice import notice
from workers.wording import details, headline

NOW = datetime.now(UTC)


@pytest.fixture
async def copy(bench):
    async with drive_bench(bench) as made:
        yield made


async def tick(copy: DriveBench, *, later: timedelta = timedelta(0)) -> list:
    return await drive_due.tick(copy.bench.runtime.database, copy.bench.queue, lambda: datetime.now(UTC) + later)


async def set_status(copy: DriveBench, status: DriveStatus, until: datetime | None = None) -> None:
    destination = await copy.destination()
    async with copy.bench.runtime.database.account(copy.bench.account_id) as connection:
        await drive.set_status(connection, destination, status, "so it is", parked_until=until)


async def test_a_backup_is_followed_by_a_sync(copy: DriveBench):
    before = await tick(copy)
    await copy.back_up()
    (started,) = await tick(copy)
    again = await tick(copy)
    done = await copy.bench.perform(await copy.bench.read(started))
    after = await tick(copy)

    assert ([], [], []) == (before, again, after)
    assert (OperationStatus.SUCCEEDED, "drive_sync") == (done.status, done.kind)
    assert "Holdfast/Fake/Board board0/Card" in copy.tree()


async def test_every_later_backup_too(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    await copy.back_up()

    assert 1 == len(await tick(copy))


@pytest.mark.parametrize("how", ["only when asked", "lost", "parked", "another connection", "not connected"])
async def test_not_where_it_is_not_wanted_or_cannot_be(copy: DriveBench, how: str):
    await copy.back_up()
    match how:
        case "only when asked":
            await copy.configure(after_backup=False)
        case "lost":
            await set_status(copy, DriveStatus.LOST)
        case "parked":
            await set_status(copy, DriveStatus.PARKED, NOW + timedelta(hours=24))
        case "another connection":
            await copy.configure(only_connections=frozenset())
        case "not connected":
            await copy.query("delete from drive_destinations")

    assert [] == await tick(copy)


async def test_what_is_parked_is_tried_again_when_its_time_has_come(copy: DriveBench):
    await copy.back_up()
    await set_status(copy, DriveStatus.PARKED, NOW + timedelta(hours=24))

    assert 1 == len(await tick(copy, later=timedelta(hours=25)))


async def test_what_failed_waits_for_an_hour(copy: DriveBench):
    await copy.back_up()
    copy.google.fail("reason", r"GET /drive/v3/changes", status=403, reason="domainPolicy")
    await copy.sync(ok=False)

    assert [] == await tick(copy)
    assert 1 == len(await tick(copy, later=timedelta(minutes=61)))


async def test_only_the_connections_that_are_wanted_are_copied(copy: DriveBench):
    await copy.back_up()
    await copy.configure(only_connections=frozenset())
    await copy.sync()

    assert {"Holdfast", "Holdfast/README.txt"} == set(copy.tree())


async def test_a_copy_that_could_not_be_made_is_told(copy: DriveBench):
    await copy.back_up()
    copy.google.owner.limit_bytes = 1
    await copy.sync(ok=False)
    await notice(copy.bench.runtime.database)
    async with copy.bench.runtime.database.account(copy.bench.account_id) as connection:
        (event,) = await events.page(connection, copy.bench.account_id, backwards=True, limit=10)

    assert ("copy.failed", "DRIVE_FULL") == (event.kind, event.data["failure"]["code"])
    assert "The copy in Google Drive is not up to date" == headline(event)
    assert "the Drive is full" in " ".join(details(event))


async def test_a_file_whose_record_moves_to_another_board_moves_with_it(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    before = copy.google.hand.find("Holdfast/Fake/Board board0/Files/card00.bin").file_id
    boards = copy.bench.app.boards
    boards["board2"]["card00"] = boards["board0"].pop("card00")
    await copy.back_up()
    done = await copy.sync()

    assert before == copy.google.hand.find("Holdfast/Fake/Board board2/Files/card00.bin").file_id
    assert [] == done.warnings
    assert [] == [path for path in copy.tree() if "board0/Files/" in path]
    await copy.sync()
    assert [] == copy.writes()
