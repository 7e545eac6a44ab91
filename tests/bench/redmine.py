"""Redmine bench: what a cycle asks of a real server of 500 issues, and what it costs there and here."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from connectors.base import Grant, ReadJob, Scope, State
from connectors.http import HttpSettings
from connectors.pacing import Budget
from connectors.redmine.connector import RedmineConnector, RedmineSettings
from connectors.redmine.pace import RedminePace
from connectors.redmine.spec import API_KEY
from store.record import JsonObject
from tests.bench.result import Result
from tests.contract.connector import Seen, apply
from tests.integration.redmine.changes import Changes
from tests.integration.redmine.conftest import later
from tests.integration.redmine.server import RealRedmine
from tests.servers.process import CannotRunError
from tests.servers.redmine_server import running

PROJECTS, ISSUES, EDITS = 5, 500, 20


class _Counting(RedminePace):
    """Counts requests: it is shown every reply."""

    def __init__(self) -> None:
        self.requests = 0

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        self.requests += 1
        return super().budgets(headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    requests: int
    server_seconds: float
    own_seconds: float
    """Processor time: of the server's process, and of this one."""


async def redmine() -> list[Result]:
    """Read all; then unchanged; then with some issues edited. Nothing where no real server can be had."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    try:
        with running(folder) as addresses:
            return await _measure(RealRedmine.at(addresses))
    except CannotRunError as reason:
        print(f"redmine cannot run here: {reason}")
        return []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(server: RealRedmine) -> list[Result]:
    changes = Changes(server, Random(1))
    changes.fill(projects=PROJECTS, issues=ISSUES)
    connector, held = _connector(server), Seen(state={})
    first = await _cycle(connector, server, held)
    unchanged = await _cycle(connector, server, held)
    for number in changes.rows("select id from issues order by id limit ?", EDITS):
        server.change(f"/issues/{number}.json", "issue", notes="edited")
    changed = await _cycle(connector, server, held)
    await connector.aclose()
    server.close()
    return [
        Result(
            name="redmine-requests",
            value=unchanged.requests,
            unit="requests",
            target=f"at most 15 and 10 a project, {PROJECTS} of {ISSUES} issues unchanged",
            limit=15 + 10 * PROJECTS,
        ),
        Result(
            name="redmine-requests-changed",
            value=changed.requests - unchanged.requests,
            unit="requests",
            target=f"at most 1 more an issue and 2 a project, {EDITS} issues edited",
            limit=EDITS + 2 * PROJECTS,
        ),
        *[
            Result(
                name=f"redmine-{name}",
                value=cost.own_seconds,
                unit="s",
                peer="the server",
                peer_value=cost.server_seconds,
                target="at most a fifth of its own",
                limit=0.2,
            )
            for name, cost in (("first", first), ("unchanged", unchanged), ("changed", changed))
        ],
    ]


def _connector(server: RealRedmine) -> RedmineConnector:
    return RedmineConnector(RedmineSettings(http=HttpSettings(allow_private=True)), utc_now=later)


async def _cycle(connector: RedmineConnector, server: RealRedmine, held: Seen) -> _Cost:
    """Read one cycle, and hold what it gave."""
    pace = _Counting()
    connector._pace = pace
    connector._http._pacers.clear()
    seen, state, started, server_started = Seen(), held.state or {}, time.process_time(), _server_seconds(server)
    async for item in connector.read(_job(server, state, held)):
        seen.take(item)
        if isinstance(item, State):
            state = item.state
    own = time.process_time() - started
    held.records, held.state = apply(held, seen), state
    server_seconds = _server_seconds(server) - server_started
    return _Cost(requests=pace.requests, server_seconds=server_seconds, own_seconds=own)


def _server_seconds(server: RealRedmine) -> float:
    """How much processor time the server has had so far; its process says where it listens."""
    address = server.url.removeprefix("http://").encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"puma" in (command := (folder / "cmdline").read_bytes()) and address in command:
                user, system = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
                return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    raise RuntimeError("the server's process cannot be found")


def _job(server: RealRedmine, state: JsonObject, held: Seen) -> ReadJob:
    grant = Grant(grant_id="admin", method=API_KEY, credentials={"url": server.url, "key": server.key})
    return ReadJob(
        grants=[grant], scope=Scope(), state=state, cursor=None, full=None, now=datetime.now(UTC), held=held.held
    )
