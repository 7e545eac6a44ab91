"""Coverage: every way not to reach something is a gap, once, with what to do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from connectors.base import WarningCode
from store.grants import Grant, GrantStatus
from store.record import AccountId, ConnectionId, GrantId, Kind, WorkspaceId
from store.workspaces import Workspace
from workers.coverage import WHAT_TO_DO, GapKind, gaps

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ACCOUNT, CONNECTION = AccountId(UUID(int=1)), ConnectionId(UUID(int=2))


def grant(**changes) -> Grant:
    fields = {
        "grant_id": GrantId(uuid4()),
        "account_id": ACCOUNT,
        "connection_id": CONNECTION,
        "method": "key_token",
        "subject": "ada",
        "sealed_name": b"",
        "sealed": b"",
        "status": GrantStatus.WORKING,
        "status_reason": None,
        "expires_at": None,
        "created_at": NOW,
    }
    return Grant(**fields | changes)


def board(workspace_id: str) -> Workspace:
    return Workspace(
        account_id=ACCOUNT,
        connection_id=CONNECTION,
        workspace_id=WorkspaceId(workspace_id),
        kind=Kind("board"),
        parent_workspace_id=None,
        sealed_name=b"",
        in_scope=True,
        reachable=False,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


def warning(code: WarningCode, where: str):
    return {"code": code.value, "where": where, "message": "it said so"}


def kinds(*arguments, **options):
    return [(gap.kind, gap.where) for gap in gaps(*arguments, NOW, **options)]


def test_what_is_reached_is_no_gap():
    assert [] == gaps([grant()], [], [warning(WarningCode.DRIFT, "workspace/1")], NOW)


def test_a_lost_grant_is_a_gap_and_one_that_ends_soon_too():
    lost = grant(status=GrantStatus.LOST, status_reason="401")
    ends = grant(subject="bob", expires_at=NOW + timedelta(days=13))
    later = grant(subject="eve", expires_at=NOW + timedelta(days=15))
    renewed = grant(subject="zoe", method="oauth2", expires_at=NOW + timedelta(hours=1))

    found = gaps([lost, ends, later, renewed], [], [], NOW, renewing={"oauth2"})
    assert [
        (GapKind.GRANT_LOST, lost.grant_id, "401"),
        (GapKind.GRANT_ENDS, ends.grant_id, "it ends on 2026-11-15"),
    ] == [(gap.kind, gap.grant_id, gap.message) for gap in found]


@pytest.mark.parametrize(
    ("code", "where", "kind"),
    [
        (WarningCode.WORKSPACE_LOST, "board/1", GapKind.OUT_OF_SIGHT),
        (WarningCode.FORBIDDEN, "organization/1", GapKind.OUT_OF_SIGHT),
        (WarningCode.FORBIDDEN, "board/1/boardPlugins", GapKind.FORBIDDEN),
        (WarningCode.CAP_MET, "board/1/label", GapKind.CAP_MET),
        (WarningCode.UNANSWERED, "board/1", GapKind.UNANSWERED),
    ],
)
def test_a_warning_of_the_newest_snapshot_is_a_gap(code, where, kind):
    (gap,) = gaps([], [], [warning(code, where)], NOW)

    assert (kind, where, "1", "it said so") == (gap.kind, gap.where, gap.workspace_id, gap.message)
    assert gap.what_to_do


def test_a_board_that_both_tell_of_is_one_gap():
    told = [warning(WarningCode.WORKSPACE_LOST, "board/1")]

    assert [(GapKind.OUT_OF_SIGHT, "board/1"), (GapKind.OUT_OF_SIGHT, "board/2")] == kinds(
        [], [board("1"), board("2")], told
    )


def test_warnings_of_tomorrow_are_left_alone():
    assert [] == gaps([], [], [{"code": "FROM_TOMORROW", "where": "board/1"}, {}], NOW)


def test_there_is_something_to_do_about_every_gap():
    assert set(GapKind) == WHAT_TO_DO.keys()
