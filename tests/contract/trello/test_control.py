"""The control surface: edits, faults and counts from another process."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox, generate
from tests.contract.trello.conftest import NOW, client_of


@pytest.fixture(scope="module")
def small():
    with Sandbox(generate("small", clock=ManualClock(NOW))) as sandbox:
        yield sandbox


@pytest.fixture
def control(small: Sandbox):
    with httpx.Client(base_url=f"{small.url}/sandbox") as control:
        yield control


def test_description_is_enough_to_connect(control: httpx.Client) -> None:
    found = httpx.get(str(control.base_url).rstrip("/")).json()
    header = f'OAuth oauth_consumer_key="{found["key"]}", oauth_token="{found["token"]}"'
    me = httpx.get(f"{found['url']}/1/members/me", headers={"Authorization": header}).json()

    assert found["owner"] == me["id"]
    assert 6 == found["boards"]


def test_edit_is_made_and_told(small: Sandbox, control: httpx.Client) -> None:
    made = control.post("/edit", params={"seed": 5}).json()

    assert all(card_id in small.world.cards for card_id in made["added"])
    assert not any(card_id in small.world.cards for card_id in made["deleted"])
    assert "(renamed)" in small.world.lists.get(made["renamed_lists"][0])["name"]


def test_faults_are_added_listed_and_cleared(small: Sandbox, control: httpx.Client) -> None:
    added = control.post("/faults", json={"kind": "status", "route": "GET /members", "status": 500, "times": 2}).json()
    with client_of(small) as client:
        failed = client.get("/members/me")
    listed = control.get("/faults").json()
    cleared = control.delete("/faults").json()

    assert 500 == failed.status_code
    assert (2, 1, []) == (added["waiting"][0]["times"], listed["waiting"][0]["times"], cleared["waiting"])
    assert 400 == control.post("/faults", json={"kind": "flood"}).status_code


def test_limits_are_switched_on_and_told(control: httpx.Client, small: Sandbox) -> None:
    on = control.post("/limits", json={"enforced": True}).json()
    with client_of(small) as client:
        answers = [client.get("/members/me?fields=id").status_code for _ in range(102)]
    told = control.get("/limits").json()
    off = control.post("/limits", json={"enforced": False, "token_max": 5000}).json()
    unknown = control.post("/limits", json={"moon_max": 1})

    assert (True, [], 0) == (on["enforced"], on["taken"], on["refused"])
    assert [200] * 100 + [429] * 2 == answers
    assert (102, 2) == (len(told["taken"]), told["refused"])
    assert (False, 5000, []) == (off["enforced"], off["token_max"], off["taken"])
    assert 400 == unknown.status_code


def test_requests_are_counted_and_forgotten(small: Sandbox, control: httpx.Client) -> None:
    control.delete("/requests")
    with client_of(small) as client:
        client.get("/members/me?fields=id")
    found = control.get("/requests").json()

    assert {"total": 1, "routes": {"GET /members/{member}": 1}, "requests": ["GET /members/me?fields=id"]} == found


def test_access_clock_and_consent_are_turned(small: Sandbox, control: httpx.Client) -> None:
    board = next(iter(small.world.boards.by_id))
    lost = control.post("/access", json={"member": small.owner["id"], "board": board}).json()
    back = control.post("/access", json={"member": small.owner["id"], "board": board, "lost": False}).json()
    later = control.post("/clock", json={"seconds": 90}).json()
    other = next(member["id"] for member in small.world.members if member is not small.owner)
    consent = control.post("/consent", json={"member": other}).json()

    assert ([[small.owner["id"], board]], []) == (lost["lost"], back["lost"])
    assert "2026-09-01T12:01:30+00:00" == later["now"]
    assert {"consent": other} == consent
    assert {"sent": 0} == control.post("/webhooks/flush").json()


def test_walls_clock_is_not_turned() -> None:
    with Sandbox(generate("tiny")) as sandbox:
        reply = httpx.post(f"{sandbox.url}/sandbox/clock", json={"seconds": 1})

    assert 409 == reply.status_code


def test_runs_from_a_shell_with_an_export_until_told_to_stop() -> None:
    command = [sys.executable, "-m", "connectors.trello.sandbox", "--sample", "tiny", "--seed", "7"]
    command += ["--export", str(Path(__file__).parent / "board-export.json"), "--limits", "real"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        reply = httpx.get(f"{found['url']}/sandbox").json()
        process.send_signal(signal.SIGTERM)

    assert 2 == reply["boards"]
    assert 0 == process.returncode
