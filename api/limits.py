"""Limits: how much one operation may ask for, and one token in a while."""

import math
from collections.abc import Iterator
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    specified_rules,
    value_from_ast_untyped,
)
from strawberry.extensions import SchemaExtension

from api.buckets import POINTS_A_SECOND
from api.context import Context
from api.cost import Reckoner
from api.errors import ApiError, ErrorCode

MAX_TOKENS = 2000
MAX_ALIASES = 30
MAX_DEPTH = 12
MAX_INTROSPECTION_DEPTH = 20  # graphql-js's own introspection query needs 15
MAX_COST = 5000
BODY_BYTES = 100_000
EXECUTION_SECONDS = 20.0


def too_much(message: str) -> GraphQLError:
    """Say which limit an operation is over."""
    return GraphQLError(message, extensions={"code": ErrorCode.COST_EXCEEDED.value})


class AliasRule(ASTValidationRule):
    """Counts aliases: each can repeat a dear field."""

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Count in the whole document, fragments too."""
        found = sum(_aliases(definition) for definition in node.definitions)
        if found > MAX_ALIASES:
            self.report_error(too_much(f"A document has at most {MAX_ALIASES} aliases; this one has {found}."))


def _aliases(node: Any) -> int:
    own = isinstance(node, FieldNode) and node.alias is not None
    selections = getattr(node, "selection_set", None)
    return own + (sum(_aliases(child) for child in selections.selections) if selections else 0)


class DepthRule(ASTValidationRule):
    """Measures how deep fields lie in each other. Each fragment is measured once."""

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation."""
        fragments = {each.name.value: each for each in node.definitions if isinstance(each, FragmentDefinitionNode)}
        depths: dict[str, int] = {}

        def deepest(selections: SelectionSetNode | None) -> int:
            return max((depth(child) for child in selections.selections), default=0) if selections else 0

        def depth(child: Any) -> int:
            if isinstance(child, FragmentSpreadNode):
                name = child.name.value
                if name not in depths:
                    depths[name] = 0  # a cycle, which another rule reports, ends here
                    depths[name] = deepest(fragments[name].selection_set) if name in fragments else 0
                return depths[name]
            return isinstance(child, FieldNode) + deepest(child.selection_set)

        for operation in node.definitions:
            if not isinstance(operation, OperationDefinitionNode):
                continue
            for selection in operation.selection_set.selections:
                about_schema = isinstance(selection, FieldNode) and selection.name.value in {"__schema", "__type"}
                limit = MAX_INTROSPECTION_DEPTH if about_schema else MAX_DEPTH
                if depth(selection) > limit:
                    self.report_error(too_much(f"Fields may lie {limit} deep in each other; these lie deeper."))
                    return


class Limits(SchemaExtension):
    """Applies every limit to one operation, and reports its cost."""

    def on_operation(self) -> Iterator[None]:
        """Set what parsing and validation enforce."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        self.execution_context.validation_rules = RULES
        yield

    def on_validate(self) -> Iterator[None]:
        """Refuse what the specification refuses and strawberry lets pass: operations without saying which to run."""
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if len(operations) > 1 and execution._provided_operation_name is None:  # noqa: SLF001 - the public name falls back to the first
            execution.pre_execution_errors = [
                GraphQLError("The document has several operations: say which one in operationName.")
            ]
        yield

    def on_execute(self) -> Iterator[None]:
        """Price the operation with its variables, before it runs; take the points."""
        execution = self.execution_context
        context: Context = execution.context
        document = execution.graphql_document
        assert document is not None
        operation = next(
            node
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
            and (execution.operation_name is None or (node.name and node.name.value == execution.operation_name))
        )
        defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in operation.variable_definitions or ()
            if definition.default_value is not None
        }
        schema = execution.schema._schema  # noqa: SLF001 - strawberry has no public name for it
        reckoner = Reckoner(schema, document, {**defaults, **(execution.variables or {})})
        charge = context.charge
        charge.requested = max(reckoner.operation(operation), 1)
        charge.refunded = 0
        charge.per_item = reckoner.per_item
        if charge.requested > MAX_COST:
            raise ApiError(
                ErrorCode.COST_EXCEEDED,
                f"This asks for {_points(charge.requested)} points; an operation may cost {MAX_COST}.",
                cost=_points(charge.requested),
            )
        payer = str(context.viewer.token_id) if context.viewer else context.client
        wait = context.services.buckets.take(payer, charge.requested)
        if wait:
            context.status = 429
            context.headers["retry-after"] = str(math.ceil(wait))
            raise ApiError(ErrorCode.RATE_LIMITED, "Too much asked in a short time.", retryAfter=math.ceil(wait))
        yield
        charge.available = context.services.buckets.give_back(payer, charge.requested - charge.actual)

    def get_results(self) -> dict[str, Any]:
        """Report the cost, once it was reckoned."""
        charge = self.execution_context.context.charge
        if not charge.requested:
            return {}
        return {
            "cost": {
                "requested": _points(charge.requested),
                "actual": _points(charge.actual) if charge.available is not None else 0,
                "limit": MAX_COST,
                "available": _points(charge.available) if charge.available is not None else None,
                "restoreRate": POINTS_A_SECOND,
            }
        }


def _points(points: float) -> int:
    return math.ceil(points)


RULES: tuple[type[ASTValidationRule], ...] = (*specified_rules, AliasRule, DepthRule)
"""Made once: a fresh rule class for each request would be a fresh key in the validation cache."""
