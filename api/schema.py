"""Schema: everything assembled, once. `python -m api.schema` writes `schema.graphql`."""

import asyncio
from copy import copy
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema, Undefined, lexicographic_sort_schema
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from api.context import Context, Info
from api.errors import ApiError, ErrorCode, presentable
from api.limits import EXECUTION_SECONDS, Limits
from api.mutations.account import AccountMutations
from api.mutations.connection import ConnectionMutations
from api.mutations.destination import DestinationMutations
from api.mutations.drill import DrillMutations
from api.mutations.drive import DriveMutations
from api.mutations.erasure import ErasureMutations
from api.mutations.export import ExportMutations
from api.mutations.grant import GrantMutations
from api.mutations.keeping import KeepingMutations
from api.mutations.operation import OperationMutations
from api.mutations.restore import RestoreMutations
from api.mutations.token import TokenMutations
from api.mutations.verification import VerificationMutations
from api.queries import Query
from api.scalars import SCALARS
from api.subscriptions import Subscription
from api.types.export import ExportOperation
from api.types.operation import (
    BackupOperation,
    DriveSyncOperation,
    ErasureOperation,
    ExpiryOperation,
    VerificationOperation,
)
from api.types.record import Version
from api.types.restore import DrillOperation, RestoreOperation, RestorePlanOperation

FILE = Path(__file__).parent.parent / "schema.graphql"


@strawberry.type(
    description=(
        "What can be changed. Each mutation takes one input and says in `userErrors` what is wrong with it; top-level "
        "errors are for requests that could not be served at all."
    )
)
class Mutation(
    AccountMutations,
    ConnectionMutations,
    DestinationMutations,
    DrillMutations,
    DriveMutations,
    ErasureMutations,
    ExportMutations,
    GrantMutations,
    KeepingMutations,
    OperationMutations,
    RestoreMutations,
    TokenMutations,
    VerificationMutations,
):
    """The root."""


class Schema(strawberry.Schema):
    """Strawberry's schema, with every error passing through one place and every operation bounded in time."""

    async def _handle_execution_result(
        self, context: ExecutionContext, result: Any, extensions_runner: SchemaExtensionsRunner, **options: Any
    ) -> ExecutionResult:
        # Every result of every transport passes here, and here alone: an error raised by an extension goes past the
        # extensions that could mask it.
        handled = await super()._handle_execution_result(context, result, extensions_runner, **options)
        if handled.errors:
            handled.errors = [presentable(error, context.context.request_id) for error in handled.errors]
        return handled

    async def _execute_operation(self, *args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(EXECUTION_SECONDS):
                return await super()._execute_operation(*args, **kwargs)
        except TimeoutError:
            message = f"This took longer than {EXECUTION_SECONDS:.0f} seconds; ask for less at once."
            raise ApiError(ErrorCode.COST_EXCEEDED, message) from None

    async def execute(self, query: str | None, **options: Any) -> ExecutionResult:  # type: ignore[override]
        """Run one query or mutation: what is not streamed cannot follow anything."""
        allowed = set(options.pop("allowed_operation_types", None) or OperationType)
        return await super().execute(query, allowed_operation_types=allowed - {OperationType.SUBSCRIPTION}, **options)

    async def stream(self, query: str | None, *, context_value: Context, **options: Any) -> Any:  # type: ignore[override]
        """Run one operation of a stream in a context of its own: a WebSocket carries many, for hours."""
        return await super().stream(query, context_value=await context_value.fork(), **options)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: `presentable` logs what is ours, without messages, which may hold content."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[
        BackupOperation,
        DrillOperation,
        DriveSyncOperation,
        ErasureOperation,
        ExpiryOperation,
        ExportOperation,
        RestoreOperation,
        RestorePlanOperation,
        VerificationOperation,
        Version,
    ],
    extensions=[ParserCache, ValidationCache, Limits],
    config=StrawberryConfig(info_class=Info, scalar_map=SCALARS),
)


def _forget_null_defaults(made: GraphQLSchema) -> None:
    """Say nothing where strawberry says `= null`: readers of the schema need not be told twice what is optional."""
    for kind in made.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            for given in (field, *getattr(field, "args", {}).values()):
                if getattr(given, "default_value", Undefined) is None:
                    given.default_value = Undefined


_forget_null_defaults(schema._schema)  # noqa: SLF001 - strawberry has no public name for it


def text() -> str:
    """Print the schema as clients read it, sorted."""
    # Not `sort_schema=True`: sorting makes plain types of strawberry's, and its enums then cannot be written.
    ordered = copy(schema)
    ordered._schema = lexicographic_sort_schema(schema._schema)  # noqa: SLF001 - strawberry has no public name for it
    return print_schema(ordered) + "\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
