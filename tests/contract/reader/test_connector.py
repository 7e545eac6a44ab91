"""Trello's reader keeps the contract of every connector."""

import pytest

from connectors.trello.sandbox import Sample, World, generate
from tests.contract.connector import ConnectorContract


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=2, cards_each=18, large_file_bytes=50_000, plain_boards=2, plain_cards=2))


class TestTrello(ConnectorContract):
    """All of it, before the stand-in."""
