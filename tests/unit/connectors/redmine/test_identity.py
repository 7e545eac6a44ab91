"""Identity: one name for one thing, whatever its number was before."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.redmine.identity import Unfit, dated, made, moment, number_in, title_in, titled
from store.record import WorkspaceId

moments = st.integers(631152000, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(number=st.integers(0, 10**9), first=moments, later=st.integers(1, 10**8))
def test_a_number_given_again_is_another_name_and_sorts_behind(number, first, later):
    names = [dated(number, at.isoformat()) for at in (first, first + timedelta(seconds=later))]

    assert names[0] < names[1]
    assert [number, number] == [number_in(name) for name in names]


@given(at=moments, hours=st.integers(-14, 14))
def test_the_asking_person_s_time_zone_changes_no_name(at, hours):
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))

    assert moment(at.isoformat()) == moment(elsewhere.isoformat())


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"id": 1},
        {"id": "1", "created_on": "2026-11-26T10:00:00Z"},
        {"id": True, "created_on": "2026-11-26T10:00:00Z"},
        {"id": -1, "created_on": "2026-11-26T10:00:00Z"},
        {"id": 1, "created_on": "yesterday"},
        {"id": 1, "created_on": None},
        {"created_on": "2026-11-26T10:00:00Z"},
    ],
)
def test_what_has_no_number_or_no_moment_has_no_name(value):
    with pytest.raises(Unfit):
        made(value)


@pytest.mark.parametrize("title", ["", None, 7, "a\0b", "x" * 257])
def test_a_page_without_a_title_has_no_name(title):
    with pytest.raises(Unfit):
        titled(WorkspaceId("1@x"), {"title": title, "created_on": "2026-11-26T10:00:00Z"})


def test_pages_of_one_title_and_moment_in_two_projects_are_two():
    page = {"title": "Über_uns@home", "created_on": "2026-11-26T10:00:00Z"}
    names = [titled(WorkspaceId(project), page) for project in ("1@2026-01-01T00:00:00Z", "2@2026-01-01T00:00:00Z")]

    assert 2 == len(set(names))
    assert {"Über_uns@home"} == {title_in(name) for name in names}


def test_a_name_without_a_number_says_so():
    with pytest.raises(Unfit):
        number_in("Wiki@2026-11-26T10:00:00Z")
