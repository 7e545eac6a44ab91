"""monday.com's reader keeps the contract of every connector."""

from tests.contract.connector import ConnectorContract


class TestMonday(ConnectorContract):
    """All of it, before the stand-in."""
