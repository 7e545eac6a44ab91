"""Change: what happened to one record between two snapshots."""

from enum import Enum
from typing import Self

import strawberry

from api.changes import RecordChangeRow
from api.context import Info
from api.ids import RecordRef
from api.types.record import FieldChange, Record, Version, changes_between


@strawberry.enum(description="What happened to a record between two snapshots.")
class RecordChangeKind(Enum):
    """Said of the two states alone, whatever happened in between."""

    ADDED = strawberry.enum_value("added", description="Only the later one has it.")
    EDITED = strawberry.enum_value("edited", description="Its content or its parent differs.")
    MOVED = strawberry.enum_value("moved", description="It lies in another workspace; its content may differ too.")
    DELETED = strawberry.enum_value("deleted", description="Only the earlier one has it.")


@strawberry.type(description="What happened to one record between two snapshots.")
class RecordChange:
    """The two states."""

    row: strawberry.Private[RecordChangeRow]
    ref: strawberry.Private[RecordRef]
    kind: RecordChangeKind = strawberry.field(description="What happened.")
    record: Record = strawberry.field(description="The record, as the later snapshot has it or last was.")
    before: Version | None = strawberry.field(description="Its state in the earlier snapshot.")
    after: Version | None = strawberry.field(description="Its state in the later snapshot.")

    @classmethod
    def of(cls, row: RecordChangeRow) -> Self:
        """Show a change."""
        shown = row.after or row.before
        assert shown is not None
        ref = RecordRef(connection_id=row.connection_id, kind=shown.key.kind, external_id=shown.key.external_id)
        return cls(
            row=row,
            ref=ref,
            kind=RecordChangeKind(row.change),
            record=Record.of(row.connection_id, row.to_seq, shown),
            before=Version.of(ref, row.before) if row.before else None,
            after=Version.of(ref, row.after) if row.after else None,
        )

    @strawberry.field(
        description=(
            "Where its content differs; empty unless both snapshots have it. "
            "When more than 500 places differ, whole top-level fields are given instead. "
            "Null, with an error, only when the store cannot give a content."
        )
    )
    async def changes(self, info: Info) -> list[FieldChange] | None:
        """Both contents are read."""
        if self.row.before is None or self.row.after is None:
            return []
        return await changes_between(info, self.row.before, self.row.after)
