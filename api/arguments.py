"""Arguments: those that many fields take, described once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import strawberry

First = Annotated[int | None, strawberry.argument(description="How many, 1 to 100. Give this or `last`.")]
ForwardFirst = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Go on behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Go back from this cursor.")]

AsOf = Annotated[
    datetime | None,
    strawberry.argument(description="As the newest snapshot that is not younger than this moment has it."),
]
InSnapshot = Annotated[
    strawberry.ID | None, strawberry.argument(description="As this snapshot of the connection has it.")
]
InScope = Annotated[bool | None, strawberry.argument(description="Only those in scope, or only others.")]
Reachable = Annotated[
    bool | None, strawberry.argument(description="Only those that a grant still reaches, or only others.")
]
InWorkspace = Annotated[strawberry.ID | None, strawberry.argument(description="Only in this workspace.")]
OfParent = Annotated[strawberry.ID | None, strawberry.argument(description="Only children of this record.")]
Roots = Annotated[bool, strawberry.argument(description="Only records without a parent: where a walk begins.")]
Kinds = Annotated[list[str] | None, strawberry.argument(description="Only of these kinds, by name.")]
Deleted = Annotated[
    bool, strawberry.argument(description="Instead, those that were there before and are not any more.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which part of a list."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsAsked:
    """Which records."""

    as_of: datetime | None = None
    snapshot_id: strawberry.ID | None = None
    workspace_id: strawberry.ID | None = None
    parent_id: strawberry.ID | None = None
    roots: bool = False
    kinds: list[str] | None = None
    deleted: bool = False
