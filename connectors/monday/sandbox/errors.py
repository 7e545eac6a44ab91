"""Errors: what goes wrong in a request, in the words and shapes of the API's versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


@dataclass(eq=False)
class ApiError(Exception):
    """One field could not be answered; the rest of the request may be."""

    code: str
    message: str
    status: int = HTTPStatus.OK
    """`status_code` of the answer; its HTTP status too in the versions before 2025."""
    data: Any = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


class InternalError(Exception):
    """A fault of the app's own: the whole answer is lost."""


@dataclass(eq=False)
class LimitError(Exception):
    """A request was refused before it was looked at."""

    code: str
    legacy_code: str
    message: str
    retry_in_seconds: int
    more: Mapping[str, Any] = field(default_factory=dict)
    status: int = HTTPStatus.TOO_MANY_REQUESTS


def no_board(board_id: int | None) -> ApiError:
    """Say that there is no such board."""
    text = "The board does not exist. Please check your board ID and try again"
    return ApiError("InvalidBoardIdException", text, data={"board_id": board_id})


def no_item(item_id: int | None) -> ApiError:
    """Say that there is no such item."""
    return ApiError("InvalidItemIdException", "Item not found", data={"item_id": item_id})


def no_column(column_id: str, board_id: int) -> ApiError:
    """Say that a board has no such column."""
    reason = "store.monday.automation.error.missing_column"
    data = {"column_id": column_id, "board_id": board_id, "error_reason": reason}
    return ApiError("InvalidColumnIdException", "This column ID doesn't exist for the board", data=data)


def no_group(group_id: str, board_id: int) -> ApiError:
    """Say that a board has no such group."""
    data = {
        "resource_type": "group",
        "group_id": group_id,
        "board_id": board_id,
        "error_reason": "store.monday.automation.error.missing_group",
    }
    return ApiError("ResourceNotFoundException", "Group not found", HTTPStatus.NOT_FOUND, data)


def no_workspace(workspace_id: int) -> ApiError:
    """Say that there is no such workspace."""
    text = "The workspace does not exist. Please check your workspace ID and try again"
    return ApiError("InvalidWorkspaceIdException", text, data={"workspace_id": workspace_id})


def no_folder(folder_id: int) -> ApiError:
    """Say that there is no such folder."""
    text = "The folder does not exist. Please check your folder ID and try again"
    return ApiError("InvalidFolderIdException", text, data={"folder_id": folder_id})


def not_found(what: str, found_id: object) -> ApiError:
    """Say that there is no such thing of a kind without an error of its own."""
    return ApiError(
        "ResourceNotFoundException",
        f"{what} not found",
        HTTPStatus.NOT_FOUND,
        {"id": found_id, "error_reason": None},
    )


def unauthorized() -> ApiError:
    """Say that a person may not do this, or that it is not there: the API does not tell the two apart."""
    return ApiError("USER_UNAUTHORIZED", "User unauthorized to perform action", HTTPStatus.FORBIDDEN)


def bad_value(column_id: str, column_type: str, why: str) -> ApiError:
    """Say that a column does not take a value."""
    data = {"column_id": column_id, "column_type": column_type}
    return ApiError("ColumnValueException", why, data=data)


def read_only(column_id: str, column_type: str) -> ApiError:
    """Say that no request sets this column."""
    text = f"This column type can't be changed with the API: {column_type}"
    return ApiError("ColumnValueException", text, data={"column_id": column_id, "column_type": column_type})
