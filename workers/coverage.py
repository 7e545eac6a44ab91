"""Coverage: what of a connection no grant can reach, and what to do about it. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connectors.base import WarningCode
from store.grants import Grant, GrantStatus
from store.record import GrantId, JsonObject, WorkspaceId
from store.workspaces import Workspace

SOON = timedelta(days=14)
"""How long before a grant ends it is told."""


class GapKind(StrEnum):
    """Why something is not reached."""

    GRANT_LOST = "grant_lost"
    GRANT_ENDS = "grant_ends"
    OUT_OF_SIGHT = "out_of_sight"
    """No grant sees it, or sees it any more."""
    FORBIDDEN = "forbidden"
    """A grant sees it, and may not read a part of it."""
    CAP_MET = "cap_met"
    """The app gives no more of it."""
    UNANSWERED = "unanswered"
    """The app does not answer for it, and does for all else."""


WHAT_TO_DO: Mapping[GapKind, str] = {
    GapKind.GRANT_LOST: (
        "Let its owner authorise again, or somebody else who sees the same (connectionAuthorize); or remove the grant."
    ),
    GapKind.GRANT_ENDS: "Let its owner authorise again before it ends, best without an end.",
    GapKind.OUT_OF_SIGHT: (
        "Let somebody who is a member of it authorise too (connectionAuthorize), or leave it out of the scope. What is "
        "held of it stays."
    ),
    GapKind.FORBIDDEN: "Let somebody who may read it, an admin for instance, authorise too (connectionAuthorize).",
    GapKind.CAP_MET: "Nothing can be done here: it is a limit of the app.",
    GapKind.UNANSWERED: "Wait: every backup asks again. If it goes on, tell those who run the app.",
}

_OF_CODE = {
    WarningCode.WORKSPACE_LOST: GapKind.OUT_OF_SIGHT,
    WarningCode.FORBIDDEN: GapKind.FORBIDDEN,
    WarningCode.CAP_MET: GapKind.CAP_MET,
    WarningCode.UNANSWERED: GapKind.UNANSWERED,
}
_WHOLE = 2
"""`board/1234`: a whole workspace; anything longer is a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that is not reached."""

    kind: GapKind
    where: str
    """In ids of the app."""
    message: str
    workspace_id: WorkspaceId | None = None
    grant_id: GrantId | None = None

    @property
    def what_to_do(self) -> str:
        """Say what closes it."""
        return WHAT_TO_DO[self.kind]


def gaps(
    grants: Sequence[Grant],
    unreachable: Sequence[Workspace],
    warnings: Sequence[JsonObject],
    now: datetime,
    *,
    renewing: Collection[str] = (),
) -> list[Gap]:
    """Say what is not reached: by the grants, by what is in scope and out of sight, by the newest snapshot's warnings.

    `renewing` are the methods whose grants are renewed by themselves before they end.
    """
    found: dict[tuple[GapKind, str], Gap] = {}
    for gap in [*_of_grants(grants, now, renewing), *_of_warnings(warnings), *_of_workspaces(unreachable)]:
        found.setdefault((gap.kind, gap.where), gap)
    return list(found.values())


def _of_grants(grants: Sequence[Grant], now: datetime, renewing: Collection[str]) -> Iterator[Gap]:
    for grant in grants:
        where = f"grant of {grant.subject}"
        if grant.status is GrantStatus.LOST:
            message = grant.status_reason or "it no longer works"
            yield Gap(kind=GapKind.GRANT_LOST, where=where, message=message, grant_id=grant.grant_id)
        elif grant.expires_at is not None and grant.method not in renewing and grant.expires_at - now < SOON:
            message = f"it ends on {grant.expires_at:%Y-%m-%d}"
            yield Gap(kind=GapKind.GRANT_ENDS, where=where, message=message, grant_id=grant.grant_id)


def _of_warnings(warnings: Sequence[JsonObject]) -> Iterator[Gap]:
    for warning in warnings:
        where, parts = str(warning.get("where", "")), str(warning.get("where", "")).split("/")
        try:
            kind = _OF_CODE[WarningCode(str(warning.get("code")))]
        except (KeyError, ValueError):
            continue
        if kind is GapKind.FORBIDDEN and len(parts) == _WHOLE:
            kind = GapKind.OUT_OF_SIGHT
        workspace_id = WorkspaceId(parts[1]) if len(parts) >= _WHOLE else None
        yield Gap(kind=kind, where=where, message=str(warning.get("message", "")), workspace_id=workspace_id)


def _of_workspaces(unreachable: Sequence[Workspace]) -> Iterator[Gap]:
    for row in unreachable:
        yield Gap(
            kind=GapKind.OUT_OF_SIGHT,
            where=f"{row.kind}/{row.workspace_id}",
            message=f"no grant has seen it since {row.last_seen_at:%Y-%m-%d}",
            workspace_id=row.workspace_id,
        )
