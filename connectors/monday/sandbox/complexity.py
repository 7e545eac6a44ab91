"""Complexity: what a request costs, counted before it is answered.

The app does not publish its formula. This one has its known traits: lists multiply what is asked of each entry, by
their `limit` or by a guess; changing something costs 10,000 or more; scalars are free.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

Json = dict[str, Any]

MOST_OF_ONE = 5_000_000
MUTATION = 10_000
_GUESSES = {"columns": 10, "groups": 5, "column_values": 1, "subscribers": 1, "assets": 1, "likes": 1, "replies": 2}
_COUNTED = frozenset({"items", "updates"})
"""What a page holds: its `limit` has counted them."""
_IDS = "ids"


@dataclass(slots=True)
class Budget:
    """What is left for a token in this minute, and what the request at hand takes of it."""

    before: int
    query: int
    reset_in_x_seconds: int

    def told(self) -> Json:
        """Give it as the schema has it."""
        return {
            "before": self.before,
            "query": self.query,
            "after": max(0, self.before - self.query),
            "reset_in_x_seconds": self.reset_in_x_seconds,
        }


class Counter:
    """Counts one document."""

    def __init__(
        self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def count(self, operation: OperationDefinitionNode) -> int:
        """Return what an operation costs."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        cost = self._of(operation.selection_set, root)
        if operation.operation is OperationType.MUTATION:
            names = [node.name.value for node in operation.selection_set.selections if isinstance(node, FieldNode)]
            cost += MUTATION * sum(name != "complexity" for name in names)
        return cost

    def is_only_complexity(self, operation: OperationDefinitionNode) -> bool:
        """Whether nothing but the budget itself is asked for, which costs a tenth of a call."""
        names = {node.name.value for node in operation.selection_set.selections if isinstance(node, FieldNode)}
        return names == {"complexity"}

    def _of(self, selections: SelectionSetNode, parent: Any) -> int:
        total = 0
        for node in selections.selections:
            match node:
                case FieldNode():
                    total += self._field(node, parent)
                case InlineFragmentNode():
                    named = node.type_condition.name.value if node.type_condition else parent.name
                    total += self._of(node.selection_set, self._schema.type_map[named]) // 10
                case FragmentSpreadNode():
                    found = self._fragments[node.name.value]
                    total += self._of(found.selection_set, self._schema.type_map[found.type_condition.name.value])
        return total

    def _field(self, node: FieldNode, parent: Any) -> int:
        fields = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        field = fields.get(node.name.value)
        if node.selection_set is None or field is None:
            return 0
        inner = get_named_type(field.type)
        each = 1 + self._of(node.selection_set, inner)
        if isinstance(inner, GraphQLUnionType):
            return each
        if isinstance(get_nullable_type(field.type), GraphQLList):
            return each * self._many(node)
        # A page of items is an object that holds the list.
        limit = self._argument(node, "limit")
        return each * limit if limit is not None else each

    def _many(self, node: FieldNode) -> int:
        ids = self._argument(node, _IDS)
        limit = self._argument(node, "limit")
        found = [count for count in (ids, limit) if count is not None]
        if found:
            return min(found)
        return 1 if node.name.value in _COUNTED else _GUESSES.get(node.name.value, 25)

    def _argument(self, node: FieldNode, name: str) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value != name:
                continue
            value: Any = argument.value
            if isinstance(value, VariableNode):
                value = self._variables.get(value.name.value)
            elif isinstance(value, IntValueNode):
                value = int(value.value)
            else:
                value = getattr(value, "values", [value])
            if isinstance(value, list | tuple):
                return len(value)
            if name != _IDS and isinstance(value, int):
                return value
            return None if value is None else 1
        return None
