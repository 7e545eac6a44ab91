"""Schema: our SDL with a resolver on each field, and documents read and validated once."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)

from connectors.monday.sandbox import resolve
from connectors.monday.sandbox.columns import KINDS
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.resolve.table import RESOLVERS, Context, Resolver
from connectors.monday.sandbox.resolve.values import shown, type_of

SDL = Path(__file__).with_name("schema.graphql")
_DOCUMENTS_KEPT = 500
assert resolve.__all__  # importing it fills the table


@cache
def schema() -> GraphQLSchema:
    """Build it; once for a process."""
    built = build_schema(SDL.read_text())
    for (type_name, name), resolver in RESOLVERS.items():
        found = built.type_map[type_name]
        assert isinstance(found, GraphQLObjectType), type_name
        found.fields[name].resolve = _called(f"{type_name}.{name}", resolver)
    for type_name in {kind.type_name for kind in KINDS.values()}:
        found = built.type_map[type_name]
        assert isinstance(found, GraphQLObjectType)
        for name, field in found.fields.items():
            field.resolve = _shown(name)
    for type_name in ("ColumnValue", "MirroredValue", "FileValueItem"):
        abstract = built.type_map[type_name]
        assert isinstance(abstract, GraphQLInterfaceType | GraphQLUnionType)
        abstract.resolve_type = lambda value, _info, _type: type_of(value)
    return built


def _called(name: str, resolver: Resolver) -> Any:
    def resolved(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        context: Context = info.context
        if name in context.failures:
            raise ApiError("USER_UNAUTHORIZED", "User unauthorized to perform action", 403)
        return resolver(source, context, **arguments)

    return resolved


def _shown(name: str) -> Any:
    def resolved(source: Any, _info: GraphQLResolveInfo[Context]) -> Any:
        return shown(source, name)

    return resolved


@dataclass(frozen=True, slots=True)
class Read:
    """A document, or what is wrong with it."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


class Documents:
    """Reads documents. Parsing and validating costs more than answering, so what was read is remembered by all."""

    def read(self, text: str) -> Read:
        """Parse and validate."""
        return _read(text)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _read(text: str) -> Read:
    try:
        document = parse(text)
    except GraphQLError as error:
        return Read(None, (error,))
    return Read(document, tuple(validate(schema(), document)))
