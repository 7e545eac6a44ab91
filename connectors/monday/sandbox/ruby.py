"""Ruby: how versions before 2025-07 said what is wrong with a document, for the faults that are known from them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from graphql import ArgumentNode, DocumentNode, FieldNode, GraphQLError, Node, OperationDefinitionNode, print_ast

Json = dict[str, Any]

_NO_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
_NO_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '\w+\.(\w+)'")
_MISSING = re.compile(r"Argument '\w+\.(\w+)\((\w+):\)' of type '[^']*' is required")
_BAD_VALUE = re.compile(r".*(?:cannot represent|does not exist in '\w+' enum)")


def told(error: GraphQLError, document: DocumentNode | None) -> Json:
    """Say it in the older words."""
    trail = _trail(error, document)
    path: list[str] = [_name(node) for node in trail]
    place = (error.locations or [])[:1]
    message, extensions = error.message, {"code": "invalid"}
    for pattern, words in _WORDS:
        found = pattern.match(error.message)
        if found:
            message, extensions = words(found, trail)
    locations = [{"line": each.line, "column": each.column} for each in place]
    return {"message": message, "locations": locations, "path": path, "extensions": extensions}


def _no_field(found: re.Match[str], _: list[Node]) -> tuple[str, Json]:
    name, of = found.groups()
    code = {"code": "undefinedField", "typeName": of, "fieldName": name}
    return f"Field '{name}' doesn't exist on type '{of}'", code


def _no_argument(found: re.Match[str], _: list[Node]) -> tuple[str, Json]:
    argument, name = found.groups()
    code = {"code": "argumentNotAccepted", "name": name, "typeName": "Field", "argumentName": argument}
    return f"Field '{name}' doesn't accept argument '{argument}'", code


def _missing(found: re.Match[str], _: list[Node]) -> tuple[str, Json]:
    name, argument = found.groups()
    code = {"code": "missingRequiredArguments", "className": "Field", "name": name, "arguments": argument}
    return f"Field '{name}' is missing required arguments: {argument}", code


def _bad_value(_: re.Match[str], trail: list[Node]) -> tuple[str, Json]:
    argument = next((node for node in reversed(trail) if isinstance(node, ArgumentNode)), None)
    field = next((node for node in reversed(trail) if isinstance(node, FieldNode)), None)
    if argument is None or field is None:
        return "An argument has an invalid value.", {"code": "argumentLiteralsIncompatible"}
    name, value = argument.name.value, print_ast(argument.value)
    code = {"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": name}
    return f"Argument '{name}' on Field '{field.name.value}' has an invalid value ({value}).", code


_WORDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], list[Node]], tuple[str, Json]]], ...] = (
    (_NO_FIELD, _no_field),
    (_NO_ARGUMENT, _no_argument),
    (_MISSING, _missing),
    (_BAD_VALUE, _bad_value),
)


def _trail(error: GraphQLError, document: DocumentNode | None) -> list[Node]:
    """Find the operation, fields and argument that lead to where an error is."""
    at = error.nodes[0] if error.nodes else None
    for operation in document.definitions if document is not None else ():
        for trail in _walk(operation, []):
            if any(node is at for node in trail[1]):
                return trail[0]
    return []


def _walk(node: Node, before: list[Node]) -> Iterator[tuple[list[Node], list[Node]]]:
    """Give every node under this one, with the named ones that lead to it."""
    here = [*before, node] if isinstance(node, OperationDefinitionNode | FieldNode | ArgumentNode) else before
    yield here, [node]
    for key in node.keys:
        inner = getattr(node, key, None)
        for each in inner if isinstance(inner, list | tuple) else [inner]:
            if isinstance(each, Node):
                yield from _walk(each, here)


def _name(node: Node) -> str:
    if isinstance(node, OperationDefinitionNode):
        return node.operation.value
    return str(getattr(node, "name", None).value)  # type: ignore[union-attr]
