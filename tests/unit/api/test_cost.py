"""Cost: each page multiplies what lies in it, however it is written."""

from typing import Any

import pytest
from graphql import parse

from api.cost import Reckoner
from api.schema import schema


def cost(query: str, **variables: Any) -> float:
    document = parse(query)
    return Reckoner(schema._schema, document, variables).operation(document.definitions[0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ account { name timeZone } }", 1),
        ("{ connections(first: 10) { nodes { name } } }", 1 + 10),
        ("{ connections(last: 10) { edges { node { name } } } }", 1 + 10 * 2),
        ("{ connections(first: 10) { edges { cursor } nodes { name } } }", 1 + 10 + 10),
        ("{ connections(first: 10) { pageInfo { endCursor } } }", 1 + 1),
        ("{ connections(first: 10) { totalCount } }", 1 + 10),
        ("{ connections(first: 10) { nodes { snapshots(first: 10) { nodes { id } } } } }", 1 + 10 * (1 + 1 + 10)),
        ("{ connections(first: 10) { ...C } } fragment C on ConnectedAppConnection { nodes { name } }", 1 + 10),
        ("{ ... on Query { account { name } } }", 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ account { name @skip(if: true) members @include(if: false) { name } } }", 1),
        ("{ account { members { name } } }", 1 + 10),
        ("{ connections(first: 1000000) { nodes { name } } }", 1 + 100),
        ("{ connections(first: -5) { nodes { name } } }", 1),
    ],
)
def test_cost(query: str, expected: float):
    assert expected == cost(query)


def test_variables_count():
    query = """query ($n: Int, $ids: [ID!]!, $yes: Boolean!) { connections(first: $n) { nodes { id } }
        nodes(ids: $ids) { id } account @include(if: $yes) { id } }"""

    assert 1 + 7 + 2 + 1 == cost(query, n=7, ids=["a", "b"], yes=True)
    assert 1 + 7 + 2 == cost(query, n=7, ids=["a", "b"], yes=False)


def test_every_list_multiplies_what_is_in_it():
    # Doubling `first` on any one of the lists along the way must be seen.
    def nested(*sizes: int) -> float:
        one, two, three = sizes
        return cost(
            f"{{ connections(first: {one}) {{ nodes {{ snapshots(first: {two}) {{ nodes {{"
            f" records(first: {three}) {{ nodes {{ title }} }} }} }} }} }} }}"
        )

    base = nested(2, 2, 2)
    for sizes in ((4, 2, 2), (2, 4, 2), (2, 2, 4)):
        assert base * 1.5 < nested(*sizes)
