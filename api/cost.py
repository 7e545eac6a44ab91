"""Cost: what an operation asks for, reckoned from its text and variables before it runs.

A scalar is free and an object costs 1; a list's items are multiplied by `first` or `last`. What reads content from the
store costs more. One place holds every weight: `WEIGHTS`.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from api.page import LARGEST

WEIGHTS: Mapping[str, float] = {
    "Mutation.*": 10,
    "Subscription.*": 10,
    "Query.__schema": 100,
    "Query.__type": 10,
    "Record.title": 1,
    "Version.title": 1,
    "Version.content": 2,
    "Version.changes": 4,
    "File.name": 1,
    "Snapshot.manifest": 2,
    # A path takes a pass over every record of the snapshot.
    "Record.proof": 50,
    "Snapshot.absenceProof": 50,
    "Snapshot.manifestProof": 4,
    "Snapshot.proof": 1,
    "Log.growth": 1,
    "LogEntry.proof": 1,
    "LogEntry.receipt": 2,
    "Workspace.name": 0.1,
    # Counts over every backup of up to a hundred days.
    "ConnectedApp.calendar": 20,
    "ConnectedApp.coverage": 10,
    "*.totalCount": 10,
}
"""What a field costs beyond its object; `*` stands for any type or any field."""

LIST_ITEMS = 10
"""How many items a list without `first` or `last` is taken to have."""

_ITEMS = ("edges", "nodes")


class Reckoner:
    """Reckons one operation. Each fragment is reckoned once, so nesting fragments does not multiply the work."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, int], float] = {}
        self.per_item: dict[int, float] = {}

    def operation(self, node: OperationDefinitionNode) -> float:
        """Return its cost; afterwards `per_item` tells what one item of each list costs."""
        root = self._schema.get_root_type(node.operation)
        return self._selections(node.selection_set, root, 1)

    def _selections(self, selections: SelectionSetNode | None, parent: Any, items: int) -> float:
        """Cost what is selected on one `parent`; `items` is how many its edges and nodes are."""
        return sum(self._selection(node, parent, items) for node in selections.selections) if selections else 0

    def _selection(self, node: Any, parent: Any, items: int) -> float:
        if self._left_out(node):
            return 0
        match node:
            case FieldNode():
                return self._field(node, parent, items)
            case InlineFragmentNode():
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                return self._selections(node.selection_set, inner, items)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, items)
        return 0

    def _fragment(self, name: str, items: int) -> float:
        known = self._known.get((name, items))
        if known is None:
            fragment = self._fragments[name]
            inner = self._schema.get_type(fragment.type_condition.name.value)
            known = self._known[name, items] = self._selections(fragment.selection_set, inner, items)
        return known

    def _field(self, node: FieldNode, parent: Any, items: int) -> float:
        name = node.name.value
        own = weight(parent.name, name)
        if name in {"__schema", "__type", "__typename"}:
            return own
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return own
        definition = parent.fields[name]
        inner = get_named_type(definition.type)
        if not is_composite_type(inner):
            return own
        arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
        if inner.name.endswith("Connection"):
            page = self._page_size(arguments)
            return own + 1 + self._page(node, inner, page)
        one = 1 + self._selections(node.selection_set, inner, 1)
        if parent.name.endswith("Connection") and name in _ITEMS:
            count = items
        elif "ids" in arguments:
            count = self._length(arguments["ids"])
        else:
            listed = is_list_type(definition.type.of_type if is_non_null_type(definition.type) else definition.type)
            count = LIST_ITEMS if listed else 1
        return own + count * one

    def _page(self, node: FieldNode, inner: Any, page: int) -> float:
        # The items' share is what pages of one and of two items differ by.
        alone, one = (self._selections(node.selection_set, inner, items) for items in (0, 1))
        self.per_item[id(node)] = one - alone
        return alone + page * (one - alone)

    def _page_size(self, arguments: Mapping[str, Any]) -> int:
        sizes = [self._value(arguments[name]) for name in ("first", "last") if name in arguments]
        whole = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
        return min(max(whole, default=LARGEST), LARGEST) if max(whole, default=1) > 0 else 0

    def _length(self, argument: Any) -> int:
        value = self._value(argument)
        return len(value) if isinstance(value, list) else 1

    def _left_out(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value not in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
                continue
            condition = next((self._value(argument.value) for argument in directive.arguments or ()), None)
            if condition is (directive.name.value == GraphQLSkipDirective.name):
                return True
        return False

    def _value(self, node: Any) -> Any:
        return value_from_ast_untyped(node, dict(self._variables))


def weight(type_name: str, field_name: str) -> float:
    """Look up what a field costs beyond its object."""
    keys = (f"{type_name}.{field_name}", f"{type_name}.*", f"*.{field_name}")
    return next((WEIGHTS[key] for key in keys if key in WEIGHTS), 0)
