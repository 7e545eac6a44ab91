"""The fixtures that tests of the store share."""

from pathlib import Path

import pytest

from store.database import Database
from tests.unit.store.cycle_store import Store, new_store


@pytest.fixture
async def store(database: Database, tmp_path: Path) -> Store:
    return await new_store(database, tmp_path)
