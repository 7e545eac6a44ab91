"""The contract of writers, kept before a real server; and what a stand-in could not have taught."""

from dataclasses import dataclass

import pytest

from store.record import WorkspaceId
from tests.contract.writer import WriterContract
from tests.integration.redmine.conftest import Redmine
from tests.integration.redmine.small import Small


@dataclass(slots=True)
class Writing(Redmine):
    """A connector that writes, before a world of its own."""

    @property
    def to_copy(self) -> WorkspaceId:
        project = self.small.project
        return WorkspaceId(f"{project['id']}@{project['created_on']}")

    def lose(self, workspace_id: WorkspaceId) -> None:
        self.real.next_second()
        self.real.delete(f"/projects/{workspace_id.partition('@')[0]}.json")


@pytest.fixture
def small(real) -> Small:
    real.clear()
    return Small.made(real)


@pytest.fixture
async def case(real, small):
    made = Writing(real, small)
    yield made
    await made.connector.aclose()


class TestRedmine(WriterContract):
    pass
