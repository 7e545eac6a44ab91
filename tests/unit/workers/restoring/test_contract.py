"""The toy app keeps the contract of writers: the contract and the engine, tested on each other."""

import pytest

from tests.contract.writer import WriterContract
from tests.unit.workers.restoring.toy import Toy, furnished


@pytest.fixture
def case() -> Toy:
    return furnished()


class TestToy(WriterContract):
    """All of it, in memory."""
