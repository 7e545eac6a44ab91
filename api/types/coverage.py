"""Coverage: what of a connection no grant reaches, and what to do."""

from enum import Enum
from typing import Self

import strawberry

from api import ids
from api.ids import WorkspaceRef
from store.record import ConnectionId
from workers import coverage
from workers.coverage import GapKind as FoundKind


@strawberry.enum(description="Why something is not reached.")
class GapKind(Enum):
    """`workers.coverage.GapKind`, described."""

    GRANT_LOST = strawberry.enum_value(FoundKind.GRANT_LOST, description="A grant no longer works.")
    GRANT_ENDS = strawberry.enum_value(FoundKind.GRANT_ENDS, description="A grant ends within two weeks.")
    OUT_OF_SIGHT = strawberry.enum_value(
        FoundKind.OUT_OF_SIGHT, description="No grant sees it, or sees it any more. That is no deletion."
    )
    FORBIDDEN = strawberry.enum_value(
        FoundKind.FORBIDDEN, description="A grant sees it, and may not read a part of it."
    )
    CAP_MET = strawberry.enum_value(FoundKind.CAP_MET, description="The app gives no more of it.")
    UNANSWERED = strawberry.enum_value(
        FoundKind.UNANSWERED, description="The app does not answer for it, and does for all else."
    )


@strawberry.type(description="Something that no grant reaches, and what to do about it.")
class CoverageGap:
    """A `workers.coverage.Gap`."""

    kind: GapKind = strawberry.field(description="Why.")
    where: str = strawberry.field(description="What, in ids of the app.")
    message: str = strawberry.field(description="What is the matter, in a sentence.")
    what_to_do: str = strawberry.field(description="What closes the gap.")
    workspace_id: strawberry.ID | None = strawberry.field(description="The workspace, if it is of one.")
    grant_id: strawberry.ID | None = strawberry.field(description="The grant, if it is of one.")

    @classmethod
    def of(cls, gap: coverage.Gap, connection_id: ConnectionId) -> Self:
        """Show a gap."""
        ref = gap.workspace_id and WorkspaceRef(connection_id=connection_id, workspace_id=gap.workspace_id)
        return cls(
            kind=GapKind(gap.kind),
            where=gap.where,
            message=gap.message,
            what_to_do=gap.what_to_do,
            workspace_id=strawberry.ID(ids.encode_workspace(ref)) if ref else None,
            grant_id=strawberry.ID(ids.encode(ids.Prefix.GRANT, gap.grant_id)) if gap.grant_id else None,
        )


@strawberry.type(description="What of a connection is reached, as of its newest backup.")
class Coverage:
    """With the first hundred gaps."""

    in_scope: int = strawberry.field(description="How many workspaces are in scope.")
    reachable: int = strawberry.field(description="How many of them a grant still reaches.")
    gap_count: int = strawberry.field(description="How many gaps there are.")
    gaps: list[CoverageGap] = strawberry.field(description="The first hundred of them.")
