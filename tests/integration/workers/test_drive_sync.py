"""The copy in Google Drive: what it shows, that only differences are sent, and that nothing is sent twice."""

from dataclasses import replace
from typing import ClassVar

import pytest

from store.drive import DriveStatus
from store.operations import OperationStatus
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from tests.integration.workers.fake_app import FakeApp
from workers.queue import start_drive_sync

WRITES = {"drive.files.create", "drive.files.update", "sheets.spreadsheets.batchUpdate"}


@pytest.fixture
def app() -> FakeApp:
    return FakeApp(
        boards={
            "board0": {
                f"card{n}": {"name": f"Card {n}", "badges": {"votes": n}, "labels": ["a", "b"]} for n in range(4)
            },
            "board1": {"other": {"name": "=1+1", "note": "007"}},
        },
        files={"card1": ("r1", b"a" * 10_000), "card2": ("r1", b"b" * 300_000)},
    )


@pytest.fixture
async def copy(bench):
    async with drive_bench(bench) as made:
        yield made


async def test_the_copy_shows_the_newest_snapshot(copy: DriveBench):
    await copy.back_up()
    done = await copy.sync()

    tree = copy.tree()
    board = "Holdfast/Fake/Board board0"
    assert {
        "Holdfast",
        "Holdfast/README.txt",
        "Holdfast/Fake",
        board,
        f"{board}/records.jsonl",
        f"{board}/Card",
        f"{board}/File",
        f"{board}/Files",
        f"{board}/Files/card1.bin",
        f"{board}/Files/card2.bin",
        "Holdfast/Fake/Board board1",
        "Holdfast/Fake/Board board1/records.jsonl",
        "Holdfast/Fake/Board board1/Card",
    } == set(tree)
    assert b"a" * 10_000 == tree[f"{board}/Files/card1.bin"]
    assert [
        ["id", "in", "badges.votes", "labels", "name"],
        *(["card" + n, "", n if n != "0" else "0", "a, b", f"Card {n}"] for n in "0123"),
    ] == tree[f"{board}/Card"]
    assert {"kind": "card", "id": "card0", "parent": None} | {
        "content": {"name": "Card 0", "badges": {"votes": 0}, "labels": ["a", "b"]}
    } == copy.records(f"{board}/records.jsonl")[0]
    assert "snapshot 1, taken" in copy.google.hand.text("Holdfast/README.txt")
    assert [] == done.warnings


async def test_no_content_becomes_a_formula_or_a_number(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    grid = copy.google.hand.find("Holdfast/Fake/Board board1/Card").grid

    assert [{"stringValue": "other"}, None, {"stringValue": "=1+1"}, {"stringValue": "007"}] == grid.rows[1]
    assert 1 == grid.frozen_rows


async def test_two_syncs_of_the_same_snapshot_change_nothing(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    before = copy.tree()
    done = await copy.sync()

    assert [] == copy.writes()
    assert before == copy.tree()
    assert 0 == sum(done.result[name] for name in ("made", "changed", "sent", "trashed", "rows"))


async def test_only_what_differs_is_sent(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    copy.bench.app.boards["board0"]["card3"]["name"] = "Renamed"
    await copy.back_up()
    done = await copy.sync()

    board = "Holdfast/Fake/Board board0"
    assert "Renamed" == copy.google.hand.cells(f"{board}/Card")[4][4]
    assert "Renamed" == copy.records(f"{board}/records.jsonl")[3]["content"]["name"]
    # The board's records, one row of its sheet, and the README.
    assert ["drive.files.update", "sheets.spreadsheets.batchUpdate", "drive.files.update"] == copy.writes()
    assert 1 == done.result["rows"]


async def test_rows_come_and_go_in_their_places_and_columns_stay(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    cards = copy.bench.app.boards["board0"]
    del cards["card0"]
    cards["card15"] = {"name": "Between", "aaa": True}
    cards["card9"] = {"name": "Last"}
    await copy.back_up()
    done = await copy.sync()

    sheet = copy.google.hand.cells("Holdfast/Fake/Board board0/Card")
    assert ["id", "in", "badges.votes", "labels", "name", "aaa"] == sheet[0]
    assert ["card1", "card15", "card2", "card3", "card9"] == [row[0] for row in sheet[1:]]
    assert ["card15", "", "", "", "Between", "TRUE"] == sheet[2]
    assert 2 == done.result["rows"]


async def test_files_are_updated_in_place_renamed_and_trashed(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    path = "Holdfast/Fake/Board board0/Files"
    before = copy.google.hand.find(f"{path}/card1.bin").file_id
    copy.bench.app.files["card1"] = ("r2", b"changed")
    del copy.bench.app.files["card2"]
    await copy.back_up()
    await copy.sync()

    assert (before, b"changed") == (
        copy.google.hand.find(f"{path}/card1.bin").file_id,
        copy.google.hand.find(f"{path}/card1.bin").content,
    )
    assert f"{path}/card2.bin" not in copy.tree()
    assert f"{path}/card2.bin" in copy.google.hand.paths(trashed=True)


async def test_a_board_that_is_gone_goes_to_the_bin(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    copy.bench.app.boards["board1"] = {}
    await copy.back_up()
    done = await copy.sync()

    assert not [path for path in copy.tree() if "board1" in path]
    assert 1 == done.result["trashed"]
    assert [] == await copy.query("select from drive_links where workspace_id = 'board1'")


async def test_a_connection_is_renamed_with_its_folder(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    await copy.query("update connections set name = 'Team: A/B'")
    await copy.sync()

    assert "Holdfast/Team_ A_B/Board board0/Card" in copy.tree()


async def test_nothing_is_copied_before_the_first_backup(copy: DriveBench):
    done = await copy.sync()

    assert {"Holdfast", "Holdfast/README.txt"} == set(copy.tree())
    assert OperationStatus.SUCCEEDED is done.status


class Named(FakeApp):
    """One whose files are called as people call them."""

    names: ClassVar = {
        "card1": "Invoice.pdf",
        "card2": "invoice.PDF",
        "card3": "a/b: *CON*?.txt",
        "card0": "x" * 300 + ".docx",
    }

    def _file(self, workspace, card):
        return replace(super()._file(workspace, card), name=self.names[card])


async def test_files_have_names_that_every_disk_takes(copy: DriveBench):
    app = Named(boards=copy.bench.app.boards, files={card: ("r1", card.encode()) for card in Named.names})
    copy.bench.runtime._connectors["fake"] = app
    await copy.back_up()
    await copy.sync()
    files = {path.rpartition("/")[2]: held for path, held in copy.tree().items() if "board0/Files/" in path}

    assert {b"card0", b"card1", b"card2", b"card3"} == set(files.values())
    assert {"Invoice.pdf": b"card1", "a_b_ _CON__.txt": b"card3"}.items() <= files.items()
    assert all(len(name.encode()) <= 180 for name in files)
    assert 4 == len({name.casefold() for name in files})
    await copy.sync()
    assert [] == copy.writes()


async def test_text_that_no_cell_takes_is_whole_in_the_records(copy: DriveBench):
    copy.bench.app.boards["board0"]["card0"]["desc"] = "long " * 20_000
    await copy.back_up()
    await copy.sync()
    sheet = copy.google.hand.cells("Holdfast/Fake/Board board0/Card")
    cell = sheet[1][sheet[0].index("desc")]

    assert cell.endswith("[cut here: all 100,000 characters are in records.jsonl, record card0]")
    assert "long " * 20_000 == copy.records("Holdfast/Fake/Board board0/records.jsonl")[0]["content"]["desc"]


async def test_faults_that_pass_are_borne_as_long_as_it_gets_further(copy: DriveBench):
    copy.bench.app.boards["board0"] = {f"card{n}": {"name": "x"} for n in range(20)}
    copy.bench.app.files = {f"card{n}": ("r1", b"x%d" % n) for n in range(20)}
    await copy.back_up()
    # Each of the client's own attempts meets it, again and again, after every second upload that went through.
    for after in range(0, 20, 2):
        copy.google.fail("reason", r"POST /upload", skip=after, times=2, status=503)
    done = await copy.sync(ok=False)
    claims = 1
    while not done.status.is_final:
        await copy.bench.hasten()
        done = await copy.bench.perform(done)
        claims += 1

    assert OperationStatus.SUCCEEDED is done.status
    assert claims > 1
    assert 20 == len([path for path in copy.tree() if "/Files/" in path])
    assert 24 <= done.result["sent"]


async def test_a_rate_limit_that_stays_is_given_up_for_the_day(copy: DriveBench):
    await copy.back_up()
    copy.google.fail("reason", r"POST /upload", status=403, reason="userRateLimitExceeded", times=None)
    done = await copy.sync(ok=False)
    while not done.status.is_final:
        await copy.bench.hasten()
        done = await copy.bench.perform(done)
    parked = await copy.destination()

    assert (OperationStatus.FAILED, "DRIVE_LIMITED") == (done.status, done.error_code)
    assert (DriveStatus.PARKED, True) == (parked.status, parked.parked_until is not None)


async def test_a_sync_that_is_cancelled_stops_and_another_goes_on(copy: DriveBench):
    await copy.back_up()
    runtime = copy.bench.runtime
    async with runtime.database.account(copy.bench.account_id) as connection:
        operation = await start_drive_sync(connection, account_id=copy.bench.account_id)
        await connection.execute("update operations set cancel_requested = true")
    done = await copy.bench.perform(operation)
    await copy.sync()

    assert OperationStatus.CANCELLED is done.status
    assert "Holdfast/Fake/Board board0/Card" in copy.tree()


async def test_what_is_written_down_tells_nothing_of_names_or_content(copy: DriveBench):
    await copy.back_up()
    await copy.sync()
    rows = [*await copy.query("select * from drive_links"), *await copy.query("select * from drive_rows")]
    told = b" ".join(str(value).encode() for row in rows for value in row.values())

    for secret in ("Card 1", "Board board0", "card1.bin", "README", "upload_id", copy.google.owner.email):
        assert secret.encode() not in told
