"""The connector contract, kept by the reader of Redmine before what a real server answered."""

from tests.contract.connector import ConnectorContract


class TestRedmine(ConnectorContract):
    pass
