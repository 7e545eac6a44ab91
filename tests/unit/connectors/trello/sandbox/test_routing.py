"""Paths find their routes; ids of the wrong form are refused."""

import pytest

from connectors.trello.sandbox import api  # noqa: F401 - registers the routes
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.routing import ROUTES

ID = "5e93ba403f1ab3603ba81a09"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", f"/boards/{ID}", "/boards/{board}"),
        ("GET", "/boards/0zx7ive1/", "/boards/{board}"),
        ("GET", f"/board/{ID}/cards/all", "/boards/{board}/cards/{filter}"),
        ("GET", f"/customfields/{ID}/options", "/customFields/{customField}/options"),
        ("PUT", f"/cards/{ID}/idList", "/cards/{card}/{field}"),
        ("PUT", f"/card/{ID}/checkItem/{ID}", "/cards/{card}/checkItem/{item}"),
        ("GET", "/members/me/boards/all", "/members/{member}/boards/{filter}"),
        (
            "GET",
            f"/cards/{ID}/attachments/{ID}/download/a%20b.png",
            "/cards/{card}/attachments/{attachment}/download/{name}",
        ),
    ],
)
def test_path_finds_its_route(method: str, path: str, route: str) -> None:
    found = ROUTES.find(method, path)

    assert found is not None
    assert route == found.template


@pytest.mark.parametrize("path", ["/boards/short", f"/cards/{ID}0", "/lists/0zx7ive1", f"/labels/{ID[:-1]}g"])
def test_id_of_the_wrong_form_is_refused(path: str) -> None:
    with pytest.raises(ApiError, match="invalid id"):
        ROUTES.find("GET", path)


@pytest.mark.parametrize("path", ["/", "/nothing", f"/boards/{ID}/cards/all/more", "/batch/x"])
def test_unknown_path_has_no_route(path: str) -> None:
    assert ROUTES.find("GET", path) is None
