"""The connector contract, kept by the reader of Redmine before a real server."""

from tests.contract.connector import ConnectorContract


class TestRedmine(ConnectorContract):
    pass
