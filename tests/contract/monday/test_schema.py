"""The stand-in's schema is a compatible subset of the real one: what is in it has the same names and types."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    print_ast,
)

from connectors.monday.sandbox.columns import KINDS
from connectors.monday.sandbox.resolve.table import RESOLVERS
from connectors.monday.sandbox.schema import SDL, schema

OURS = build_schema(SDL.read_text())
TYPES = [
    found
    for found in OURS.type_map.values()
    if not is_introspection_type(found) and not is_specified_scalar_type(found)
]


@pytest.fixture(scope="module")
def real(shared: Path) -> GraphQLSchema:
    return build_schema((shared / "contracts" / "monday-schema.graphql").read_text())


@pytest.mark.parametrize("ours", TYPES, ids=lambda found: found.name)
def test_a_type_is_the_real_one_or_a_part_of_it(real: GraphQLSchema, ours: GraphQLNamedType):
    theirs = real.type_map[ours.name]

    assert type(theirs) is type(ours)
    match ours, theirs:
        case GraphQLEnumType(), GraphQLEnumType():
            assert ours.values.keys() <= theirs.values.keys()
        case GraphQLUnionType(), GraphQLUnionType():
            assert {found.name for found in ours.types} <= {found.name for found in theirs.types}
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            left_out = theirs.fields.keys() - ours.fields.keys()
            assert not [name for name in left_out if is_required_input_field(theirs.fields[name])]
            for name, field in ours.fields.items():
                assert (str(field.type), default(field)) == (
                    str(theirs.fields[name].type),
                    default(theirs.fields[name]),
                )
        case ((GraphQLObjectType() | GraphQLInterfaceType()), (GraphQLObjectType() | GraphQLInterfaceType())):
            assert {found.name for found in ours.interfaces} == {found.name for found in theirs.interfaces}
            for name, field in ours.fields.items():
                same_field(name, field, theirs.fields[name])


def same_field(name, ours, theirs):
    assert str(ours.type) == str(theirs.type), name
    assert (ours.deprecation_reason is None) == (theirs.deprecation_reason is None), name
    left_out = theirs.args.keys() - ours.args.keys()
    assert not [argument for argument in left_out if is_required_argument(theirs.args[argument])], name
    for argument, found in ours.args.items():
        real = theirs.args[argument]
        assert (str(found.type), default(found)) == (str(real.type), default(real)), f"{name}({argument}:)"


def default(found) -> str | None:
    return None if found.ast_node.default_value is None else print_ast(found.ast_node.default_value)


def test_enums_that_are_answered_with_are_whole(real: GraphQLSchema):
    for ours in TYPES:
        if isinstance(ours, GraphQLEnumType):
            assert ours.values.keys() == real.type_map[ours.name].values.keys()


def test_every_implementation_of_a_column_value_is_there(real: GraphQLSchema):
    assert {found.name for found in real.get_possible_types(real.type_map["ColumnValue"])} == {
        found.name for found in OURS.get_possible_types(OURS.type_map["ColumnValue"])
    }


def test_every_root_field_has_a_resolver():
    for root in ("Query", "Mutation"):
        assert {(root, name) for name in OURS.type_map[root].fields} <= RESOLVERS.keys()


def test_every_resolver_has_a_field_and_every_kind_a_type():
    built = schema()

    assert all(name in built.type_map[type_name].fields for type_name, name in RESOLVERS)
    assert {kind.type_name for kind in KINDS.values()} <= built.type_map.keys()


def test_every_column_type_has_a_kind():
    without_one = set(OURS.type_map["ColumnType"].values) - KINDS.keys()

    # The name of an item is no value of it.
    assert {"name"} == without_one
