"""Fixtures: a stand-in that is only read, one that many tests change, and one for a test alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox, generate
from tests.contract.trello.rich import Rich

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def client_of(sandbox: Sandbox, **more: Any) -> httpx.Client:
    header = f'OAuth oauth_consumer_key="{sandbox.key}", oauth_token="{sandbox.token}"'
    return httpx.Client(base_url=f"{sandbox.url}/1", headers={"Authorization": header}, **more)


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """The small sample, to read from."""
    with Sandbox(generate("small")).start() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def bench() -> Iterator[Sandbox]:
    """A tiny sample that many tests change, each on a rich board of its own."""
    with Sandbox(generate("tiny", clock=ManualClock(NOW))).start() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def client(bench: Sandbox) -> Iterator[httpx.Client]:
    with client_of(bench) as client:
        yield client


@pytest.fixture
def rich(bench: Sandbox) -> Rich:
    with bench.editing() as world:
        return Rich.build(world, bench.owner)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A tiny sample on a clock that stands, for one test alone."""
    with Sandbox(generate("tiny", clock=ManualClock(NOW))).start() as sandbox:
        yield sandbox
