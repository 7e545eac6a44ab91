"""Trello's writer keeps the contract of every connector that restores."""

from tests.contract.writer import WriterContract


class TestTrello(WriterContract):
    """All of it, before the stand-in."""
