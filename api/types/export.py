"""Export: a snapshot, or part of it, as one archive."""

import strawberry

from api import exports
from api.auth import Scope, Scoped
from api.context import Info
from api.scalars import BigInt
from api.types.operation import Operation, operation_fields
from store import operations


@strawberry.type(
    description=(
        "The making of an archive: lines of JSON and CSV for each kind, files in the app's tree, and SHA256SUMS. The "
        "operation measures it; it is made as it is downloaded."
    )
)
class ExportOperation(Operation):
    """An operation of the kind `export`."""

    size_bytes: BigInt | None = strawberry.field(description="How long the archive is; null until it was measured.")
    member_count: int | None = strawberry.field(description="How many files are in it; null until it was measured.")

    @strawberry.field(
        description=(
            "Where to download it, as a tar archive. Works for a day; answers ranges, so that one can go on with a "
            "download that broke off. Null until it was measured."
        ),
        extensions=[Scoped(Scope.RECORD_READ)],
    )
    async def url(self, info: Info) -> str | None:
        """Signed."""
        return await exports.export_url(info, self.row.operation_id) if self.row.result is not None else None


def export_of(row: operations.Operation) -> ExportOperation:
    """Show an export."""
    result = row.result
    return ExportOperation(
        size_bytes=BigInt(result["bytes"]) if result is not None else None,
        member_count=result["members"] if result is not None else None,
        **operation_fields(row),
    )
