"""The copy in Google Drive: what it shows, that only differences are sent, and that nothing is sent twice."""

import pytest

from store.operations import OperationStatus
from tests.integration.workers.drive_bench import DriveBench, drive_bench
from tests.integration.workers.fake_app import FakeApp

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
