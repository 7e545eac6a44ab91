"""The parts on a Postgres and a broker of their own: API, worker and scheduler, each in its process."""

import asyncio
import os
import secrets
import urllib.error
import urllib.request

import pytest

from connectors.trello.sandbox import RateLimits, Sandbox, generate
from connectors.trello.sandbox.sample import SAMPLES
from store.master_keys import generate as generate_key
from tests.acceptance.shell import Shell

BROKER = "HOLDFAST_TEST_BROKER_URL"

pytestmark = pytest.mark.integration


@pytest.fixture
def shell(postgres_server, tmp_path):
    if BROKER not in os.environ:
        pytest.skip(f"{BROKER} names no broker to test: .ci/run starts RabbitMQ and Redis")
    name = f"production_{secrets.token_hex(6)}"
    url = asyncio.run(postgres_server.create(name, template="template0"))
    with Sandbox(generate(SAMPLES["tiny"]), limits=RateLimits(enforced=False)) as trello:
        settings = {
            "HOLDFAST_DATABASE_URL": url,
            "HOLDFAST_STORE_URL": (tmp_path / "objects").as_uri(),
            "HOLDFAST_BROKER_URL": os.environ[BROKER],
            "HOLDFAST_MASTER_KEY": generate_key(),
            "HOLDFAST_TRELLO_URL": trello.url,
            "HOLDFAST_ALLOW_PRIVATE_ADDRESSES": "1",
            "HOLDFAST_PORT": "0",
            "TRELLO_KEY": trello.key,
            "TRELLO_TOKEN": trello.token,
        }
        yield Shell(tmp_path, tuple(settings.items()))
    asyncio.run(postgres_server.drop(name))


def until_said(process, words):
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying {words!r}")


def test_the_parts_work_together(shell):
    assert shell.run("migrate", "--json").json["migrated"]
    assert [] == shell.run("migrate", "--json").json["migrated"]
    token = shell.run("account", "create", "Acme", "--time-zone", "Europe/Berlin", "--json").json["token"]
    assert "Trello" == shell.run("connect", "trello", "--json").json["name"]
    with shell.started("worker") as worker, shell.started("scheduler") as scheduler, shell.started("api") as api:
        until_said(worker, "ready")
        until_said(scheduler, "ready")
        url = until_said(api, "answers on").split()[-1]
        backed_up = shell.run("backup", "--json")
        with urllib.request.urlopen(url.replace("/graphql", "/ready"), timeout=30) as answer:
            is_ready = answer.status
        for process in (worker, scheduler, api):
            process.terminate()
        ended = [process.wait(60) for process in (worker, scheduler, api)]

    assert 0 == backed_up.code, backed_up
    assert 200 == is_ready
    assert [0, 0, 0] == ended
    assert token.startswith("hf_")
    assert shell.run("records", "-n", "1", "--json").json["count"] > 0
    assert not (shell.home / "master.key").exists()
