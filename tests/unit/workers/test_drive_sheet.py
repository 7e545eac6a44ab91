"""Drive sheet: from any rows to any others, in no more cells than differ; carried out by the stand-in's grid."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from connectors.google_drive.sandbox.grid import Grid
from connectors.google_drive.sandbox.routes.sheets import REQUESTS
from workers.drive_sheet import heading, moving, reshape, sizing, writing

ROWS = st.dictionaries(st.sampled_from([f"{number:02}" for number in range(12)]), st.integers(0, 3), max_size=12)


def applied(grid: Grid, requests) -> None:
    for request in requests:
        ((kind, body),) = request.items()
        REQUESTS[kind](grid, body)


def held(rows: dict[str, int]) -> list[str]:
    return sorted(rows)


def fill(grid: Grid, before: dict[str, int], after: dict[str, int], columns: list[str]) -> int:
    """Send what has to be sent; returns how many rows were written."""
    differing = [at for at, row in enumerate(held(after)) if before.get(row) != after[row]]
    cells = [(at, [held(after)[at], after[held(after)[at]]]) for at in differing]
    requests = [
        *moving(0, reshape(held(before), held(after))),
        sizing(0, rows=len(after), columns=len(columns)),
        heading(0, columns),
        *writing(0, cells, columns=len(columns)),
    ]
    applied(grid, requests)
    return len(differing)


def shown(grid: Grid) -> list[list[str]]:
    return grid.texts()


@given(ROWS, ROWS)
def test_from_any_rows_to_any_others(before, after):
    grid = Grid()
    fill(grid, {}, before, ["id", "n"])
    if after:
        written = fill(grid, before, after, ["id", "n", "more"])

        assert [["id", "n", "more"], *([row, str(after[row])] for row in held(after))] == shown(grid)
        assert max(2, len(after) + 1) == grid.row_count
        assert (1, 3) == (grid.frozen_rows, grid.column_count)
        assert written == sum(before.get(row) != value for row, value in after.items())


def test_rows_that_stay_are_not_written_when_others_come_and_go():
    before = {f"{number:04}": number for number in range(1000)}
    after = {row: value for row, value in before.items() if value % 100} | {"0500x": 1, "2": 2}
    grid = Grid()
    fill(grid, {}, before, ["id", "n"])

    assert 2 == fill(grid, before, after, ["id", "n"])
    assert held(after) == [row[0] for row in shown(grid)[1:]]


def test_a_longer_row_leaves_nothing_behind_when_a_shorter_one_takes_its_place():
    grid = Grid()
    columns = ["id", "a", "b"]
    applied(grid, [sizing(0, rows=1, columns=3), heading(0, columns), *writing(0, [(0, ["1", 2, 3])], columns=3)])
    applied(grid, writing(0, [(0, ["1"])], columns=3))

    assert [["id", "a", "b"], ["1"]] == shown(grid)


def test_values_are_literal():
    (request,) = writing(0, [(0, ["=1+1", 1, 1.5, True, None])], columns=5)
    ((_, body),) = request.items()
    values = body["rows"][0]["values"]

    assert [{"stringValue": "=1+1"}, {"numberValue": 1}, {"numberValue": 1.5}, {"boolValue": True}, None] == [
        value.get("userEnteredValue") for value in values
    ]


def test_nothing_that_stays_means_that_all_is_overwritten():
    assert SimpleNamespace(deleted=(), inserted=()) == SimpleNamespace(
        deleted=reshape(["a"], ["b"]).deleted, inserted=reshape(["a"], ["b"]).inserted
    )
