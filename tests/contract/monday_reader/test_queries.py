"""Every document that the connector sends is one that monday.com understands."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from connectors.monday import hooks, queries
from connectors.monday.queries import Document
from connectors.monday.sandbox.schema import schema
from connectors.monday.write import documents

UPLOADS = (documents.add_file_to_column("1", "papers"), documents.add_file_to_update("1"))
BUILT = (*UPLOADS, hooks.list_webhooks(3))
DOCUMENTS = {
    found.name: found
    for found in (*vars(queries).values(), *vars(documents).values(), *vars(hooks).values(), *BUILT)
    if isinstance(found, Document)
}


@pytest.fixture(scope="module")
def real(shared: Path) -> GraphQLSchema:
    return build_schema((shared / "contracts" / "monday-schema.graphql").read_text())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_one_valid_operation_of_its_name(name):
    document = parse(DOCUMENTS[name].text)

    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    assert [name] == [found.name.value for found in operations]
    assert [] == validate(schema(), document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_and_valid_against_the_real_schema(real, name):
    assert [] == validate(real, parse(DOCUMENTS[name].text))


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - {"Identify", *(found.name for found in UPLOADS)}))
def test_every_question_asks_what_it_costs(name):
    assert "complexity { before query after reset_in_x_seconds }" in DOCUMENTS[name].text


def test_nothing_that_works_for_a_while_only_is_asked_for_beside_content():
    holding = {name for name, document in DOCUMENTS.items() if "public_url" in document.text}

    assert {"AssetAddresses"} == holding
