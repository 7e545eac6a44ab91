"""What people do to the copy: noticed, reported, put right only where that is allowed, and never taken for our own."""

import pytest

from store.drive import DriveStatus
from store.operations import OperationStatus
from tests.integration.workers.conftest import Bench, begun
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from tests.integration.workers.fake_app import FakeApp

BOARD = "Holdfast/Fake/Board board0"
FILE = f"{BOARD}/Files/card1.bin"
SHEET = f"{BOARD}/Card"


@pytest.fixture(scope="module")
def beginning(postgres_server):
    app = FakeApp(
        boards={
            "board0": {f"card{n}": {"name": f"Card {n}"} for n in range(3)},
            "board1": {"x": {"name": "X"}},
        },
        files={"card1": ("r1", b"a" * 1000)},
    )
    with begun(postgres_server, app, Bench.back_up) as found:
        yield found


@pytest.fixture
async def copy(bench):
    async with drive_bench(bench) as made:
        await made.sync()
        yield made


async def change(copy: DriveBench, name: str = "Changed") -> None:
    copy.bench.app.boards["board0"]["card1"]["name"] = name
    copy.bench.app.files["card1"] = (name, name.encode())
    await copy.back_up()


def codes(done) -> list[str]:
    return sorted(warning["code"] for warning in done.warnings)


def edit(copy: DriveBench) -> None:
    copy.google.hand.edit(FILE, b"my notes")


def type_in(copy: DriveBench) -> None:
    copy.google.hand.type(SHEET, 1, 2, "my notes")


def rename(copy: DriveBench) -> None:
    copy.google.hand.rename(FILE, "mine.bin")


def move(copy: DriveBench) -> None:
    copy.google.hand.move(FILE, "Holdfast/Fake")


def trash(copy: DriveBench) -> None:
    copy.google.hand.trash(FILE)


def delete(copy: DriveBench) -> None:
    copy.google.hand.delete(FILE)


def trash_folder(copy: DriveBench) -> None:
    copy.google.hand.trash(BOARD)


def delete_folder(copy: DriveBench) -> None:
    copy.google.hand.delete(BOARD)


DEEDS = {
    edit: "DRIVE_EDITED",
    type_in: "DRIVE_EDITED",
    rename: "DRIVE_RENAMED",
    move: "DRIVE_MOVED",
    trash: "DRIVE_TRASHED",
    delete: "DRIVE_DELETED",
    trash_folder: "DRIVE_TRASHED",
    delete_folder: "DRIVE_DELETED",
}
deeds = pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)


@deeds
async def test_a_person_s_change_is_reported_and_left_alone(copy: DriveBench, deed):
    deed(copy)
    after = copy.tree()
    done = await copy.sync()

    assert [DEEDS[deed]] == codes(done)
    assert (after, []) == (copy.tree(), copy.writes())
    # As long as it lasts it is told; it is not forgotten with the feed of changes.
    assert [DEEDS[deed]] == codes(await copy.sync())


@deeds
async def test_a_person_s_change_is_put_right_where_that_is_allowed(copy: DriveBench, deed):
    before = copy.tree()
    deed(copy)
    await copy.configure(repairs=True)
    done = await copy.sync()

    assert DEEDS[deed] in codes(done)
    assert before == copy.tree()
    assert [] == codes(await copy.sync())
    assert [] == copy.writes()


@deeds
async def test_one_sync_may_repair_without_the_setting(copy: DriveBench, deed):
    before = copy.tree()
    deed(copy)
    await copy.sync(repair=True)

    assert before == copy.tree()


@pytest.mark.parametrize("deed", [edit, type_in, trash, delete], ids=lambda deed: deed.__name__)
async def test_what_was_edited_is_not_overwritten_by_a_later_snapshot(copy: DriveBench, deed):
    deed(copy)
    edited = FILE if deed is not type_in else SHEET
    after = copy.tree().get(edited)
    await change(copy)
    await copy.sync()

    assert after == copy.tree().get(edited)
    assert "Changed" == copy.records(f"{BOARD}/records.jsonl")[1]["content"]["name"]


@pytest.mark.parametrize(("deed", "path"), [(rename, f"{BOARD}/Files/mine.bin"), (move, "Holdfast/Fake/card1.bin")])
async def test_what_was_renamed_or_moved_is_kept_up_where_it_is(copy: DriveBench, deed, path):
    deed(copy)
    await change(copy)
    done = await copy.sync()

    assert b"Changed" == copy.tree()[path]
    assert [DEEDS[deed]] == codes(done)


async def test_what_a_person_puts_back_themselves_is_kept_up_again(copy: DriveBench):
    before = copy.tree()
    trash(copy)
    await copy.sync()
    (item,) = [item for item in copy.google.world.items.values() if item.trashed]
    copy.google.hand.restore(item)
    await change(copy)
    done = await copy.sync()

    assert ([], b"Changed") == (codes(done), copy.tree()[FILE])
    assert before.keys() == copy.tree().keys()


@pytest.mark.parametrize("path", [FILE, SHEET, BOARD, "Holdfast/Fake"])
async def test_what_comes_out_of_the_bin_catches_up(copy: DriveBench, path: str):
    copy.google.hand.trash(path)
    await change(copy)
    copy.bench.app.boards["board2"] = {"y": {"name": "New"}}
    await copy.back_up()
    await copy.sync()
    (item,) = [item for item in copy.google.world.items.values() if item.trashed]
    copy.google.hand.restore(item)
    done = await copy.sync()

    assert ([], b"Changed") == (codes(done), copy.tree()[FILE])
    assert ["card1", "", "Changed"] == copy.google.hand.cells(SHEET)[2]
    assert ["y", "", "New"] == copy.google.hand.cells("Holdfast/Fake/Board board2/Card")[1]
    await copy.sync()
    assert [] == copy.writes()


async def test_an_edit_that_a_person_takes_back_catches_up(copy: DriveBench):
    held = copy.tree()[FILE]
    edit(copy)
    await change(copy)
    await copy.sync()
    copy.google.hand.edit(FILE, held)
    done = await copy.sync()

    assert ([], b"Changed") == (codes(done), copy.tree()[FILE])


async def test_the_folder_of_the_copy_may_be_moved_and_renamed(copy: DriveBench):
    copy.google.hand.folder("Archive")
    copy.google.hand.rename("Holdfast", "Backups")
    copy.google.hand.move("Backups", "Archive")
    await change(copy)
    done = await copy.sync()

    assert [] == codes(done)
    assert b"Changed" == copy.tree()[f"Archive/{FILE.replace('Holdfast', 'Backups')}"]


@pytest.mark.parametrize("deed", ["trash", "delete"])
async def test_a_root_that_is_gone_is_asked_about(copy: DriveBench, deed):
    before = copy.tree()
    getattr(copy.google.hand, deed)("Holdfast")
    done = await copy.sync(ok=False)

    assert (OperationStatus.FAILED, "DRIVE_ROOT_GONE") == (done.status, done.error_code)
    assert [] == copy.writes()
    await copy.sync(repair=True)
    assert before == copy.tree()


async def test_a_root_whose_own_folder_was_thrown_away_is_gone_too(copy: DriveBench):
    copy.google.hand.folder("Archive")
    copy.google.hand.move("Holdfast", "Archive")
    copy.google.hand.trash("Archive")

    assert "DRIVE_ROOT_GONE" == (await copy.sync(ok=False)).error_code


async def test_versions_that_grow_by_themselves_are_no_edit(copy: DriveBench):
    with copy.google.editing() as world:
        for item in list(world.items.values()):
            world.touch(item)
    done = await copy.sync()

    assert ([], []) == (codes(done), copy.writes())
    await copy.sync()
    assert 0 == copy.google.counts().get("sheets.spreadsheets.values.get", 0)


async def test_rows_that_a_person_sorted_are_an_edit(copy: DriveBench):
    item = copy.google.hand.find(SHEET)
    with copy.google.editing() as world:
        item.grid.rows[1:] = reversed(item.grid.rows[1:])
        world.touch(item)
    before = copy.tree()

    assert ["DRIVE_EDITED"] == codes(await copy.sync())
    assert before == copy.tree()
    await copy.sync(repair=True)
    assert ["card0", "card1", "card2"] == [row[0] for row in copy.google.hand.cells(SHEET)[1:]]


async def test_everything_is_compared_again_once_a_week(copy: DriveBench):
    # Whatever the feed of changes did not tell.
    edit(copy)
    copy.google.world.log.clear()
    await copy.query("update drive_destinations set change_token = '1'")
    assert [] == codes(await copy.sync())
    await copy.query("update drive_destinations set listed_at = listed_at - interval '7 days'")

    assert ["DRIVE_EDITED"] == codes(await copy.sync())


async def test_a_feed_that_does_not_know_its_token_any_more_is_listed_anew(copy: DriveBench):
    edit(copy)
    await copy.query("update drive_destinations set change_token = '999999'")

    assert ["DRIVE_EDITED"] == codes(await copy.sync())


async def test_a_file_deleted_while_the_copy_is_made_is_looked_at_again(copy: DriveBench):
    await change(copy)
    copy.google.fail("reason", r"PATCH /upload", status=404, reason="notFound")
    done = await copy.sync(ok=False)

    assert (OperationStatus.QUEUED, "APP_UNAVAILABLE") == (done.status, done.error_code)


async def test_storage_that_is_full_parks_the_sync_and_room_lets_it_go_on(copy: DriveBench):
    copy.google.owner.limit_bytes = copy.google.world.used_bytes(copy.google.owner) + 1
    copy.bench.app.files["card1"] = ("r2", b"b" * 5000)
    await copy.back_up()
    done = await copy.sync(ok=False)
    parked = await copy.destination()
    copy.google.owner.limit_bytes = None
    await copy.sync()

    assert (OperationStatus.FAILED, "DRIVE_FULL") == (done.status, done.error_code)
    assert DriveStatus.PARKED is parked.status
    assert "the Drive is full" in parked.status_reason
    assert b"b" * 5000 == copy.tree()[FILE]
    assert DriveStatus.WORKING is (await copy.destination()).status


async def test_a_drive_without_any_room_is_asked_one_thing(copy: DriveBench):
    copy.google.owner.limit_bytes = 1
    done = await copy.sync(ok=False)

    assert ("DRIVE_FULL", {"drive.about.get": 1}) == (done.error_code, copy.google.counts())


async def test_a_day_s_share_that_is_used_up_parks_until_tomorrow(copy: DriveBench):
    await change(copy)
    copy.google.fail("reason", r"PATCH /upload", status=403, reason="dailyLimitExceeded")
    done = await copy.sync(ok=False)
    parked = await copy.destination()

    assert (OperationStatus.FAILED, "DRIVE_LIMITED") == (done.status, done.error_code)
    assert DriveStatus.PARKED is parked.status
    assert parked.parked_until is not None


async def test_a_grant_that_was_revoked_asks_to_connect_again(copy: DriveBench):
    copy.google.oauth.revoke_person(copy.google.owner.email)
    done = await copy.sync(ok=False)
    lost = await copy.destination()
    again = await copy.sync(ok=False)

    assert (OperationStatus.FAILED, "GRANT_LOST") == (done.status, done.error_code)
    assert DriveStatus.LOST is lost.status
    # Nothing is asked of Google before somebody has connected again.
    assert ("GRANT_LOST", {}) == (again.error_code, copy.google.counts())


async def test_a_token_that_ended_is_refreshed_and_kept(copy: DriveBench):
    copy.google.oauth.expire_access()
    before = (await copy.destination()).sealed
    await copy.sync()

    assert before != (await copy.destination()).sealed
