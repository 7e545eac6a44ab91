"""monday.com's writer keeps the contract of every connector that restores."""

from tests.contract.writer import WriterContract


class TestMonday(WriterContract):
    """All of it, before the stand-in."""
