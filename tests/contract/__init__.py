"""Contracts: what every implementation of an interface, and every stand-in, is held to."""

import pytest

# A contract's own asserts tell what they found, like those in test files.
pytest.register_assert_rewrite("tests.contract.connector", "tests.contract.writer")
